"""Forty-two real commits: `discharge amend` over any window of them tells what landed, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from app.amendment import AmendRequest, amend
from app.landing import gather
from app.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Repo

CONFIG = """\
version: 1
contracts: ["contracts/*.yaml"]
specs:
  - {name: ccpa, path: docs/specifications/claude-code-parity-apr-poc.md}
"""
CONTRACT = "metadata: {version: 1.0.0}\n"
SPEC = "docs/specifications/claude-code-parity-apr-poc.md"


@dataclass(frozen=True)
class History:
    """The real commits, and a repository in which they landed; nobody writes to its main any more."""

    repo: Repo
    commits: list[dict[str, Any]]


@pytest.fixture(scope="module")
def history(new_repo: type[Repo], corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Commits with the real messages, and files with as many added and removed lines."""
    commits: list[dict[str, Any]] = json.loads((corpus / "ccpa/history.json").read_text(encoding="utf-8"))
    repo = new_repo(tmp_path_factory.mktemp("history"))
    spec = (corpus / "ccpa/spec/at-v1.18.0.md").read_text(encoding="utf-8")
    texts = before(commits)
    start = {name: "".join(lines) for name, lines in texts.items() if lines}
    repo.commit("Start", {".github/discharge.yml": CONFIG, SPEC: spec, "contracts/x.yaml": CONTRACT, **start})
    for number, commit in enumerate(commits):
        files: dict[str, str | bytes] = {}
        for change in commit["files"]:
            name = f"tree/{change['path']}"
            added = [f"{number} {n}\n" for n in range(change["added"])]
            texts[name] = [*texts[name][change["removed"] :], *added]
            files[name] = "".join(texts[name])
        commit["hash"] = repo.commit(f"{commit['subject']}\n\n{commit['body']}", files)
    return History(repo, commits)


def before(commits: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return for every file the lines that its history removes without having added them."""
    missing: dict[str, int] = {}
    have: dict[str, int] = {}
    for commit in commits:
        for change in commit["files"]:
            name = f"tree/{change['path']}"
            lacking = max(0, change["removed"] - have.get(name, 0))
            missing[name] = missing.get(name, 0) + lacking
            have[name] = have.get(name, 0) + lacking - change["removed"] + change["added"]
    return {name: [f"old {n}\n" for n in range(count)] for name, count in missing.items()}


@pytest.mark.parametrize(("first", "last"), [(1, 4), (10, 20), (30, 41), (5, 6)])
def test_any_window_has_the_right_pull_requests(history: History, first: int, last: int) -> None:
    """Numbers are those of the pull requests; commits without one are told apart, not dropped."""
    workspace = open_workspace(history.repo.folder, branch=history.commits[last]["hash"])

    window = gather(workspace, history.commits[first]["hash"], ["**"])

    told = history.commits[first + 1 : last + 1]
    assert [x.landed.number for x in window.landings] == [c["pull_request"] for c in told if c["pull_request"]]
    assert len(window.direct) == sum(c["pull_request"] is None for c in told)


def test_lines_are_counted_as_git_counted_them(history: History) -> None:
    """Every commit's lines by kind add up to what the real history counted."""
    window = gather(open_workspace(history.repo.folder), None, ["**"])

    counted = {x.landed.number: x.landed.lines.total for x in window.landings}
    assert counted == {
        c["pull_request"]: sum(f["added"] + f["removed"] for f in c["files"])
        for c in history.commits
        if c["pull_request"]
    }


def test_the_amendment_of_the_whole_history_is_one_table(history: History) -> None:
    """Every pull request is one row of three cells, whatever its title holds."""
    request = AmendRequest(history.repo.folder, None, history.commits[0]["hash"], (), None, None, dry_run=False)

    written = amend(request, lambda _: None)

    branch, commit = written.commits[0]
    text = history.repo.show(commit, SPEC)
    rows = [line for line in text.splitlines() if re.match(r"\| #\d+ \|", line)]
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    assert branch.startswith("spec/v0-3-")
    assert "**Version**: 0.3.0 (DRAFT)" in text
    assert [int(c[0].strip(" #")) for c in cells] == [c["pull_request"] for c in history.commits if c["pull_request"]]
    assert {len(c) for c in cells} == {3}
