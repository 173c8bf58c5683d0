"""A contract before and after a change: the scene that the rules about contracts look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contracts.model import Ladder
from contracts.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contracts.document import Document
    from contracts.model import Version
    from contracts.node import Path
    from contracts.promise import Site, Spot


@dataclass(frozen=True, slots=True)
class Revision:
    """A contract *after* a change, and *before* it: None where it is new, or where it is looked at as it stands."""

    before: Document | None
    after: Document
    policy: Policy = field(default_factory=Policy)
    ladder: Ladder = field(default_factory=Ladder)

    @property
    def discharged(self) -> Iterator[tuple[Site | None, Site]]:
        """The falsifiers that the change discharges, each with where it stood before; none in a new contract."""
        reached = self.ladder.discharged
        for was, site in self._matched:
            if site.falsifier.status in reached and (was is None or was.falsifier.status not in reached):
                yield was, site

    @property
    def pairs(self) -> Iterator[tuple[Site, Site]]:
        """The falsifiers that stand on both sides, as (before, after), in the order of the text after the change."""
        yield from ((was, site) for was, site in self._matched if was is not None)

    @property
    def _matched(self) -> Iterator[tuple[Site | None, Site]]:
        """Every falsifier after the change, with itself before it; of a doubled id the first with the first."""
        if self.before is not None:
            known = dict(_count(self.before.sites))
            yield from ((known.get(key), site) for key, site in _count(self.after.sites))


def _count(sites: Iterable[Site]) -> Iterator[tuple[tuple[str, int], Site]]:
    """Yield falsifiers under their id, and how often it stood before them."""
    seen: Counter[str] = Counter()
    for site in sites:
        id_ = site.falsifier.id.text
        yield (id_, seen[id_]), site
        seen[id_] += 1


LONGEST = 10_000
"""How many characters a line may have on either side of what is corrected in it."""


def rewrite(document: Document, start: int, end: int, written: str) -> str:
    """Return the line of the text from *start* to *end* with *written* in its place.

    It is empty where that text is broken over lines, or where the line is too long to be shown.
    """
    text = document.text
    low, high = max(0, start - LONGEST), min(len(text), end + LONGEST)
    first, last = text.rfind("\n", low, start) + 1, text.find("\n", end, high)
    if "\n" in text[start:end] or (first == 0 and low > 0) or (last < 0 and high < len(text)):
        return ""
    return text[first:start] + written + text[end : high if last < 0 else last].rstrip("\r")


def correct(document: Document, path: Path, version: Version) -> str:
    """Return the line of the version at *path* with *version* in it, empty where the version stands on no line."""
    spot = next((spot for spot in document.versions if spot.path == path), None)
    return replace(document, spot, str(version)) if spot else ""


def replace(document: Document, spot: Spot, value: str) -> str:
    """Return the line of a scalar with *value* as its text, in the same quotes; empty where it stands on no line."""
    start, end = spot.node.start, spot.node.end
    if spot.value is None or spot.value not in document.text[start:end]:
        return ""
    return rewrite(document, start, end, document.text[start:end].replace(spot.value, value, 1))
