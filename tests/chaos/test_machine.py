"""Smokes over four GPUs while everything that works on them is killed: each ends once, and nothing is left."""

from __future__ import annotations

import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.chaos.sample import ALL, SEED, share
from tests.chaos.smoke import draw, find_most
from tests.chaos.yard import Yard

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child"),
]
SMOKES = 200 if ALL else 12


@pytest.mark.parametrize("seed", share([SEED]))
def test_whoever_is_killed_every_smoke_ends_once(seed: int, tmp_path: Path) -> None:
    """Kill -9 of who holds the engine, of who ticks it, of runners, workers and legs: one end each, the books right."""
    asked = draw(Random(seed), SMOKES)  # noqa: S311 - a story, no secret
    with Yard(tmp_path, asked, f"{seed}", deaths=60 if ALL else 6) as yard:
        yard.play()

        assert yard.look() == []
        assert yard.died["teller"] > 0
        assert yard.died["ticker"] > 0 or not ALL  # in a sample it may have had too little to do


def test_legs_at_once_are_counted() -> None:
    """Two that touch do not overlap; one that never said its end counts while it begins."""
    assert find_most([]) == 0
    assert find_most(["begin a 1", "end a 5", "begin b 5", "end b 9", "begin c 3"]) == 2
    assert find_most(["begin a 1", "begin b 2", "end b 3", "begin c 2", "end a 9", "end c 4"]) == 3
