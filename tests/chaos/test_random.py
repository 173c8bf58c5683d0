"""Whatever goes wrong, and however much of it: what must be true is true in the end."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from app.sandbox.fault import KINDS, Fault, Faults
from tests.chaos.case import house
from tests.chaos.crowd import Crowd
from tests.chaos.play import Play
from tests.chaos.sample import ALL, SEED, share
from tests.chaos.trap import lay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.inbox.cluster import Cluster

pytestmark = pytest.mark.chaos
NAMES = ("acme/speak", "acme/sing")
ROUNDS, ACTS = (4, 5) if ALL else (1, 4)
SEEDS = share([f"{kind}-{SEED + n}" for n in range(3) for kind in ("sqlite", "postgres", "pair")]) if ALL else []
"""Three stories on each kind of database, beginning with the seed."""


@pytest.fixture
def database(request: pytest.FixtureRequest, story: str) -> Iterator[str]:
    """The address of a database for one story; empty for the file that the service makes by itself."""
    if story.startswith("sqlite"):
        yield ""
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.database() as address:
        yield address


@pytest.mark.parametrize("story", SEEDS or [f"sqlite-{SEED}"])
def test_whatever_goes_wrong_the_end_is_right(story: str, database: str) -> None:
    """Kills, faults, lost, doubled and shuffled webhooks: each command has one answer, and nothing is left over."""
    kind, _, seed = story.partition("-")
    chance = Random(int(seed))  # noqa: S311 - a story, no secret
    with Play(house(), database, pair=kind == "pair", sweep=2.0) as play:
        crowd = Crowd(play, chance, NAMES)
        crowd.settle_down()
        play.begin()
        play.settle()
        play.sandbox.duplicate(int(seed))
        for _ in range(ROUNDS):
            _disturb(play, chance)
            for _ in range(chance.randint(1, ACTS)):
                crowd.act()
            if chance.random() < 0.5:
                play.strike()
            play.settle()
        play.sandbox.world.faults = Faults()
        play.settle()

        assert not crowd.look()


def _disturb(play: Play, chance: Random) -> None:
    """Let the service die at one of the next requests, and let some others fail."""
    where = Fault("bad_gateway", nth=chance.randint(1, 60))
    lay(play.sandbox.world, where, chance.choice(("before", "after")), play.strike)
    for _ in range(chance.randint(0, 3)):
        kind = chance.choice(KINDS)
        play.sandbox.fault(kind, nth=chance.randint(1, 40), seconds=30.0 if kind == "timeout" else 1.0)
    play.sandbox.drop(times=chance.randint(0, 2))
    play.sandbox.shuffle(chance.choice((None, chance.randint(0, 999))))
