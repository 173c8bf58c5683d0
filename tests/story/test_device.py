"""Stories of smokes that must prove a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import CONTRACT, CONTRACT_PATH, PROGRAM, PROGRAM_PATH
from tests.story.stage import AUTO, SPEAK

if TYPE_CHECKING:
    from tests.story.stage import Stage

DEVICE = SPEAK.replace("    legs:\n", "    device: {leg: default, pattern: 'Backend: (wgpu|CUDA)'}\n    legs:\n") + AUTO


def test_a_leg_of_the_gpu_that_ran_on_the_cpu_is_not_measured(stage: Stage) -> None:
    """All that was predicted is there, and no device: nothing is green, nothing red, no status moves."""
    stage.found({PROGRAM_PATH: PROGRAM + "echo 'Backend: cpu (CUDA was not found)'\n"}, config=DEVICE, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    said = stage.status(1)
    assert "**FALSIFY-SPEAK-001 not measured**" in said
    assert "no proof of the device: `Backend: (wgpu|CUDA)` is not in the log of leg default" in said
    assert [check["conclusion"] for check in stage.checks("discharge smoke speak")] == ["neutral"]
    assert stage.read(CONTRACT_PATH) == CONTRACT
    assert sorted(stage.pulls()) == [1]


def test_a_leg_that_shows_its_device_is_measured(stage: Stage) -> None:
    """The same promise, with the line of the backend in the log: it is discharged, and the title names the device."""
    stage.found({PROGRAM_PATH: PROGRAM + "echo 'Backend: CUDA'\n"}, config=DEVICE, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert "**FALSIFY-SPEAK-001 held**" in stage.status(1)
    assert "live cuda" in stage.pull("discharge/")["title"].lower()
