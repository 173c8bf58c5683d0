"""One move of a figure that two sections claim: only one of them can have made it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Section, Spec


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
    sections = sorted(spec.sections, key=attrgetter("number"))
    told = [(section, _moves(spec, section)) for section in sections]
    figures = dict.fromkeys(name for _, moves in told for name in moves)
    return tuple(
        Claim(later.number, f"{_name(later)} moves {name} {words}, as {_name(earlier)} did already", offset)
        for name in figures
        for (earlier, old), (later, new) in pairwise((s, moves[name]) for s, moves in told if name in moves)
        for words, offset in [new]
        if old[0] == words and "→" in words
    )


def _name(section: Section) -> str:
    return f"§{section.number}" if section.sign else f"section {section.number}"


def _moves(spec: Spec, section: Section) -> dict[str, tuple[str, int]]:
    """Return what a section states last of each figure, as (`87% → 88%`, offset)."""
    return {name: (words, offset) for name, words, offset in _stated(spec, section)}


def _stated(spec: Spec, section: Section) -> Iterator[tuple[str, str, int]]:
    for ship in spec.ships:
        if section.start <= ship.offset < section.end:
            moved = ship.before is not None and ship.before != ship.after
            yield ship.model, f"{ship.before:g}% → {ship.after:g}%" if moved else f"at {ship.after:g}%", ship.offset
    for tally in spec.tallies:
        if section.start <= tally.offset < section.end:
            before, after = tally.before, tally.after
            moved = before is not None and before != after
            words = f"{before.write()} → {after.write()}" if before and moved else after.write()
            yield "the tally", words, tally.offset
