"""Stories of the check `discharge`: what a pull request and the merge queue are told, and when nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import CONFIG_PATH, CONTRACT, CONTRACT_PATH
from tests.story.stage import AUTO, SPEAK

if TYPE_CHECKING:
    from tests.story.stage import Files, Stage

FLIPPED = CONTRACT.replace("status: FUNCTIONAL", "status: DISCHARGED")
LOOSENED = CONTRACT.replace("1.2.0\n", "1.3.0\n").replace("changelog:\n", "changelog:\n  - '1.3.0 — 2026-05-01 — x'\n")


def look(stage: Stage, files: Files) -> dict[str, object]:
    """Open a pull request and return its check, with its annotations."""
    number = stage.sandbox.open_pull(stage.name, f"look-{len(stage.pulls())}", files=files)
    stage.settle()
    return found(stage, number)


def found(stage: Stage, number: int) -> dict[str, object]:
    """Return the check of a pull request's head."""
    repository = stage.sandbox.world.repository(stage.name)
    (check,) = [c for c in repository.checks.values() if c.suite.head == stage.head_of(number)]
    keys = ("name", "status", "conclusion", "title", "summary", "annotations")
    return {key: getattr(check, key) for key in keys}


def test_a_flip_by_hand_without_a_bump_fails(stage: Stage) -> None:
    """A status that moves without a version fails the check, with an annotation on the line and the right text."""
    stage.found()

    check = look(stage, {CONTRACT_PATH: FLIPPED})

    assert (check["name"], check["status"], check["conclusion"]) == ("discharge", "completed", "failure")
    annotations = check["annotations"]
    assert isinstance(annotations, list)
    notes = {note["start_line"]: note for note in annotations if note["annotation_level"] == "failure"}
    flip, version = (FLIPPED[: FLIPPED.index(text)].count("\n") + 1 for text in ("status: DISCHARGED", "1.2.0"))
    assert {note["path"] for note in annotations} == {CONTRACT_PATH}
    assert "FALSIFY-SPEAK-002 moved to DISCHARGED without a new line of evidence" in notes[flip]["message"]
    assert "Perhaps it should read:\n\n    " in notes[version]["message"]
    assert "1.3.0" in notes[version]["message"]


def test_a_consistent_change_passes(stage: Stage) -> None:
    """Nothing to say is said, too; a notice alone fails nothing."""
    stage.found()

    plain = look(stage, {"docs/x.md": "x\n"})
    noted = look(stage, {CONTRACT_PATH: LOOSENED})

    assert (plain["conclusion"], plain["title"]) == ("success", "contracts, spec and configuration are consistent")
    assert noted["conclusion"] == "success"


def test_the_configuration_is_checked_where_it_is_edited(stage: Stage) -> None:
    """A pull request that breaks the configuration fails by its own version; meanwhile the default branch's acts."""
    stage.found()

    check = look(stage, {CONFIG_PATH: SPEAK.replace("leg: default, never", "leg: nowhere, never") + "colour: red\n"})
    stage.say(1, "/status")

    assert check["conclusion"] == "failure"
    annotations = check["annotations"]
    assert isinstance(annotations, list)
    assert {note["path"] for note in annotations} == {CONFIG_PATH}
    assert any("colour" in note["message"] for note in annotations)
    assert "· status" in stage.status(1)


def test_many_findings_arrive_in_portions_and_are_capped(stage: Stage) -> None:
    """Sixty findings take two requests, 230 are capped at 200, and what is left out is counted."""
    stage.found()
    sixty = {f"contracts/n{n}.yaml": CONTRACT.replace("status: FUNCTIONAL", "status: FUNKTIONAL") for n in range(60)}
    many = {f"contracts/m{n}.yaml": "metadata: {version: 1.0.0}\nfalsification_tests: [\n" for n in range(230)}

    some, more = look(stage, sixty), look(stage, many)

    assert isinstance(some["annotations"], list)
    assert len(some["annotations"]) >= 60
    assert isinstance(more["annotations"], list)
    assert (more["conclusion"], len(more["annotations"])) == ("failure", 200)
    assert "30 more findings are left out" in str(more["summary"])


def test_the_merge_queue_is_answered(stage: Stage) -> None:
    """A group that is consistent merges; one that is not is thrown out of the queue by the failing check."""
    stage.found()
    stage.sandbox.settings(stage.name, queue=True)
    good = stage.sandbox.open_pull(stage.name, "good", files={"docs/x.md": "x\n"})
    stage.settle()
    stage.sandbox.queue(stage.name, good)
    stage.settle()
    first = stage.sandbox.open_pull(stage.name, "first", files={CONTRACT_PATH: LOOSENED})
    second = stage.sandbox.open_pull(stage.name, "second", files={"docs/y.md": "y\n"})
    stage.settle()
    stage.sandbox.push(
        stage.name, "main", {CONTRACT_PATH: CONTRACT.replace("- '1.2.0", "- '1.2.1").replace("1.2.0\n", "1.4.0\n")}
    )
    stage.settle()
    stage.sandbox.queue(stage.name, second)
    stage.settle()

    pulls = stage.pulls()
    assert pulls[good]["merged"]
    assert pulls[second]["merged"]
    assert not pulls[first]["merged"]
    assert {line for line in stage.told() if "discharge at" in line and "queued" in line} == set()


def test_without_a_configuration_nothing_is_said(stage: Stage) -> None:
    """A repository that never asked for it gets no check and no comment, only eyes; whoever brings it gets one."""
    stage.found(config=None, required=False)
    quiet = stage.sandbox.open_pull(stage.name, "quiet", files={"docs/x.md": "x\n"})
    stage.settle()
    assert stage.checks("discharge") == []

    check = look(stage, {CONFIG_PATH: SPEAK + AUTO})
    stage.say(quiet, "/help")

    assert check["conclusion"] == "success"
    assert f"there is no {CONFIG_PATH}" in stage.status(quiet)


def test_a_fork_is_checked_like_everybody(stage: Stage) -> None:
    """A stranger's pull request gets the same findings: nothing of it runs."""
    stage.found()
    fork = stage.sandbox.fork(stage.name, "octo-reader")
    number = stage.sandbox.open_pull(stage.name, "flip", files={CONTRACT_PATH: FLIPPED}, fork=fork, by="octo-reader")
    stage.settle()

    assert found(stage, number)["conclusion"] == "failure"
