"""Two amendments of one spec at a time, the App's and one that a person wrote at a terminal: whichever merges first."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import SPEC_PATH, say
from tests.story.test_refresh import BRANCH, begin, section

if TYPE_CHECKING:
    from pathlib import Path

    from tests.story.stage import Stage


def propose_by_hand(stage: Stage, folder: Path) -> int:
    """Let a person write an amendment at a terminal, push it, and open a pull request for it; its number."""
    store = stage.sandbox.world.repository(stage.name).store.folder
    subprocess.run(["git", "clone", "--quiet", str(store), str(folder)], check=True)
    written = say("amend", "--json", "--title", "At my terminal", "--repo", str(folder)).data["plan"][0]
    text = subprocess.run(
        ["git", "show", f"{written['branch']}:{SPEC_PATH}"], cwd=folder, check=True, capture_output=True
    ).stdout
    body = written["message"].partition("\n\n")[2]
    made = stage.sandbox.open_pull(
        stage.name, written["branch"], written["title"], body, files={SPEC_PATH: text}, by="octo-maintainer"
    )
    stage.settle()
    return made


def record(text: str) -> list[str]:
    """Return the pull requests that have a row in a spec, in order, those that have two twice."""
    return re.findall(r"^\| \[?#(\d+)[\]( ]", text, re.MULTILINE)


@pytest.mark.always
def test_an_amendment_from_a_terminal_merges_before_the_apps(stage: Stage, tmp_path: Path) -> None:
    """Both are §2, and both tell of the first three: ours becomes §3, and tells only of what theirs does not."""
    begin(stage)
    made = propose_by_hand(stage, tmp_path / "clone")
    stage.land("feat(ear): listen")
    assert record(section(stage)) == ["1", "2", "3", "6"]

    stage.sandbox.merge(stage.name, made, by="octo-maintainer")
    stage.settle()

    ours = next(pull for pull in stage.pulls().values() if pull["branch"] == BRANCH)
    assert (ours["state"], ours["title"].partition(" §")[2][0]) == ("open", "3")
    assert re.findall(r"^## §(\d)", section(stage), re.MULTILINE) == ["1", "2", "3"]
    assert sorted(record(section(stage))) == ["1", "2", "3", "6"]

    stage.sandbox.merge(stage.name, 4, by="octo-maintainer")
    stage.settle()
    assert sorted(record(stage.read(SPEC_PATH) or "")) == ["1", "2", "3", "6"]


def test_nothing_is_left_for_the_app_when_a_terminals_amendment_merges(stage: Stage, tmp_path: Path) -> None:
    """It told of the same three: ours is not written anew, and says why it stands as it is."""
    begin(stage)
    made = propose_by_hand(stage, tmp_path / "clone")

    stage.sandbox.merge(stage.name, made, by="octo-maintainer")
    stage.settle()

    ours = next(pull for pull in stage.pulls().values() if pull["branch"] == BRANCH)
    assert ours["body"].startswith("> **Not brought up to date:** nothing landed since docs/speak-spec.md")
    assert record(stage.read(SPEC_PATH) or "") == ["1", "2", "3"]


def test_the_apps_merges_before_an_amendment_from_a_terminal(stage: Stage, tmp_path: Path) -> None:
    """Git takes the other one no more; brought together by hand with both §2 in it, its check says so, as an error."""
    begin(stage)
    made = propose_by_hand(stage, tmp_path / "clone")
    other = stage.pulls()[made]["branch"]
    theirs = (stage.read(SPEC_PATH, other) or "").partition("## §2")[2]
    stage.sandbox.merge(stage.name, 4, by="octo-maintainer")
    stage.settle()

    both = f"{(stage.read(SPEC_PATH) or '').rstrip()}\n\n## §2{theirs}"
    stage.sandbox.force_push(stage.name, other, {SPEC_PATH: both}, by="octo-maintainer")
    stage.settle()

    check = next(check for check in stage.checks("discharge") if "Section 2 stands on line" in check["summary"])
    assert (check["conclusion"], check["commit"]) == ("failure", "Another change\n")
    assert record(stage.read(SPEC_PATH) or "") == ["1", "2", "3"]
