"""Stories of machines that answer something else than they were asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runners.engine.local import Local
from tests.app.stage import CONTRACT, CONTRACT_PATH, PROGRAM, PROGRAM_PATH

if TYPE_CHECKING:
    from tests.story.stage import Stage

LIES = {
    "commit": ("c" * 40, "it is about another commit"),
    "smoke": ("shout", "it is about another smoke"),
    "version": ("9.9.9", "it is about another version of the contract"),
    "nonce": ("0" * 64, "it does not repeat the nonce of the job"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_to_another_job_proves_nothing(stage: Stage, lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in it: nothing is measured, no status moves, and why not is told."""
    stage.found({PROGRAM_PATH: PROGRAM}, landed=True)
    stage.sandbox.role(stage.name, "octo-writer", "write")
    collect, (value, why) = Local.collect, LIES[lie]
    told: list[str] = []

    def tamper(engine: Local, run: str) -> bytes:
        values = json.loads(collect(engine, run))
        told.append(values["echo"][lie])
        values["echo"][lie] = value
        return json.dumps(values).encode()

    monkeypatch.setattr(Local, "collect", tamper)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-writer")
    stage.settle()

    assert told[0] not in {"", value}
    assert f"the bundle does not answer the job: {why}" in stage.status(1)
    assert "not measured" in stage.status(1)
    assert stage.read(CONTRACT_PATH) == CONTRACT
    assert sorted(stage.pulls()) == [1]
