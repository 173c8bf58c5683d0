"""Smokes from a comment to a check while the App, machines and GitHub's runners are killed and webhooks get lost."""

from __future__ import annotations

import time
from random import Random

import pytest

from app.sandbox.fault import Fault, Faults
from tests.chaos.case import house
from tests.chaos.fleet import Fleet
from tests.chaos.play import Play
from tests.chaos.sample import ALL, SEED, share
from tests.chaos.trap import lay

pytestmark = pytest.mark.chaos
SMOKES = {"local": 24, "actions": 24}
AT_ONCE = 5
SWEEP = 10.0
"""Seconds between two sweeps. One takes three on a loaded machine, and what comes for the repository waits behind it:
with one every four seconds, sweeps alone kept the inbox from coming to rest."""


@pytest.mark.skipif(not ALL, reason="a minute each: `make chaos` plays the smokes of the whole App")
@pytest.mark.parametrize("engine", share(SMOKES))
def test_whatever_dies_every_smoke_has_one_verdict(engine: str) -> None:
    """One check, one answer and one row in the books each; no machine, no registration and no run is left."""
    chance = Random(f"{SEED} {engine}")  # noqa: S311 - a story, no secret
    with Play(house(), sweep=SWEEP, reap=engine == "actions") as play:
        play.change = {"gpu_slots": 4, "runner_program": str(play.place / "run.sh")}
        fleet = Fleet(play, engine, chance, SMOKES[engine])
        fleet.found()
        play.meanwhile, play.explain = fleet.notice, fleet.explain
        play.begin()
        play.settle()
        asked = sorted(fleet.kinds)
        for first in range(0, len(asked), AT_ONCE):
            _disturb(play, chance)
            if engine == "actions":
                fleet.leak()
            for number in asked[first : first + AT_ONCE]:
                play.sandbox.comment("acme/speak", number, "/discharge SPEAK-001")
            time.sleep(chance.uniform(0.0, 4.0))
            play.strike()
            play.settle()
            play.sandbox.world.faults = Faults()
        play.settle()
        play.wait_until(fleet.is_clean, "a runner stays registered")

        assert fleet.look() == []
        assert play.deaths >= len(asked) // AT_ONCE


def _disturb(play: Play, chance: Random) -> None:
    """Let webhooks get lost, about jobs and others, and the service die at one of the next requests."""
    play.sandbox.drop(times=chance.randint(0, 2))
    play.sandbox.drop("workflow_job", chance.randint(0, 4))
    where = Fault("bad_gateway", nth=chance.randint(1, 120))
    lay(play.sandbox.world, where, chance.choice(("before", "after")), play.strike)
