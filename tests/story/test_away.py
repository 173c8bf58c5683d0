"""Stories of an engine that cannot be asked: nobody is told an end that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.error import Complaint
from runners.engine.local import Local
from runners.engine.model import Away

if TYPE_CHECKING:
    from runners.engine.model import State
    from tests.story.stage import Stage


@pytest.mark.parametrize("trouble", [Away("the cluster does not serve now"), Complaint("the disk is full")], ids=repr)
def test_an_end_that_cannot_be_asked_for_is_told_to_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, trouble: Complaint
) -> None:
    """The delivery is tried again until the engine says how the run ended, and that is told, once."""
    asked, state = [], Local.state

    def fail(engine: Local, run: str) -> State:
        asked.append(run)
        if len(asked) < 3:
            raise trouble
        return state(engine, run)

    monkeypatch.setattr(Local, "state", fail)
    stage.found(landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert len(asked) > 3
    assert stage.pull("discharge/")["merged"]
    assert [check["conclusion"] for check in stage.checks("discharge smoke speak")] == ["success"]
    (run,) = set(asked)
    assert [line for line in stage.told() if "neutral" in line or "not measured" in line] == []
    assert sum(line.startswith(f"forget run {run}") for line in stage.told()) == 1
    assert stage.parked() == 0
