"""Webhooks that come twice, late and in another order have the effects that they would have had."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.chaos.case import Case, compare, house, perform
from tests.chaos.crowd import Crowd
from tests.chaos.play import Play
from tests.chaos.sample import ALL, SEED, share
from tests.chaos.tale import TALES

pytestmark = pytest.mark.chaos
DELIVERIES = 1_000 if ALL else 40
NAMES = ("acme/speak", "acme/sing", "acme/shout")


@pytest.mark.parametrize("seed", share([SEED]))
def test_doubled_and_shuffled_deliveries_have_exact_effects(seed: int) -> None:
    """Of 1,000 deliveries, in an order of the seed's and half of them doubled, each has its effect once."""
    with Play(house()) as play:
        crowd = Crowd(play, Random(seed), NAMES)  # noqa: S311 - a story, no secret
        crowd.settle_down()
        play.begin()
        play.settle()
        play.sandbox.duplicate(seed)
        play.sandbox.shuffle(seed)
        while len(play.sandbox.deliveries()) < DELIVERIES // 2:
            play.sandbox.hold()
            for _ in range(8):
                crowd.act()
            play.sandbox.release()
            play.settle()

        assert not crowd.look()
        before = [play.sandbox.snapshot(name) for name in NAMES]
        effects = Counter(note.split(" ")[0] for note in play.notes)
        started = sum(note.startswith("effect StartSmoke") for note in play.notes)
        runs = sum(len(check["external_id"]) == 16 for each in before for check in each["checks"])
        assert started <= runs  # a run of which nothing can be measured starts no machine

        for each in play.sandbox.deliveries():
            play.sandbox.redeliver(each["id"])
        play.settle()

        assert len(play.sandbox.deliveries()) >= DELIVERIES
        assert [play.sandbox.snapshot(name) for name in NAMES] == before
        assert Counter(note.split(" ")[0] for note in play.notes) == effects


@pytest.mark.parametrize("tale", share(TALES) if ALL else ["amend"])
def test_a_lost_database_loses_nothing(tale: str) -> None:
    """Everything is delivered once more to a service that has forgotten all: GitHub and git are the state."""
    case = Case(f"{tale}-forgotten", tale, "sqlite", after=_forget)
    ended = perform(case)

    assert ended.deaths == 1
    assert not compare(case, ended)


def _forget(play: Play) -> None:
    play.forget()
    play.settle()
    for each in play.sandbox.deliveries():
        play.sandbox.redeliver(each["id"])
    play.settle()
