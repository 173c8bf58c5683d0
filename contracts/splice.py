"""Patches: a piece of text to put in, and what that is meant to change in the values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from contracts.error import EditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contracts.node import Path


@dataclass(frozen=True, slots=True)
class Set:
    """The value at *path* becomes *value*."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Insert:
    """A new item stands at *index* of the list at *path*."""

    path: Path
    index: int
    value: Any


@dataclass(frozen=True, slots=True)
class Add:
    """A new key stands behind the key *after* (None: first) in the mapping at *path*."""

    path: Path
    after: str | None
    key: str
    value: Any


Intent = Set | Insert | Add


@dataclass(frozen=True, slots=True)
class Patch:
    """`text[start:end]` becomes *text*, which is meant to change the values by *intent* (None: by nothing)."""

    start: int
    end: int
    text: str
    intent: Intent | None = None

    @property
    def depth(self) -> int:
        """How deep the container of what is written stands."""
        return len(self.intent.path) if self.intent else 0


def order(patches: Iterable[Patch]) -> list[Patch]:
    """Return *patches* in the order of the text; at one place the deeper first, then as they came.

    Raises:
        EditError: two patches overlap.
    """
    ordered = sorted(patches, key=lambda patch: (patch.start, patch.end, -patch.depth))
    for one, two in pairwise(ordered):
        if two.start < one.end:
            what = f"two edits change the same text: {one.text.strip()[:60]!r} and {two.text.strip()[:60]!r}"
            raise EditError(what, mend="Make them one after the other")
    return ordered


def splice(text: str, ordered: list[Patch]) -> str:
    """Return *text* with the ordered patches put in; every other character stays."""
    pieces, at = [], 0
    for patch in ordered:
        pieces += [text[at : patch.start], patch.text]
        at = patch.end
    return "".join([*pieces, text[at:]])


def intend(data: Any, ordered: list[Patch]) -> Any:
    """Return the values that the patches mean to leave; *data* itself is not changed.

    The last patch is applied first, so that the indexes of the others stay right.
    """
    for patch in reversed(ordered):
        if patch.intent is not None:
            data = _apply(data, patch.intent)
    return data


def _apply(data: Any, intent: Intent) -> Any:
    if isinstance(intent, Set):
        return _within(data, intent.path, lambda _: intent.value)
    if isinstance(intent, Insert):
        return _within(data, intent.path, lambda old: [*old[: intent.index], intent.value, *old[intent.index :]])
    return _within(data, intent.path, lambda old: _add(old, intent))


def _add(old: dict[str, Any], intent: Add) -> dict[str, Any]:
    new = {} if intent.after else {intent.key: intent.value}
    for key, given in old.items():
        new[key] = given
        if key == intent.after:
            new[intent.key] = intent.value
    return new


def _within(data: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """Return *data* with the value at *path* changed, sharing all the rest."""
    if not path:
        return change(data)
    copy = data.copy()
    copy[path[0]] = _within(data[path[0]], path[1:], change)
    return copy
