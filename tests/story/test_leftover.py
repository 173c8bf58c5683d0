"""What others left standing, and what is broken on the default branch: told or logged, and nothing waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import CONFIG_PATH, PROGRAM_PATH
from tests.story.stage import AUTO, SPEAK, WAIT

if TYPE_CHECKING:
    from tests.story.stage import Stage

BRANCH = "discharge/speak-v1/v1.3.0"
THREE = (SPEAK + WAIT).replace("docs/speak-spec.md}", "docs/speak-spec.md, cadence: {landed: 3}}")
SLOW = {PROGRAM_PATH: "#!/bin/sh\necho hello\nexec sleep 60\n"}


def test_a_branch_that_somebody_closed_stands_in_the_way(stage: Stage) -> None:
    """The pull request was closed and its branch left: the next discharge does not touch it, and says so."""
    stage.found(landed=True, config=SPEAK + WAIT)
    stage.say(1, "/discharge SPEAK-001")
    stage.sandbox.close(stage.name, 2)
    stage.settle()
    before = stage.head(BRANCH)

    stage.say(1, "/discharge SPEAK-001")

    assert f"the branch {BRANCH} stands without an open pull request of this app" in stage.status(1)
    assert stage.head(BRANCH) == before
    assert [check["status"] for check in stage.checks("discharge smoke speak")] == ["completed"]  # no machine started
    assert stage.parked() == 0


def test_a_broken_configuration_holds_nothing_up(stage: Stage) -> None:
    """Landed in spite of its check: pushes and merges are done with at once, and a comment is answered."""
    stage.found(landed=True, required=False)
    stage.sandbox.push(stage.name, "main", {CONFIG_PATH: SPEAK + AUTO + "nonsense: 1\n"})

    stage.land()
    stage.say(1, "/discharge SPEAK-001")

    assert "nonsense" in stage.status(1)
    assert any(line.startswith("refuse: ") for line in stage.told())
    assert stage.parked() == 0


def test_a_cancelled_run_is_stopped_before_its_check_says_so(stage: Stage) -> None:
    """A process that is killed in between finds the run by its open check, and stops it all the same."""
    stage.found(SLOW, landed=True)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    stage.wait_for("start run")

    stage.say(1, "/cancel")

    lines = stage.told()
    stopped = next(n for n, line in enumerate(lines) if line.startswith("cancel run"))
    told = max(n for n, line in enumerate(lines) if "a comment on #1" in line)
    written = next(n for n, line in enumerate(lines) if line.endswith(": cancelled"))
    assert stopped < told < written


def test_a_branch_that_stands_anew_is_not_taken_for_the_merged_one(stage: Stage) -> None:
    """A merge that is told late finds the branch of that name at another commit, and leaves it."""
    stage.found(landed=True, config=SPEAK + WAIT)
    stage.say(1, "/discharge SPEAK-001")
    stage.end()
    stage.sandbox.merge(stage.name, 2)
    stage.sandbox.delete_branch(stage.name, BRANCH)
    stage.sandbox.push(stage.name, BRANCH, {"docs/more.md": "somebody's\n"})
    stage.begin()
    stage.settle()

    assert BRANCH in stage.branches()
    assert not any(line == f"delete {BRANCH}" for line in stage.told())


def test_a_closed_amendment_leaves_the_cadence_alone(stage: Stage) -> None:
    """Its branch was left: the next landing is not due, costs one request, and opens nothing; the third one does."""
    stage.found(config=THREE, required=False)
    stage.say(stage.land(), "/amend")
    closed = max(stage.pulls())
    left = stage.pull("spec/")["branch"]
    stage.sandbox.close(stage.name, closed)
    made = stage.sandbox.open_pull(stage.name, "second", files={"docs/second.md": "a note\n"})
    stage.settle()
    stage.sandbox.forget_requests()

    stage.sandbox.merge(stage.name, made)
    stage.settle()

    assert max(stage.pulls()) == made
    assert len(stage.asked()) <= 1, stage.asked()
    stage.land()
    opened = stage.pulls()[max(stage.pulls())]
    assert (opened["state"], opened["branch"] != left) == ("open", True)
    assert "3 pull requests landed since §1" in opened["body"]
    assert left in stage.branches()


def test_the_branch_of_a_closed_amendment_is_taken_over(stage: Stage) -> None:
    """It holds only our own commit, and main moved by a push: what is asked for again is written in its place."""
    stage.found(config=THREE, required=False)
    asked = stage.land()
    stage.say(asked, "/amend")
    left = stage.pull("spec/")
    stage.sandbox.close(stage.name, max(stage.pulls()))
    stage.sandbox.push(stage.name, "main", {"docs/more.md": "a note\n"})
    stage.settle()

    stage.say(asked, "/amend")

    opened = stage.pulls()[max(stage.pulls())]
    assert (opened["state"], opened["branch"]) == ("open", left["branch"])
    commit = stage.sandbox.world.repository(stage.name).store.commit(stage.head(left["branch"]))
    assert commit is not None
    assert list(commit.parents) == [stage.head("main")]
    assert stage.parked() == 0


def test_what_somebody_wrote_on_the_branch_of_a_closed_amendment_stands(stage: Stage) -> None:
    """Their commit is on it: nothing is written there, and the answer says what to do."""
    stage.found(config=THREE, required=False)
    asked = stage.land()
    stage.say(asked, "/amend")
    left = stage.pull("spec/")["branch"]
    stage.sandbox.push(stage.name, left, {"docs/theirs.md": "somebody's\n"})
    stage.settle()
    stage.sandbox.close(stage.name, max(stage.pulls()))
    before = stage.head(left)
    stage.sandbox.push(stage.name, "main", {"docs/more.md": "a note\n"})
    stage.settle()

    stage.say(asked, "/amend")

    assert stage.head(left) == before
    assert f"the branch {left} stands without an open pull request of this app" in stage.status(asked)
    assert stage.parked() == 0
