"""Tally and percentages as a spec states them: each move of a figure, with its place."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from contracts.progress import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.progress import ShipStated, TallyStated
    from spec.document import Spec

_SUM = re.compile(r"[0-9]{1,6}[ \t]{0,3}\+[ \t]{0,3}[0-9]{1,6}")
_POINTS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")
_NEAR = 60  # how far behind a figure `unchanged` still speaks of it, in characters
_S = TypeVar("_S", "TallyStated", "ShipStated")
TALLY = "tally"
"""The name of the tally among the figures; the others are models."""
Figure = Tally | float


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that a text moves, from *before* to *after*; *start* is where its first number may stand.

    *told* says whether the text tells a move: a bare figure does not, and moves to itself. *reason* is what stands
    behind a percentage.
    """

    name: str
    before: Figure
    after: Figure
    offset: int
    start: int
    told: bool
    spaced: bool = False
    reason: str = ""

    @property
    def title(self) -> str:
        """How a sentence names it."""
        return "the tally" if self.name == TALLY else self.name

    @property
    def key(self) -> tuple[str, Figure, Figure]:
        """What is stated, wherever."""
        return self.name, self.before, self.after

    def write(self, figure: Figure) -> str:
        """Return a figure as this one is written."""
        return figure.write(spaced=self.spaced) if isinstance(figure, Tally) else f"{figure:g}%"

    def right(self, last: Figure) -> Figure:
        """Return where a move as large as this one leads from *last*."""
        if isinstance(last, Tally):
            assert isinstance(self.before, Tally)
            assert isinstance(self.after, Tally)
            left = last.discharged + self.after.discharged - self.before.discharged
            return Tally(max(0, left), max(0, last.partial + self.after.partial - self.before.partial))
        assert not isinstance(self.before, Tally)
        assert not isinstance(self.after, Tally)
        return min(100.0, max(0.0, last + self.after - self.before))


def read_moves(spec: Spec, start: int, end: int) -> Iterator[Move]:
    """Yield the figures that the text between two offsets states: tallies, then percentages."""
    for tally in _within(spec.tallies, start, end):
        told = tally.before is not None or _unchanged(spec, tally)
        offset = tally.offset
        yield Move(TALLY, tally.before or tally.after, tally.after, offset, offset, told, tally.spaced)
    for ship in _within(spec.ships, start, end):
        told = ship.before is not None or _unchanged(spec, ship)
        before, first = ship.after if ship.before is None else ship.before, ship.offset + len(ship.model)
        yield Move(ship.model, before, ship.after, ship.offset, first, told, reason=ship.reason)


def last_figures(spec: Spec, start: int, end: int) -> dict[str, Move]:
    """Return the last statement of each figure between two offsets."""
    return {move.name: move for move in read_moves(spec, start, end)}


def gives_reason(spec: Spec, move: Move) -> bool:
    """Return whether the line of a move says why it is as it is."""
    return "because" in spec.lines.line(spec.lines.index(move.offset)).lower()


def _within(stated: Sequence[_S], start: int, end: int) -> Sequence[_S]:
    offset = attrgetter("offset")
    return stated[bisect_left(stated, start, key=offset) : bisect_left(stated, end, key=offset)]


def _unchanged(spec: Spec, stated: TallyStated | ShipStated) -> bool:
    line = spec.text[stated.offset : stated.offset + _NEAR].splitlines()[0]
    return "unchanged" in line


def correct(spec: Spec, move: Move, *figures: Figure) -> str:
    """Return the line of a move with its next numbers replaced by *figures*."""
    index = spec.lines.index(move.start)
    line, column = spec.lines.line(index), move.start - spec.lines.offset(index)
    pattern = _SUM if move.name == TALLY else _POINTS
    parts, done = [], 0
    for found, figure in zip(pattern.finditer(line, column), figures, strict=False):
        parts += [line[done : found.start()], move.write(figure).rstrip("%")]
        done = found.end()
    return "".join((*parts, line[done:]))
