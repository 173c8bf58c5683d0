"""Stories of the check `discharge`: what a pull request and the merge queue are told, and when nothing is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from app import catalog
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
    """Nothing to say is said, too; a notice alone fails nothing, and what no rule looks at is neutral: it merges."""
    stage.found()

    plain = look(stage, {CONTRACT_PATH: CONTRACT + "# a comment\n"})
    noted = look(stage, {CONTRACT_PATH: LOOSENED})
    idle = look(stage, {"docs/x.md": "x\n"})
    stage.sandbox.merge(stage.name, 3)

    assert (plain["conclusion"], plain["title"]) == ("success", "contracts, spec and configuration are consistent")
    assert noted["conclusion"] == "success"
    assert (idle["conclusion"], idle["title"]) == ("neutral", "nothing here is for this check")
    assert str(idle["summary"]).startswith("The changed file is no contract, spec, evidence or configuration")
    assert stage.pulls()[3]["merged"]


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
    assert "30 more findings are no annotations" in str(more["summary"])


def test_a_hundred_and_twenty_findings_take_three_requests(stage: Stage) -> None:
    """Fifty annotations a request, each with the level of its severity, also at files that the change leaves alone."""
    gone = {f"contracts/n{n:03}.yaml": CONTRACT + f"# see evidence/run/n{n}.md\n" for n in range(120)}
    evidence = {f"evidence/run/n{n}.md": "held\n" for n in range(120)}
    stage.found({**gone, **evidence})
    stage.settle()
    stage.sandbox.forget_requests()

    check = look(stage, dict.fromkeys(evidence, None))

    annotations = check["annotations"]
    assert isinstance(annotations, list)
    assert {note["annotation_level"] for note in annotations} == {"failure"}
    assert {note["path"] for note in annotations} == set(gone)
    assert len(annotations) == 120
    written = [line for line in stage.asked() if "check-runs" in line]
    assert [line.partition(" ")[0] for line in written] == ["POST", "PATCH", "PATCH"]


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


def press(stage: Stage, number: int, button: str) -> dict[str, object]:
    """Press a button of the check of a pull request, and return what it says then."""
    repository = stage.sandbox.world.repository(stage.name)
    (check,) = [c.id for c in repository.checks.values() if c.suite.head == stage.head_of(number)]
    stage.sandbox.press(stage.name, check, button)
    stage.settle()
    return {**found(stage, number), "text": repository.checks[check].text}


def test_explain_says_what_each_rule_asks_for(stage: Stage) -> None:
    """The page of every rule that found something stands below the summary; Re-run takes it away again."""
    stage.found()
    look(stage, {CONTRACT_PATH: FLIPPED})

    plain = found(stage, 1)
    explained = press(stage, 1, "explain")
    again = press(stage, 1, "rerun")

    assert f"### `contract/evidence-missing`\n\n{_page('contract/evidence-missing')}" in str(explained["text"])
    assert {key: explained[key] for key in plain} == plain
    assert not again["text"]


def _page(rule: str) -> str:
    known = catalog.find(rule)
    assert known is not None
    return known.text


def test_a_check_is_written_anew_against_the_base_of_its_pull_request(stage: Stage) -> None:
    """A change to another branch than the default one is judged against that one; a fork's head is brought for it."""
    stage.found()
    stage.sandbox.push(stage.name, "next", {CONTRACT_PATH: FLIPPED})
    fork = stage.sandbox.fork(stage.name, "octo-reader")
    stage.sandbox.push(fork, "next", {CONTRACT_PATH: FLIPPED}, by="octo-reader")
    words = {CONTRACT_PATH: FLIPPED + "# words\n"}
    number = stage.sandbox.open_pull(stage.name, "next", base="next", files=words, fork=fork, by="octo-reader")
    stage.settle()
    first = found(stage, number)
    shutil.rmtree(stage.folder / "data" / "mirrors")

    again = press(stage, number, "rerun")

    assert first["conclusion"] == "success", first
    assert {key: again[key] for key in first} == first


def test_a_merge_group_is_looked_at_again_against_what_it_is_built_on(stage: Stage) -> None:
    """Its branch names the commit that it comes after, also when the default branch was set back meanwhile."""
    stage.found()
    stage.sandbox.settings(stage.name, queue=True)
    before = stage.head("main")
    stage.sandbox.push(stage.name, "main", {CONTRACT_PATH: FLIPPED})
    number = stage.sandbox.open_pull(stage.name, "words", files={CONTRACT_PATH: FLIPPED + "# words\n"})
    stage.settle()
    stage.sandbox.require(stage.name, "another")
    stage.sandbox.check(stage.name, stage.head_of(number), "another", app="discharge")
    stage.sandbox.queue(stage.name, number)
    stage.settle()
    group = stage.newest_check("discharge")
    stage.sandbox.force_push(stage.name, "main", {"docs/x.md": "x\n"}, parent=before)
    stage.settle()
    stage.effects.clear()

    stage.sandbox.rerequest(stage.name, group)
    stage.settle()

    check = stage.sandbox.world.repository(stage.name).checks[group]
    assert f"write check discharge at {check.suite.head[:12]}: success" in stage.told()


def test_a_file_that_a_smoke_is_bound_to_is_looked_at(stage: Stage) -> None:
    """Whether it makes a discharge stale is asked of it, so that the check is no neutral one; its neighbour is idle."""
    bound = SPEAK.replace("    timeout:", "    when: {paths: ['src/**']}\n    timeout:")
    stage.found({"src/a.sh": "a\n"}, config=bound + AUTO)

    looked, idle = look(stage, {"src/a.sh": "b\n"}), look(stage, {"docs/a.sh": "b\n"})

    assert (looked["conclusion"], idle["conclusion"]) == ("success", "neutral")
    assert "- `src/a.sh`" in str(looked["summary"])
