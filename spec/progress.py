"""What is asked of the figures of a new section: that each starts where the last one ended, and why it moved."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contracts.rule import Fault, Rule
from spec.figure import TALLY, correct, gives_reason, last_figures, read_moves
from spec.why import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.progress import Chain
    from spec.document import Section, Spec
    from spec.figure import Figure, Move
    from spec.revision import Revision

_FULL = 100.0
LIMIT = 10
"""How many moves of one line are told: each has the whole line as it should be, and its sentence would be the same."""


def _tally(revision: Revision) -> Iterator[Fault]:
    """A section moves the tally from where it was stated last.

    Last stated is what the section before says, and what changelogs and landed messages have said since. A move that
    starts elsewhere loses or invents falsifiers.
    """
    yield from _broken(revision, tally=True)


def _ship(revision: Revision) -> Iterator[Fault]:
    """A section moves the ship percentage of a model from where it was stated last.

    Two amendments that were written at the same time may both claim 87% → 88%. The second one then starts at 88%.
    """
    yield from _broken(revision, tally=False)


def _broken(revision: Revision, *, tally: bool) -> Iterator[Fault]:
    """Follow the figures through the sections that are new or that state others than before, the lowest first."""
    chain = revision.chain
    if chain is None or revision.before is None:
        return
    spec, last = revision.after, start(chain)
    for section in revision.added:
        moves = [move for move in read_moves(spec, section.start, section.end) if move.told]
        yield from _follow(spec, section, [move for move in moves if (move.name == TALLY) is tally], last)
    for section in spec.sections:
        was = revision.old.get(section.number)
        if was is not None:
            stated = [move for move in read_moves(revision.before, was.start, was.end) if move.told]
            known = {move.key for move in stated}
            moves = [move for move in read_moves(spec, section.start, section.end) if move.told]
            new = [move for move in moves if (move.name == TALLY) is tally and move.key not in known]
            yield from _follow(spec, section, new, {move.name: move.before for move in reversed(stated)})


def start(chain: Chain) -> dict[str, Figure]:
    """Return every figure of a chain by its name."""
    return {**dict(chain.ships), **({TALLY: chain.tally} if chain.tally else {})}


def _follow(spec: Spec, section: Section, moves: Sequence[Move], last: dict[str, Figure]) -> Iterator[Fault]:
    """Follow *moves* from *last*, which moves with them; yield those that start elsewhere."""
    seen = set(last.items())
    righted: dict[tuple[str, Figure, Figure], Figure] = {}
    told: Counter[int] = Counter()
    for move in moves:
        known = last.setdefault(move.name, move.before)
        seen.add((move.name, known))
        if move.after == known and (move.name, move.before) in seen:
            continue  # said again, or moves summed up
        if move.before == known:
            last[move.name] = move.after
            continue
        first = righted.setdefault(move.key, known)
        last[move.name] = move.right(first)
        index = spec.lines.index(move.start)
        told[index] += 1
        if told[index] <= LIMIT:
            yield _corrected(spec, section, move, first)


def _corrected(spec: Spec, section: Section, move: Move, last: Figure) -> Fault:
    right = move.right(last)
    same = move.before == move.after
    text = move.write(last) if same else f"{move.write(last)} → {move.write(right)}"
    says = f"leaves {move.title} at" if same else f"moves {move.title} from"
    words = f"§{section.number} {says} {move.write(move.before)}, but {move.write(last)} was stated last; write {text}"
    return Fault(spec.place(move.offset), words, correct(spec, move, *((last,) if same else (last, right))))


def _reasons(revision: Revision) -> Iterator[Fault]:
    """A section that moves a percentage says why.

    Ship percentages are a person's judgement. The reason stands behind the figure, in brackets or after a dash, and
    is what a later reader has to go by. Nobody is held up for it.
    """
    for section in revision.added:
        moves = [m for m in read_moves(revision.after, section.start, section.end) if m.name != TALLY]
        given = {move.name for move in moves if move.reason and not move.reason.lstrip("_*").startswith(OPEN)}
        last = {move.name: move for move in moves if move.before != move.after and move.name not in given}
        for move in last.values():
            words = f"§{section.number} moves {move.name} from {move.write(move.before)} to {move.write(move.after)}"
            yield Fault(revision.after.place(move.offset), f"{words} and gives no reason")


def _range(revision: Revision) -> Iterator[Fault]:
    """A ship percentage lies between 0 and 100.

    Only moves are looked at (`87% → 88%`): other numbers beside a model's name may mean something else.
    """
    for ship in revision.after.ships:
        if ship.before is not None and max(ship.before, ship.after) > _FULL:
            words = f"{ship.model} cannot move from {ship.before:g}% to {ship.after:g}%: a percentage ends at 100"
            yield Fault(revision.after.place(ship.offset), words)


def _restated(revision: Revision) -> Iterator[Fault]:
    """What a section that stood before ends at stays as it was told.

    What moved since is told by a later section. One that was wrong is righted there, or here with *because* on the line
    that tells the figure.
    """
    for section in revision.after.sections if revision.before else ():
        was = revision.old.get(section.number)
        if revision.before is None or was is None:
            continue
        ended = last_figures(revision.before, was.start, was.end)
        for name, move in last_figures(revision.after, section.start, section.end).items():
            known = ended.get(name, move).after
            if known != move.after and not gives_reason(revision.after, move):
                words = f"§{section.number} ended at {move.title} {move.write(known)}, and this change makes that"
                figures = (move.before, known) if move.told and move.before != move.after else (known,)
                suggestion = correct(revision.after, move, *figures)
                yield Fault(revision.after.place(move.offset), f"{words} {move.write(move.after)}", suggestion)


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/figure-restated", "warning", _restated),
    Rule("spec/tally-chain", "error", _tally),
    Rule("spec/ship-chain", "error", _ship),
    Rule("spec/ship-reason", "notice", _reasons),
    Rule("spec/ship-range", "error", _range, standing=True),
)
