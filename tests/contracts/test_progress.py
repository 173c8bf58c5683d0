"""Tally and ship percentages: read in the forms people write, moved by rule, followed through the record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from contracts.error import Complaint
from contracts.model import Contract, Falsifier, FalsifierId, Flip, Ladder
from contracts.progress import Chain, ShipDeclared, Tally, compare, follow, read_ships, read_tallies

if TYPE_CHECKING:
    from collections.abc import Callable


def flip(before: str | None, after: str | None) -> Flip:
    """Return a flip of some falsifier."""
    return Flip("c.yaml", FalsifierId("F-1"), before, after)


@pytest.mark.parametrize(
    ("flips", "after"),
    [
        ([flip(None, "PARTIAL_ALGORITHM_LEVEL")] * 2, "15+35"),
        ([flip("PARTIAL_ALGORITHM_LEVEL", "DISCHARGED")], "16+32"),
        ([flip("FUNCTIONAL", "DISCHARGED")] * 4, "19+29"),
        ([flip("PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL")], "15+33"),
        ([flip("BLOCKER_FIXTURE_ABSENT", "DISCHARGED")], "16+33"),
        ([flip("DISCHARGED", "FUNCTIONAL")], "14+34"),
        ([], "15+33"),
    ],
)
def test_the_tally_moves_by_rule(flips: list[Flip], after: str) -> None:
    """A new partial one adds on the right, a discharge moves one to the left; off the ladder is on neither side."""
    assert Tally.parse("15 + 33").advance(flips, Ladder()).write() == after


def test_a_tally_is_written_as_the_neighbours_write_it() -> None:
    """With blanks or without."""
    assert Tally(16, 36).write(spaced=True) == "16 + 36"


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("Coverage tally: 15+33", None, "15+33"),
        ("Coverage tally: **15 + 33 → 15 + 35** (+2)", "15+33", "15+35"),
        ("- **Coverage scoreboard**: 15+33 → **15+35** (x)", "15+33", "15+35"),
        ("Tally: 20+32 -> 20+36 because", "20+32", "20+36"),
    ],
)
def test_a_stated_tally_is_read(text: str, before: str | None, after: str) -> None:
    """With its move, where it states one."""
    stated = read_tallies(f"words\n{text}\n")[0]

    assert (stated.before.write() if stated.before else None, stated.after.write()) == (before, after)
    assert f"words\n{text}"[stated.offset] == after[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- **MODEL-1**: 87% → **88%** — the primitive lands", [("MODEL-1", 87.0, 88.0, "the primitive lands")]),
        ("- MODEL-1 ship %: 89% → 90% (five of five)", [("MODEL-1", 89.0, 90.0, "five of five")]),
        ("**MODEL-2 ship %**: 54", []),
        ("MODEL-2 ship %: unchanged at 56%", [("MODEL-2", None, 56.0, "")]),
        ("MODEL-1 3 runs", []),
        ("MODEL-1: 87.5% -> 88.5%", [("MODEL-1", 87.5, 88.5, "")]),
    ],
)
def test_a_stated_percentage_is_read(text: str, expected: list[tuple[str, float | None, float, str]]) -> None:
    """With its move and its reason; a number that is no percentage is none."""
    assert [(s.model, s.before, s.after, s.reason) for s in read_ships(text)] == expected


@pytest.mark.parametrize(
    ("text", "points", "reason", "after"),
    [
        ("MODEL-1 +1 because the sweep\n is closed", 1.0, "the sweep is closed", 90.0),
        ("MODEL-1 -2.5% because a test went red", -2.5, "a test went red", 86.5),
        ("MODEL-1 −89 because nothing is left", -89.0, "nothing is left", 0.0),
        ("MODEL-1 +11 because all is done", 11.0, "all is done", 100.0),
    ],
)
def test_an_operator_declares_points(text: str, points: float, reason: str, after: float) -> None:
    """Up or down, because."""
    declared = ShipDeclared.parse(text)

    assert (declared.model, declared.points, declared.reason, declared.apply(89.0)) == (
        "MODEL-1",
        points,
        reason,
        after,
    )


@pytest.mark.parametrize("text", ["MODEL-1 up", "MODEL-1 +1", "MODEL-1 +1 because "])
def test_what_declares_nothing_is_refused(text: str) -> None:
    """With the form to write; a move without a reason is none."""
    with pytest.raises(Complaint, match=r" declares no ship percentage\. Write MODEL ±POINTS because REASON"):
        ShipDeclared.parse(text)


@pytest.mark.parametrize("points", ["+12", "-90"])
def test_a_percentage_stays_one(points: str) -> None:
    """A move out of 0 to 100 is refused, and not cut to fit."""
    with pytest.raises(Complaint, match="would make it"):
        ShipDeclared.parse(f"MODEL-1 {points} because of a slip").apply(89.0)


def test_the_chain_follows_what_is_stated() -> None:
    """One section after the other; a move that begins somewhere else is a clash, and is followed all the same."""
    chain = follow(Chain(), "Coverage tally: 15+33 → 15+35\nMODEL-1: 87% → 88%", "§43")
    chain = follow(chain, "Coverage tally: 15+37 → 16+36\nMODEL-1: 89% → 90%\nMODEL-2: 56%", "§44")
    chain = follow(chain, "Coverage tally: 16+36\nMODEL-1: 90%", "§45")

    assert chain.tally == Tally(16, 36)
    assert (chain.ship("MODEL-1"), chain.ship("MODEL-2"), chain.ship("MODEL-3")) == (90.0, 56.0, None)
    assert chain.clashes == (
        "§44 moves the tally from 15+37, but 15+35 was stated before it",
        "§44 moves MODEL-1 from 89%, but 88% was stated before it",
    )


def test_flips_are_the_difference_of_two_contracts() -> None:
    """In the order of the later one; what is on one side only counts as unbound on the other."""
    one, two, three = (FalsifierId(f"F-{n}") for n in (1, 2, 3))
    before = Contract("a.yaml", None, None, (Falsifier(one, "FUNCTIONAL"), Falsifier(three, "OPEN")))
    after = Contract("b.yaml", None, None, (Falsifier(two, "OPEN"), Falsifier(one, "DISCHARGED")))

    assert compare(before, after) == (
        Flip("b.yaml", two, None, "OPEN"),
        Flip("b.yaml", one, "FUNCTIONAL", "DISCHARGED"),
        Flip("b.yaml", three, "OPEN", None),
    )
    assert compare(before, None)[0] == Flip("a.yaml", one, "FUNCTIONAL", None)
    assert compare(None, None) == ()


def test_the_real_record_is_read(corpus: Callable[[str], str]) -> None:
    """The sample of the large spec states a tally and both models."""
    text = corpus("aprender/ship-two-models-spec.md")

    assert read_tallies(text)
    assert {stated.model for stated in read_ships(text)} == {"MODEL-1", "MODEL-2"}


@pytest.mark.parametrize("piece", ["tally ", "MODEL-1 ", "MODEL-1: 1% ", "tally: 1+", "MODEL-1 ship % **: "])
def test_a_long_record_takes_no_long_time(piece: str) -> None:
    """Bodies come from strangers: the patterns must not run away."""
    begun = time.perf_counter()

    follow(Chain(), piece * (200_000 // len(piece)), "x")

    assert time.perf_counter() - begun < 30  # it does not hang; times are for make bench
