"""Stories of suggestions: the corrected line in the diff, once, where GitHub allows it, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.hub.partial import Partial
from tests.app.stage import CONTRACT, CONTRACT_PATH

if TYPE_CHECKING:
    import pytest

    from tests.story.stage import Stage

FLIPPED = CONTRACT.replace("status: FUNCTIONAL", "status: DISCHARGED")
MENDED = FLIPPED.replace("version: 1.2.0", "version: 1.3.0")


def line(text: str, words: str) -> int:
    """Return the number of the line that has these words."""
    return text[: text.index(words)].count("\n") + 1


def reviews(stage: Stage, number: int) -> list[dict[str, Any]]:
    """Return the reviews of a pull request, as people see them."""
    return list(stage.pulls()[number]["reviews"])


def propose(stage: Stage, text: str = FLIPPED, **more: Any) -> int:
    """Open a pull request that changes the contract, and wait for its check."""
    number = stage.sandbox.open_pull(stage.name, "flip", files={CONTRACT_PATH: text}, **more)
    stage.settle()
    return number


def wide(text: str) -> str:
    """Return a contract in which the version is far from the falsifiers: the diff of a flip does not show it."""
    return text.replace("version: 1.2.0\n", "version: 1.2.0\n" + "".join(f"  note_{n}: x\n" for n in range(20)))


def touch(text: str) -> str:
    """Change the line above the version, so that the diff shows both."""
    at = text.index("  version:")
    return text[:at] + "  reviewed: yes\n" + text[at:]


def test_a_version_that_stayed_is_suggested_where_the_diff_shows_it(stage: Stage) -> None:
    """One review of the bot's, one comment on the line of the version, with the line to take by a click."""
    stage.found()
    flipped = touch(FLIPPED)

    number = propose(stage, flipped)

    (review,) = reviews(stage, number)
    (comment,) = review["comments"]
    assert review["author"] == "discharge[bot]"
    assert (comment["path"], comment["line"]) == (CONTRACT_PATH, line(flipped, "version: 1.2.0"))
    assert "```suggestion\n" in comment["body"]
    assert "1.3.0\n```" in comment["body"]


def test_a_line_that_the_diff_does_not_show_is_told_in_the_check_alone(stage: Stage) -> None:
    """GitHub would refuse the comment, so nobody asks; the check costs what it cost before."""
    stage.found({CONTRACT_PATH: wide(CONTRACT)})
    stage.settle()
    stage.sandbox.forget_requests()

    number = propose(stage, wide(FLIPPED))

    assert reviews(stage, number) == []
    assert any("1.3.0" in note["message"] for note in check(stage, number))
    assert len(stage.asked()) <= 2, stage.asked()


def check(stage: Stage, number: int) -> list[Any]:
    """Return the annotations of a pull request's check."""
    repository = stage.sandbox.world.repository(stage.name)
    (found,) = [c for c in repository.checks.values() if c.suite.head == stage.head_of(number)]
    return found.annotations


def test_a_push_repeats_nothing_and_a_resolved_comment_stays_resolved(stage: Stage) -> None:
    """The line stands lower by then; once somebody resolved the comment, it is not asked again either."""
    stage.found()
    flipped = touch(FLIPPED)
    number = propose(stage, flipped)
    first = reviews(stage, number)

    stage.sandbox.push(stage.name, "flip", {CONTRACT_PATH: "# a comment\n" + flipped})
    stage.settle()
    stage.sandbox.resolve(stage.name, number, CONTRACT_PATH, line(flipped, "version: 1.2.0") + 1)
    stage.sandbox.push(stage.name, "flip", {CONTRACT_PATH: "# two\n# comments\n" + flipped})
    stage.settle()

    (review,) = reviews(stage, number)
    assert [c["body"] for c in review["comments"]] == [c["body"] for c in first[0]["comments"]]
    assert review["comments"][0]["resolved"]


def test_a_suggestion_that_was_taken_is_the_end_of_it(stage: Stage) -> None:
    """The comment is outdated then, and nothing is said about the line any more."""
    stage.found()
    number = propose(stage, touch(FLIPPED))

    stage.sandbox.push(stage.name, "flip", {CONTRACT_PATH: touch(MENDED)})
    stage.settle()

    assert len(reviews(stage, number)) == 1
    assert not any("1.3.0" in note["message"] and "version" in note["title"] for note in check(stage, number))


def test_suggestions_cost_two_requests(stage: Stage) -> None:
    """One to look what is said already, one to say the rest; for a push that repeats it, one."""
    stage.found()
    stage.settle()
    stage.sandbox.forget_requests()
    number = propose(stage, touch(FLIPPED))
    first = stage.asked()
    stage.sandbox.forget_requests()

    stage.sandbox.push(stage.name, "flip", {CONTRACT_PATH: "# a comment\n" + touch(FLIPPED)})
    stage.settle()

    look, write = "POST query Threads repository", f"POST /repos/{stage.name}/pulls/{number}/reviews"
    assert first[-2:] == [look, write]
    assert len(first) <= 4, first
    assert stage.asked()[-1] == look
    assert len(stage.asked()) <= 3, stage.asked()


def test_a_stranger_gets_suggestions_for_what_he_proposes(stage: Stage) -> None:
    """The app writes in its own repository only; who proposed the change may take the line."""
    stage.found()
    fork = stage.sandbox.fork(stage.name, "octo-reader")

    number = propose(stage, touch(FLIPPED), fork=fork, by="octo-reader")

    assert [len(review["comments"]) for review in reviews(stage, number)] == [1]


def test_a_merge_group_and_a_button_suggest_nothing(stage: Stage) -> None:
    """Nobody reads a diff there."""
    stage.found()
    number = propose(stage, touch(FLIPPED))
    check = stage.newest_check("discharge")
    stage.effects.clear()

    stage.sandbox.press(stage.name, check, "rerun")
    stage.sandbox.rerequest(stage.name, check)
    stage.settle()

    assert [told.partition(" at ")[0] for told in stage.told()] == ["write check discharge"] * 2
    assert len(reviews(stage, number)) == 1


def test_where_github_takes_no_review_the_check_says_it_all(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub's diff may show less than ours: it refuses, the check stands, and nothing is tried for ever."""
    stage.found({CONTRACT_PATH: wide(CONTRACT)})
    monkeypatch.setattr(Partial, "hunks", lambda *_: (range(1, 1000),))

    number = propose(stage, wide(FLIPPED))

    assert reviews(stage, number) == []
    assert any("1.3.0" in note["message"] for note in check(stage, number))
    assert any(told.startswith("refuse: GitHub does not take suggest 1 lines") for told in stage.told())
    assert stage.parked() == 0
