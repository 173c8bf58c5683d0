"""`discharge run --push`: an operator's own machine opens the same pull request, as that person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.push import find_api
from app.sandbox.sandbox import Sandbox
from contracts.error import Complaint
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT_PATH, FOLDER, PROGRAM, Said, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.app.conftest import Repo

NAME = "acme/speak"
ACCEPTED = CONFIG + "evidence: {accept: [app, terminal]}\npull_requests: {labels: [discharge]}\n"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A GitHub of our own; whatever it is asked for is served."""
    with Sandbox(tmp_path / "github") as made:
        yield made
        assert made.unserved() == []


@pytest.fixture
def stage(repo: Repo, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A clone of a repository on GitHub, and its operator, who is signed in."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: ACCEPTED})
    sandbox.adopt(NAME, repo.folder)
    repo.git("config", "remote.origin.url", f"{sandbox.url}/{NAME}.git")
    monkeypatch.setenv("GITHUB_TOKEN", sandbox.sign_in("octo-maintainer"))
    return stage


def _push(stage: Stage, *words: str) -> Said:
    return stage.ask("run", "--push", *words)


def test_the_same_pull_request_is_opened_as_the_operator(stage: Stage, sandbox: Sandbox) -> None:
    """One commit and one labelled pull request on GitHub; the clone is left alone, and the receipt says who saw."""
    before = stage.state()

    said = _push(stage, "SPEAK-001")

    assert said.status == 0, said.err
    assert said.out.rstrip().endswith(f"pull    {sandbox.url}/{NAME}/pull/1")
    assert "look    git show" not in said.out
    (pull,) = sandbox.snapshot(NAME)["issues"].values()
    assert (pull["branch"], pull["author"], pull["labels"]) == (BRANCH, "octo-maintainer", ["discharge"])
    assert pull["title"] == "discharge(speak-v1): FALSIFY-SPEAK-001 PARTIAL → DISCHARGED via live speak smoke"
    assert "version: 1.3.0" in (sandbox.read(NAME, BRANCH, CONTRACT_PATH) or "")
    assert json.loads(sandbox.read(NAME, BRANCH, f"{FOLDER}/receipt.json") or "")["origin"] == "terminal"
    assert stage.state() == before


def test_a_further_discharge_joins_the_open_pull_request(stage: Stage, sandbox: Sandbox) -> None:
    """The branch is found on GitHub; once the clone has fetched it, a second commit joins, in the same pull request."""
    _push(stage, "SPEAK-001")
    unfetched = _push(stage, "SPEAK-002")
    stage.repo.git("fetch", "--quiet", "origin", BRANCH)

    said = _push(stage, "SPEAK-002", "--json")

    assert (unfetched.status, unfetched.err.count(f"git fetch origin {BRANCH}")) == (2, 1)
    assert said.data["pull_request"] == f"{sandbox.url}/{NAME}/pull/1"
    assert said.data["version"] == ["1.3.0", "1.4.0"]
    snapshot = sandbox.snapshot(NAME)
    assert len(snapshot["issues"]) == 1
    assert len(snapshot["branches"][BRANCH]["messages"]) == 4
    assert "FALSIFY-SPEAK-001" in snapshot["issues"]["1"]["body"]
    assert "FALSIFY-SPEAK-002" in snapshot["issues"]["1"]["title"]


def test_what_does_not_count_there_is_said_and_opened_all_the_same(stage: Stage, sandbox: Sandbox) -> None:
    """Without `terminal` among what is accepted the pull request is for people to judge."""
    stage.land("config: only the App", {CONFIG_PATH: CONFIG})
    stage.land("docs: a note (#2)", {"docs/other.md": "a note\n"})
    sandbox.adopt("acme/strict", stage.repo.folder)
    stage.repo.git("config", "remote.origin.url", f"{sandbox.url}/acme/strict.git")

    said = _push(stage, "SPEAK-001")

    assert said.status == 0
    assert "note    here receipts of origin terminal do not count: evidence.accept does not name terminal" in said.out
    assert len(sandbox.snapshot("acme/strict")["issues"]) == 1


def test_a_dry_run_and_what_is_falsified_write_nothing(stage: Stage, sandbox: Sandbox) -> None:
    """The pull request is shown, or the table of what was not seen; GitHub is only read."""
    dry = _push(stage, "SPEAK-001", "--dry-run")
    stage.land("feat: silence (#2)", {}, program=PROGRAM.replace("hello", "goodbye"))
    sandbox.adopt("acme/silent", stage.repo.folder)
    stage.repo.git("config", "remote.origin.url", f"{sandbox.url}/acme/silent.git")
    falsified = _push(stage, "SPEAK-001")

    assert dry.status == 0
    assert f"open the pull request of {BRANCH}" in dry.out
    assert "+  version: 1.3.0" in dry.out
    assert falsified.status == 1
    assert all(not sandbox.snapshot(name)["issues"] for name in (NAME, "acme/silent"))


def test_another_default_branch_than_githubs_is_refused(stage: Stage) -> None:
    """What only this clone has would have no parent there; no leg runs for it."""
    stage.land("docs: not pushed", {"docs/more.md": "more\n"})

    said = stage.refuse("run", "SPEAK-001", "--push")

    assert said.startswith("on GitHub the default branch is main at ")
    assert said.endswith("Bring main up to date: git pull, and git push for what only this clone has.")


def test_what_is_missing_is_a_sentence(stage: Stage, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token, one that may not write, one that nobody knows, no origin: each is said, and never the token itself."""
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_nobody")
    unknown = stage.refuse("run", "SPEAK-001", "--push")
    monkeypatch.setenv("GITHUB_TOKEN", sandbox.sign_in("passer-by"))
    stranger = stage.refuse("run", "SPEAK-001", "--push")
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.delenv("GH_TOKEN", raising=False)
    none = stage.refuse("run", "SPEAK-001", "--push")
    stage.repo.git("config", "--unset", "remote.origin.url")
    nowhere = stage.refuse("run", "SPEAK-001", "--push")

    assert unknown.startswith("GitHub refuses (401)")
    assert stranger.startswith("GitHub refuses (")
    assert none == "there is no token to push with. Set GITHUB_TOKEN to one that may write here."
    assert nowhere.startswith("the remote origin is no repository on GitHub.")
    assert "ghp_" not in unknown + stranger


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com/acme/speak", "https://api.github.com"),
        ("https://acme.ghe.com/acme/speak", "https://api.acme.ghe.com"),
        ("https://git.example.org/acme/speak", "https://git.example.org/api/v3"),
        ("http://127.0.0.1:8080/acme/speak", "http://127.0.0.1:8080/api/v3"),
    ],
)
def test_the_interface_is_found_by_the_origin(url: str, api: str) -> None:
    """Of github.com, of its clouds, of Enterprise Servers, and of a sandbox."""
    assert find_api(url) == api


@pytest.mark.parametrize("url", ["", "https://github.com/acme", "http://git.example.org/acme/speak"])
def test_no_token_goes_to_what_is_no_github(url: str) -> None:
    """No address, half an address, one without encryption."""
    with pytest.raises(Complaint):
        find_api(url)
