"""What becomes of the levers of the last section: closed or carried over; and which new ones are proposed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median_low
from typing import TYPE_CHECKING

from app.glob import matches
from contracts.group import UNBOUND, group
from contracts.model import FalsifierId
from spec.landed import levers
from spec.lines import measure
from spec.model import Closed, Lever
from spec.pickup import closes, find, is_closed, names, narrow, read_closed
from spec.sentence import clip
from spec.why import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.window import Landing, Window
    from contracts.model import Contract, Falsifier, Ladder
    from spec.document import Spec
    from spec.pickup import Left

LETTERS = 26
"""As many levers as there are letters; those that are carried over come before all others."""
PROPOSED = 3
"""Up to so many levers in all, new ones are proposed."""
IDS = 8
"""How many falsifiers one proposal names."""
RULE_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Scope:
    """Which contracts speak of which model, and what is known of falsifiers beside what moved.

    *suspects* are (id, what is wrong): discharged promises that are stale. *standing* are recorded contracts as they
    are at the end of the window, known only where none of them moved in it.
    """

    models: tuple[tuple[str, tuple[str, ...]], ...] = ()
    suspects: tuple[tuple[str, str], ...] = ()
    standing: tuple[Contract, ...] = ()


def decide(window: Window, spec: Spec, ladder: Ladder, scope: Scope) -> tuple[tuple[Lever, ...], tuple[Closed, ...]]:
    """Return what to pick up next, and what of the last section is done.

    What landed bodies name comes first, then what is carried over; where these are few, new levers are proposed.
    """
    left = find(spec)
    told = [(change, _read_closed(change), _raised(change, ladder)) for change in window.changes] if left else []
    done = {one.where: closed for one in left if (closed := _close(one, told))}
    risen = _find_risen(window.changes, ladder)
    carried = [narrow(replace(one.lever, source=one.origin), risen) for one in left if one.where not in done]
    known = {one.lever.name.casefold() for one in left}
    named = [lever for lever in _name(window.changes, ladder) if lever.name.casefold() not in known]
    open_ = [*named[: LETTERS - len(carried)], *carried]
    room = max(0, PROPOSED - len(open_))
    taken = {id_ for lever in open_ for id_ in names(lever)}
    return (*open_, *list(_propose(window.changes, ladder, scope, taken))[:room]), tuple(done.values())


def _read_closed(change: Landing) -> frozenset[tuple[str, str]]:
    return read_closed(change.landed.title, change.message.partition("\n")[2])


def _close(left: Left, told: Iterable[tuple[Landing, frozenset[tuple[str, str]], set[str]]]) -> Closed | None:
    """Return by which change a lever is closed: it says so, or it raised the last of what the lever names."""
    raised: set[str] = set()
    for change, places, more in told:
        raised |= more
        if is_closed(left, places):
            return Closed(left.where, left.lever.name, change.source, "as it says itself")
        if closes(left.lever, raised):
            return Closed(left.where, left.lever.name, change.source, "what it names was raised")
    return None


def _raised(change: Landing, ladder: Ladder) -> set[str]:
    """Return the falsifiers that a change raised on the ladder, without `FALSIFY-`."""
    return {f.falsifier.short for f in change.landed.flips if ladder.rank(f.after) > ladder.rank(f.before)}


def _find_risen(changes: Iterable[Landing], ladder: Ladder) -> set[str]:
    """Return the falsifiers that stand higher after all changes than before them, without `FALSIFY-`."""
    flips = [flip for change in changes for flip in change.landed.flips]
    last = {flip.falsifier.short: flip.after for flip in flips}
    first = {flip.falsifier.short: flip.before for flip in reversed(flips)}
    return {id_ for id_, after in last.items() if ladder.rank(after) > ladder.rank(first[id_])}


def _name(changes: Sequence[Landing], ladder: Ladder) -> Iterable[Lever]:
    """Return what landed bodies name to pick up, the newest first, without what was raised since."""
    found: dict[str, Lever] = {}
    raised: set[str] = set()
    for change in reversed(changes):
        for lever in levers(change.message):
            if not closes(lever, raised):
                found.setdefault(lever.name.casefold(), replace(lever, source=""))
        raised |= _raised(change, ladder)
    return found.values()


def _propose(changes: Sequence[Landing], ladder: Ladder, scope: Scope, taken: set[str]) -> Iterator[Lever]:
    """Yield new levers: what is partial in the contracts that moved, what unblocks most first; then the suspects.

    Where none moved, what is partial in those that are recorded.
    """
    contracts = {contract.path: contract for contract in scope.standing}
    contracts |= {m.contracts[1].path: m.contracts[1] for one in changes for m in one.moves if m.contracts[1]}
    groups = [
        (contract, status, free)
        for contract in contracts.values()
        for status in ladder.partial
        for stem in dict.fromkeys(f.id.stem for f in contract.at([status]))
        if (free := [f for f in contract.at([status]) if f.id.stem == stem and f.id.short not in taken])
    ]
    for contract, status, free in sorted(groups, key=lambda one: (-len(one[2]), -ladder.rank(one[1]), one[0].path)):
        yield _promote(contract, status, free, changes, (ladder.discharged[-1], scope))
    yield from (Lever(id_, wrong) for id_, wrong in scope.suspects if FalsifierId(id_).short not in taken)


def _promote(
    contract: Contract, status: str, free: Sequence[Falsifier], changes: Sequence[Landing], aim: tuple[str, Scope]
) -> Lever:
    """Return the lever that would promote falsifiers of one stem and status, with all that is known of its size."""
    target, scope = aim
    some = free[:IDS]
    of = f" (of {len(free)} there)" if len(free) > len(some) else ""
    gain = f"would promote {count(len(some), 'falsifier')}{of} of `{contract.name}` {status or UNBOUND} → {target}"
    rule = [clip(free[0].rule, RULE_LIMIT)] if len(free) == 1 and free[0].rule else []
    told = [gain, *_models(contract.path, scope), *_bound(contract.path, changes), *rule]
    return Lever(group(f.id.text for f in some), "; ".join(told))


def _models(path: str, scope: Scope) -> list[str]:
    models = [model for model, globs in scope.models if globs and matches(path, globs)]
    return [f"for {', '.join(models)}"] if models else []


def _bound(path: str, changes: Sequence[Landing]) -> list[str]:
    """Return how large such a change is, where discharges of that contract landed; nothing is made up elsewhere."""
    sizes = [
        one.landed.lines.total
        for one in changes
        if one.landed.smoke and any(m.contracts[1] and m.contracts[1].path == path for m in one.moves)
    ]
    if not sizes or not median_low(sizes):
        return []
    of = f"the median of {len(sizes)} discharges" if len(sizes) > 1 else "as the one discharge"
    return [f"{measure(median_low(sizes))}, {of} that landed there"]
