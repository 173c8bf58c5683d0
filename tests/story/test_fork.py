"""Stories of commits that are not on the default branch: trials, forks, and heads that move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.stage import CONTRACT, CONTRACT_PATH, PROGRAM_PATH

if TYPE_CHECKING:
    from tests.story.stage import Stage

NOTE: dict[str, str | bytes | None] = {"docs/other.md": "a note\n"}


def stranger(stage: Stage) -> str:
    """Return the login of somebody who is nobody in the story's repository."""
    return f"fork-{stage.name.partition('/')[0]}"[:39].strip("-")


@pytest.fixture
def forked(stage: Stage) -> int:
    """A pull request from a stranger's fork; its number."""
    stage.found(landed=True)
    fork = stage.sandbox.fork(stage.name, stranger(stage))
    made = stage.sandbox.open_pull(stage.name, "words", files=NOTE, fork=fork, by=stranger(stage))
    stage.settle()
    return made


def test_an_open_pull_request_is_tried(stage: Stage) -> None:
    """On a head that is not merged everything is measured and told, and nothing is discharged."""
    stage.found(landed=True)
    number = stage.sandbox.open_pull(stage.name, "words", files=NOTE)

    stage.say(number, "/discharge SPEAK-001")

    status = stage.status(number)
    assert "**FALSIFY-SPEAK-001 held**" in status
    assert f"a trial: {stage.head('words')[:12]} is not on main" in status
    assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["success"]
    assert sorted(stage.pulls()) == [1, 2]
    assert stage.read(CONTRACT_PATH) == CONTRACT


def test_a_fork_runs_only_at_the_commit_that_a_maintainer_names(stage: Stage, forked: int) -> None:
    """Without `sha=`, or from somebody who only writes, the bot replies with the line to paste; with it, a trial."""
    head = stage.head_of(forked)
    stage.sandbox.role(stage.name, "octo-writer", "write")

    stage.say(forked, "/discharge SPEAK-001")
    stage.say(forked, f"/discharge SPEAK-001 sha={head}", by="octo-writer")
    refused = stage.status(forked)
    stage.say(forked, f"/discharge SPEAK-001 sha={head}")

    assert refused.count(f"Read the code, then add sha={head} to the command") == 2
    assert "**FALSIFY-SPEAK-001 held**" in stage.status(forked)
    assert "a trial" in stage.status(forked)
    assert sum("start run" in line for line in stage.told()) == 1
    assert sorted(stage.pulls()) == [1, forked]


def test_a_fork_that_moved_is_not_what_was_read(stage: Stage, forked: int) -> None:
    """The named commit is no longer the head: the new code was never read, and never runs."""
    old = stage.head_of(forked)
    who = stranger(stage)
    stage.sandbox.push(f"{who}/speak", "words", {PROGRAM_PATH: "#!/bin/sh\nenv\n"}, by=who)
    new = stage.head_of(forked)

    stage.say(forked, f"/discharge SPEAK-001 sha={old}")

    assert old != new
    assert f"sha={old} is not the head of this pull request, which is {new}" in stage.status(forked)
    assert not any("start run" in line for line in stage.told())


def test_a_head_that_moves_before_the_launch_does_not_run(stage: Stage) -> None:
    """Somebody force-pushes between the echo and the launch: the check and the comment say that it moved."""
    stage.found(landed=True)
    number = stage.sandbox.open_pull(stage.name, "words", files=NOTE)
    stage.settle()
    old = stage.head("words")
    stage.once("write a comment", lambda: stage.sandbox.force_push(stage.name, "words", {"docs/x.md": "x\n"}))

    stage.say(number, "/discharge SPEAK-001")

    assert stage.head("words") != old
    assert "**`/discharge SPEAK-001` by octo-maintainer** · not started" in stage.status(number)
    assert "The head of this pull request moved before the launch." in stage.status(number)
    assert old in stage.status(number)
    assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["cancelled"]


def test_a_closed_pull_request_has_nothing_to_test(stage: Stage) -> None:
    """Closed without a merge, or merged into another branch: both are told apart, and nothing runs."""
    stage.found(landed=True)
    closed = stage.sandbox.open_pull(stage.name, "words", files=NOTE)
    stage.sandbox.close(stage.name, closed)
    stage.sandbox.push(stage.name, "release", {"docs/release.md": "one\n"})
    aside = stage.sandbox.open_pull(stage.name, "aside", files=NOTE, base="release")
    stage.sandbox.merge(stage.name, aside)

    stage.say(closed, "/discharge SPEAK-001")
    stage.say(aside, "/discharge SPEAK-001")

    assert "this pull request was closed without a merge, so there is no commit to test" in stage.status(closed)
    assert "this was merged into release, and only commits on main can be discharged" in stage.status(aside)
    assert not any("start run" in line for line in stage.told())
