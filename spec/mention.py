"""Which pull requests a section names: in its heading, its tables, its words, or in its banner."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Spec

_NAMED = re.compile(r"(?:#|/pull/)(\d{1,9})(?:\s?(?:-|–|—|\.{2,3}|…|to)\s?#(\d{1,9}))?")
SPAN = 1000
"""The longest range such as `#1438-#1440` that is taken for one."""
RANGED = 100_000
"""How many pull requests of one text may be named by ranges; behind that, a range names its ends."""


def read(text: str) -> frozenset[int]:
    """Return the pull requests that a text names: `#1438`, `…/pull/1438`, and all of `#1438-#1440`."""
    return frozenset(number for number, _ in _read(text))


def _read(text: str) -> Iterator[tuple[int, int]]:
    """Yield (pull request, offset)."""
    room = RANGED
    for found in _NAMED.finditer(text):
        first = int(found[1])
        last = int(found[2]) if found[2] else first
        ranged = first <= last < first + min(SPAN, room)
        room -= last - first if ranged else 0
        yield from ((number, found.start()) for number in (range(first, last + 1) if ranged else (first, last)))


def find(spec: Spec) -> dict[int, int]:
    """Return for each pull request that is named the highest section that names it, in its words or its banner."""
    parts = [(section.number, section.start, section.end) for section in spec.sections]
    parts += [(banner.number, banner.start, banner.end) for banner in spec.banners]
    parts.sort(key=itemgetter(1))
    named: dict[int, int] = {}
    for pull, offset in _read(spec.text):
        index = bisect_right(parts, offset, key=itemgetter(1)) - 1
        if index >= 0 and offset < parts[index][2]:
            named[pull] = max(parts[index][0], named.get(pull, 0))
    return named
