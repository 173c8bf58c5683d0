"""The story of a discharge, from a comment to a merged pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.story.stage import Stage


def test_a_comment_becomes_a_merged_pull_request(stage: Stage) -> None:
    """What held is discharged: one comment, one check, one pull request, merged by itself."""
    stage.found()
    number = stage.land()

    stage.say(number, "/discharge SPEAK-001")

    for line in stage.told():
        print(line)
    print(stage.status(number))
    print(stage.sandbox.deliveries())
    for r in stage.sandbox.requests():
        print(r)
    pull = stage.pull("discharge/")
    assert pull["merged"]
