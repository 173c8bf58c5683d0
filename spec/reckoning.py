"""What is asked of the figures of a new section: that they follow from what moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contracts.group import moves
from contracts.progress import Tally
from contracts.rule import Fault, Rule
from spec.figure import TALLY, correct, gives_reason, last_figures, read_moves
from spec.sentence import clip
from spec.table import read_flips

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.model import Flip, Ladder
    from spec.document import Section
    from spec.figure import Figure, Move
    from spec.revision import Revision

_MANY = 60
"""From so many flips on, nobody asks which of them a tally may have left out."""
_WORDS = 300
"""How long the list of flips in a sentence may be, in characters."""


def _follows(revision: Revision) -> Iterator[Fault]:
    """The tally of a new section follows from the last one and from the statuses that moved since.

    What becomes partial adds one on the right, what becomes discharged moves one to the left. Only people decide which
    falsifiers enter the count: a tally that moves otherwise is a warning with the numbers by rule, and *because* behind
    it says that it is meant. It is an error where no choice among the flips in the section's own table makes the move.
    """
    told = read_told(revision)
    by_section: dict[int, list[Move]] = {}
    for one, move in told:
        by_section.setdefault(one.start, []).append(move)
    for section in revision.added:
        mine = by_section.get(section.start, [])
        flips = read_flips(revision.after, section, revision.ladder)
        if mine and flips is not None and not _is_choice(_step(mine), flips, revision.ladder):
            fault = _fault(revision, (section, mine[-1]), mine[0].before, flips, "in its own table")
            yield replace(fault, severity="error")
            return
    if told:
        yield from _by_rule(revision, told)


def read_told(revision: Revision) -> list[tuple[Section, Move]]:
    """Return the moves of the tally that new sections state, each with its section, and without those with a reason."""
    spec, reasoned = revision.after, dict[int, bool]()
    every = ((one, move) for one in revision.added for move in read_moves(spec, one.start, one.end))
    told = [(one, move, spec.lines.index(move.offset)) for one, move in every if move.name == TALLY and move.told]
    for _, move, index in told:
        if index not in reasoned:  # a line is looked at once, however many moves it tells
            reasoned[index] = gives_reason(spec, move)
    return [(section, move) for section, move, index in told if not reasoned[index]]


def _step(told: Sequence[Move]) -> tuple[int, int]:
    """Return how far moves lead in all: discharged, partial."""
    start, end = told[0].before, told[-1].after
    assert isinstance(start, Tally)
    assert isinstance(end, Tally)
    return end.discharged - start.discharged, end.partial - start.partial


def _is_choice(step: tuple[int, int], flips: Sequence[Flip], ladder: Ladder) -> bool:
    """Return whether some of the flips make that step, none and all included."""
    if len(flips) > _MANY:
        return True
    reached = {(0, 0)}
    for flip in flips:
        one = Tally(0, 0).advance((flip,), ladder)
        reached |= {(left + one.discharged, right + one.partial) for left, right in reached}
    return step in reached


def _by_rule(revision: Revision, told: Sequence[tuple[Section, Move]]) -> Iterator[Fault]:
    """Yield the last tally that is told, if neither the record nor the sections' own tables lead there."""
    first, last = told[0][1].before, told[-1][1].after
    tables = [read_flips(revision.after, section, revision.ladder) for section in dict(told)]
    told_of = None if None in tables else tuple(flip for flips in tables for flip in flips or ())
    flips = told_of if revision.flips is None else revision.flips
    if flips is None or not isinstance(first, Tally) or revision.chain is None or first != revision.chain.tally:
        return  # a tally that starts elsewhere is a finding of its own
    right = [first.advance(some, revision.ladder) for some in (revision.flips, told_of) if some is not None]
    followed = revision.followed.tally if revision.followed else None
    right += [followed.advance(revision.own, revision.ladder)] if followed else []
    if last not in right:
        where = "in its own table" if revision.flips is None else "of the recorded contracts"
        yield _fault(revision, told[-1], first, flips, where)


def _fault(revision: Revision, told: tuple[Section, Move], first: Figure, flips: Sequence[Flip], where: str) -> Fault:
    """Return the fault at a statement of the tally, with the numbers by rule, and its line as it should be."""
    assert isinstance(first, Tally)
    section, move = told
    right = first.advance(flips, revision.ladder)
    listed = clip("; ".join(moves(flips)), _WORDS) or "none moved"
    ends = f"§{section.number} ends at tally {move.write(move.after)}, and the flips {where} make"
    words = f"{ends} {move.write(first)} → {move.write(right)}: {listed}"
    moved = move.before != move.after and min(right.discharged, right.partial) >= 0
    suggestion = correct(revision.after, move, move.before, right) if moved else ""
    return Fault(revision.after.place(move.offset), words, suggestion)


def _computed(revision: Revision) -> Iterator[Fault]:
    """A ship percentage that is computed by weights is the one that the statuses make.

    Where `models` gives a model weights, nobody declares its percentage: it follows from the statuses of its contracts.
    """
    shares = dict(revision.computed)
    newest = revision.added[-1] if revision.added else None
    for name, move in last_figures(revision.after, newest.start, newest.end).items() if newest and shares else ():
        share = shares.get(name)
        if share and move.after != share.percent:
            words = f"{name} is stated at {move.write(move.after)}, and by their weights its statuses make"
            told = (move.before, share.percent) if move.before != move.after else (share.percent,)
            place = revision.after.place(move.offset)
            yield Fault(place, f"{words} {share.percent:g}%: {share.words}", correct(revision.after, move, *told))


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/tally-follows", "warning", _follows),
    Rule("spec/ship-computed", "warning", _computed),
)
