"""The effect of a landed pull request: what was measured, then the author's word, never the title again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.model import FalsifierId, Flip
from spec.effect import MOVES, tell
from spec.model import Landed, Lines

PR = Landed(7, "feat(gpu): cosine helper (#7)", "cosine helper", "c" * 40, "2026-05-03")
LINES = Lines((("code", 24), ("tests", 98)))


def _flip(n: int, before: str | None, after: str | None) -> Flip:
    return Flip("contracts/x-v1.yaml", FalsifierId(f"FALSIFY-X-{n:03}"), before, after)


def test_what_was_measured_is_told_in_one_order() -> None:
    """Flips, versions, tests, lines by kind, and last the author's sentence with its mark."""
    pr = replace(
        PR,
        flips=(_flip(1, "FUNCTIONAL", "DISCHARGED"), _flip(2, "FUNCTIONAL", "DISCHARGED")),
        bumps=("`x-v1` v1.3.0 → v1.4.0",),
        facts=("2 test functions added",),
        lines=LINES,
        effect="It runs without a GPU.",
    )

    assert tell(pr) == (
        "FALSIFY-X-001/002 FUNCTIONAL → DISCHARGED; `x-v1` v1.3.0 → v1.4.0; 2 test functions added; "
        "~120 LOC: 80% tests, 20% code; author: “It runs without a GPU.”"
    )


@pytest.mark.parametrize("effect", ["Cosine helper.", "feat(gpu): cosine helper", "", "The tests: 120 LOC", "helper"])
def test_a_sentence_that_says_nothing_more_is_left_out(effect: str) -> None:
    """The title again, in whatever order and case, and what was counted already, are no news."""
    told = tell(replace(PR, title="feat(gpu): the cosine helper (#7)", lines=Lines((("tests", 122),)), effect=effect))

    assert told == "~120 LOC: 100% tests"


def test_nothing_measured_is_said() -> None:
    """A change of nothing but modes or binary files has no lines; no word is made up for it."""
    assert tell(PR) == "no line was counted"
    assert tell(replace(PR, effect="A new logo.")) == "no line was counted; author: “A new logo.”"


def test_many_flips_are_counted() -> None:
    """A cell stays a cell: four kinds of moves are told, the others are counted."""
    flips = tuple(_flip(n, f"S{n}", "DISCHARGED") for n in range(9))

    told = tell(replace(PR, flips=flips, lines=LINES)).split("; ")

    assert len(told) == MOVES + 2
    assert told[MOVES] == "5 more kinds of flips"
