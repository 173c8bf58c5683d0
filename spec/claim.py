"""One move of a figure that two sections claim: only one of them can have made it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.progress import ShipStated, TallyStated
    from spec.document import Section, Spec


S = TypeVar("S", bound="ShipStated | TallyStated")


@dataclass(frozen=True, slots=True)
class Claim:
    """The section that claims a move again, and the sentence that says so; *offset* is where it states it."""

    number: int
    words: str
    offset: int


def find(spec: Spec) -> tuple[Claim, ...]:
    """Return every move of tally or percentage that a section states as the one before it that moved it did.

    What a section states last counts: it may tell earlier moves on its way there.
    """
    return tuple(_find(spec))


def _find(spec: Spec) -> Iterator[Claim]:
    """Go through the sections once, from the lowest number to the highest."""
    last: dict[str, tuple[str, Section]] = {}
    for section in sorted(spec.sections, key=attrgetter("number")):
        for name, (words, offset) in _moves(spec, section).items():
            old, earlier = last.get(name, ("", section))
            if old == words and "→" in words:
                told = f"{_name(section)} moves {name} {words}, as {_name(earlier)} did already"
                yield Claim(section.number, told, offset)
            last[name] = words, section


def _name(section: Section) -> str:
    return f"§{section.number}" if section.sign else f"section {section.number}"


def _moves(spec: Spec, section: Section) -> dict[str, tuple[str, int]]:
    """Return what a section states last of each figure, as (`87% → 88%`, offset)."""
    return {name: (words, offset) for name, words, offset in _stated(spec, section)}


def _stated(spec: Spec, section: Section) -> Iterator[tuple[str, str, int]]:
    for ship in _within(spec.ships, section):
        moved = ship.before is not None and ship.before != ship.after
        yield ship.model, f"{ship.before:g}% → {ship.after:g}%" if moved else f"at {ship.after:g}%", ship.offset
    for tally in _within(spec.tallies, section):
        before, after = tally.before, tally.after
        words = f"{before.write()} → {after.write()}" if before and before != after else after.write()
        yield "the tally", words, tally.offset


def _within(stated: Sequence[S], section: Section) -> Sequence[S]:
    """Return what a section states, out of what the whole spec states in its order."""
    first, end = (bisect_left(stated, at, key=attrgetter("offset")) for at in (section.start, section.end))
    return stated[first:end]
