"""Which pull requests a section names: in its heading, its tables, its words, or in its banner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Spec

_NAMED = re.compile(r"(?:#|/pull/)(\d{1,9})(?:\s?(?:-|–|—|\.{2,3}|…|to)\s?#(\d{1,9}))?")
SPAN = 1000
"""The longest range such as `#1438-#1440` that is taken for one."""


def read(text: str) -> frozenset[int]:
    """Return the pull requests that a text names: `#1438`, `…/pull/1438`, and all of `#1438-#1440`."""
    return frozenset(_read(text))


def _read(text: str) -> Iterator[int]:
    for found in _NAMED.finditer(text):
        first = int(found[1])
        last = int(found[2]) if found[2] else first
        yield from range(first, last + 1) if first <= last < first + SPAN else (first, last)


def find(spec: Spec) -> dict[int, frozenset[int]]:
    """Return for each section's number what it or any later one names."""
    named: dict[int, frozenset[int]] = {}
    for section in spec.sections:
        named[section.number] = named.get(section.number, frozenset()) | read(spec.text[section.start : section.end])
    for banner in spec.banners:
        named[banner.number] = named.get(banner.number, frozenset()) | read(spec.text[banner.start : banner.end])
    later: frozenset[int] = frozenset()
    for number in sorted(named, reverse=True):
        later = named[number] = named[number] | later
    return named
