"""Stories of several people, and of several repositories, at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.story import voice
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    from tests.story.stage import Stage


def test_two_people_ask_for_the_same(stage: Stage) -> None:
    """The second one reads that it is being measured already, and by whom; it runs once."""
    stage.found(landed=True, config=SPEAK + WAIT)
    stage.sandbox.role(stage.name, "octo-writer", "write")
    stage.sandbox.hold()
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-writer")
    stage.sandbox.release()
    stage.settle()

    status = stage.status(1)
    told = "FALSIFY-SPEAK-001 is being measured at this commit: octo-maintainer asked with /discharge SPEAK-001"
    assert told in status or status.count("· held") == 2
    assert sorted(stage.pulls()) == [1, 2]
    assert len(stage.messages(stage.pull("discharge/")["branch"])) == len(stage.messages()) + 1


def test_two_people_ask_for_two_promises_of_one_contract(stage: Stage) -> None:
    """Both hold, both are discharged, in one pull request with two commits, and each is thanked."""
    stage.found(voice.FILES, config=voice.WAITING, landed=True)
    later = stage.land()
    stage.sandbox.role(stage.name, "octo-writer", "write")
    stage.sandbox.hold()
    stage.sandbox.comment(stage.name, 1, "/discharge VOICE-001")
    stage.sandbox.comment(stage.name, later, "/discharge VOICE-002", by="octo-writer")
    stage.sandbox.release()
    stage.settle()

    pull = stage.pull("discharge/")
    assert (stage.read(voice.PATH, pull["branch"]) or "").count("status: DISCHARGED") == 2
    people = [line for line in pull["body"].splitlines() if line.startswith("Co-Authored-By: ")]
    assert sorted(line.split()[1] for line in people) == ["octo-maintainer", "octo-writer"]
    assert "- Discharged by #3" in stage.status(1)
    assert "- Discharged by #3" in stage.status(later)


def test_two_repositories_do_not_wait_for_each_other(stage: Stage) -> None:
    """Two repositories of one owner at once: each gets its own comment, check and pull request."""
    names = [stage.name, f"{stage.name}-too"]
    for name in names:
        stage.found(name=name, landed=True)
    stage.sandbox.hold()
    for name in names:
        stage.sandbox.comment(name, 1, "/discharge SPEAK-001")
    stage.sandbox.release()
    stage.settle()

    for name in names:
        stage.name = name
        assert stage.pull("discharge/")["merged"]
        assert stage.status(1).count("· held") == 1
        assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["success"]
