"""The history that a contract keeps of itself: where it stands, and what its entries say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from contracts.error import Unreadable
from contracts.model import Version
from contracts.node import Mapping, Node, Path, Scalar, Sequence, find, walk, words

PLACES: tuple[Path, ...] = (("metadata", "changelog"), ("changelog",), ("status_history",))
"""Where a history may stand; the first that is there counts."""

_LEADING = re.compile(r"\s*v?(?P<version>[0-9]{1,9}(?:\.[0-9]{1,9}){1,2}(?:[-+][0-9A-Za-z.\-]{1,40})?)(?![\w.])")
_STATED = re.compile(r"\bv?(?P<version>[0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?(?:-[0-9A-Za-z.]{1,40})?)(?![\w.])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the version that it is about (None where it names none), and its node."""

    version: str | None
    node: Node

    @property
    def text(self) -> str:
        """The whole text; of a mapping, the texts of its values, a line each."""
        return "\n".join(words(node) for _, node in walk(self.node) if isinstance(node, Scalar))

    @property
    def number(self) -> Version | None:
        """The version as a value, or None."""
        return number(self.version)


@dataclass(frozen=True, slots=True)
class Changelog:
    """The list of entries in the order of the text, and the path to it."""

    path: Path
    node: Node
    entries: tuple[Entry, ...]

    @property
    def newest(self) -> int | None:
        """The index of the entry with the highest version, or None where no entry names one."""
        ranked = [(entry.number, index) for index, entry in enumerate(self.entries) if entry.number]
        return max(ranked, key=lambda pair: (pair[0].numbers, -pair[1]))[1] if ranked else None

    @property
    def newest_first(self) -> bool:
        """Whether the entries run from the newest to the oldest; so taken where they do not show it."""
        found = [entry.number.numbers for entry in self.entries if entry.number]
        steps = [(a > b) - (a < b) for a, b in pairwise(found)]
        return sum(steps) >= 0


def number(text: str | None) -> Version | None:
    """Return *text* as a version, or None where it is none."""
    try:
        return Version.parse(text) if text else None
    except Unreadable:
        return None


def read(root: Mapping) -> Changelog | None:
    """Return the history of a contract: a list, or an empty place for one; None where there is none."""
    for path in PLACES:
        node = find(root, path)
        if isinstance(node, Sequence):
            return Changelog(path, node, tuple(_entry(item) for item in node.items))
        if isinstance(node, Scalar) and node.value is None:
            return Changelog(path, node, ())
    return None


def _entry(item: Node) -> Entry:
    if isinstance(item, Mapping):
        return Entry(_stated(item), item)
    found = _LEADING.match(words(item))
    return Entry(found["version"] if found else None, item)


def _stated(item: Mapping) -> str | None:
    """Return the version that a mapping is about: the one that it leads to."""
    for key in ("to", "version", "version_after"):
        found = _STATED.search(words(item.get(key)))
        if found is not None:
            return found["version"]
    return None
