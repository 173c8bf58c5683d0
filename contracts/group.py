"""Many falsifiers in few words: ids of one stem share it, flips of one kind share a phrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.model import FalsifierId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.model import Flip

UNBOUND = "unbound"
"""How people write that a falsifier has no status yet."""

Move = tuple[str, str | None, str | None]
"""An id, the status it had, and the status it has."""


def group(ids: Iterable[str]) -> str:
    """Return ids with each stem once, numbers ascending: `FALSIFY-CPU-GPU-001/002, FALSIFY-TOK-001`."""
    stems: dict[str, list[str]] = {}
    for id_ in dict.fromkeys(ids):
        name = FalsifierId(id_)
        stems.setdefault(name.stem, []).append(name.number)
    return ", ".join(_one(stem, numbers) for stem, numbers in stems.items())


def _one(stem: str, numbers: list[str]) -> str:
    if not stem:
        return ", ".join(numbers)
    ordered = sorted(numbers, key=int) if all(number.isdecimal() for number in numbers) else numbers
    return f"{stem}-{'/'.join(ordered)}"


def moves(flips: Iterable[Flip]) -> tuple[str, ...]:
    """Return one phrase for each kind of move: `FALSIFY-X-001/002 FUNCTIONAL → DISCHARGED`."""
    return phrase((flip.falsifier.text, flip.before, flip.after) for flip in flips)


def phrase(moved: Iterable[Move]) -> tuple[str, ...]:
    """Return the same for moves that are no flips of one contract."""
    kinds: dict[tuple[str | None, str | None], list[str]] = {}
    for id_, before, after in moved:
        kinds.setdefault((before, after), []).append(id_)
    return tuple(f"{group(ids)} {before or UNBOUND} → {after or UNBOUND}" for (before, after), ids in kinds.items())
