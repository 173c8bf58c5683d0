"""Stories of `/cancel`: what it ends has ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import PROGRAM_PATH
from tests.runners.source import lives

if TYPE_CHECKING:
    from pathlib import Path

    from tests.story.stage import Stage

DEAF = """#!/bin/sh
trap '' TERM HUP INT
note() {{ echo $1 > {folder}/$2.new; mv {folder}/$2.new {folder}/$2; }}
note $$ leg
(trap '' TERM; note "$(sh -c 'echo $PPID')" child; while :; do sleep 1; done) &
setsid sh -c "trap '' TERM; echo \\$\\$ > {folder}/away.new; mv {folder}/away.new {folder}/away
while :; do sleep 1; done" &
while :; do sleep 1; done
"""
"""A leg that hears no request to end, and whose children do not either: one below it, one in a session of its own."""
LATEST = 10.0
"""Seconds after which everything must have ended; the story's own patience is longer."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands over what left its group")
def test_a_leg_that_does_not_listen_is_ended_with_all_that_it_started(stage: Stage, tmp_path: Path) -> None:
    """Within ten seconds after the comment: the leg, its child, and its grandchild that went away; the slot is free."""
    stage.found({PROGRAM_PATH: DEAF.format(folder=tmp_path)}, landed=True)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    latest = time.monotonic() + 60
    while len(names := [path.name for path in tmp_path.iterdir() if path.suffix != ".new"]) < 3:
        assert time.monotonic() < latest, names
        time.sleep(0.02)
    family = {name: int((tmp_path / name).read_text(encoding="utf-8")) for name in names}
    assert all(map(lives, family.values()))

    asked = time.monotonic()
    stage.sandbox.comment(stage.name, 1, "/cancel")
    while any(map(lives, family.values())) and time.monotonic() - asked < LATEST:
        time.sleep(0.02)
    took = time.monotonic() - asked

    assert not any(map(lives, family.values())), family
    assert took < LATEST
    stage.settle()
    assert "- 1 run cancelled." in stage.status(1)
    assert [check["conclusion"] for check in stage.checks("discharge smoke speak")] == ["cancelled"]
