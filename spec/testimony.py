"""What is asked of the rows of a new section: that the recorded contracts made the moves that they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.group import moves
from contracts.rule import Fault, Rule
from spec.table import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contracts.model import Flip
    from spec.document import Section
    from spec.revision import Revision

Trace = list[str | None]
"""The statuses that one falsifier of one contract had since the section before, the first one first."""
Told = tuple["Section", int, "Flip"]
"""A section, the offset of a row in it, and what the row says of one falsifier."""


def _unmade(revision: Revision) -> Iterator[Fault]:
    """A section tells no move of a status that no contract made.

    Each row of a table of flips is compared with what git knows: the falsifier's last row must end at the status that
    its recorded contract states now, and the move must be one that was made since the section before. A move that
    was made before that is a warning, and an error where an older section tells it already: told twice, it counts
    twice. Nothing is said of falsifiers that stand in no recorded contract, and nothing where the history is not at
    hand.
    """
    told = [(one, *row) for one in revision.added for row in read_rows(revision.after, one, revision.ladder)]
    if revision.flips is None or revision.statuses is None or not told:
        return
    traces = _trace(revision.flips)
    last = {flip.falsifier.text: n for n, (_, _, flip) in enumerate(told)}
    faults: dict[int, tuple[Told, str]] = {}
    for n, (section, start, flip) in enumerate(told):
        id_ = flip.falsifier.text
        if id_ not in revision.statuses and id_ not in traces:
            continue
        reached = revision.statuses.get(id_, frozenset({None}))
        if last[id_] != n:
            reached |= {status for trace in traces.get(id_, ()) for status in trace}
        if flip.after not in reached:
            named = " or ".join(sorted(status or "unbound" for status in reached))
            faults.setdefault(start, ((section, start, flip), f"and its recorded contract states {named}"))
        elif not _is_made(flip, traces.get(id_, ())):
            faults.setdefault(start, ((section, start, flip), ""))
    yield from _state(revision, faults)


def _trace(flips: Sequence[Flip]) -> Mapping[str, list[Trace]]:
    """Return the traces of each id, one for each contract that moved it; *flips* are in the order of landing."""
    found: dict[tuple[str, str], Trace] = {}
    for flip in flips:
        trace = found.setdefault((flip.falsifier.text, flip.contract), [flip.before])
        trace += [flip.after] if trace[-1] == flip.before else [flip.before, flip.after]
    traces: dict[str, list[Trace]] = {}
    for (id_, _), trace in found.items():
        traces.setdefault(id_, []).append(trace)
    return traces


def _is_made(flip: Flip, traces: Sequence[Trace]) -> bool:
    """Return whether some falsifier of that id had the one status and later the other, or the row tells no move."""
    return flip.before == flip.after or any(
        flip.before in trace and flip.after in trace[trace.index(flip.before) + 1 :] for trace in traces
    )


def _state(revision: Revision, faults: Mapping[int, tuple[Told, str]]) -> Iterator[Fault]:
    """Yield one fault for each row; older sections are read only where a row's move is not of this stretch."""
    older: dict[tuple[str, str | None], int] = {}
    if revision.before and not all(words for _, words in faults.values()):
        for section in revision.before.sections:
            for _, flip in read_rows(revision.before, section, revision.ladder):
                if flip.before != flip.after:
                    older[flip.falsifier.text, flip.after] = section.number
    for (section, start, flip), words in faults.values():
        number = older.get((flip.falsifier.text, flip.after))
        more = f", which §{number} tells already" if number else ""
        said = words or f"and no recorded contract made that move since the section before{more}"
        message = f"§{section.number} tells {moves([flip])[0]}, {said}"
        yield Fault(revision.after.place(start), message, severity=None if words or number else "warning")


RULES: tuple[Rule[Revision], ...] = (Rule("spec/flip-unmade", "error", _unmade),)
