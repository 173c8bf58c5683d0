"""A contract before and after a change: the scene that the rules about contracts look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contracts.model import Ladder
from contracts.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.model import Falsifier, Version
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
    def discharged(self) -> Iterator[tuple[Falsifier | None, Site]]:
        """The falsifiers that the change discharges, each with what it was before; none in a new contract."""
        if self.before is None:
            return
        known = {site.falsifier.id.text: site.falsifier for site in reversed(self.before.sites)}
        for site in self.after.sites:
            was = known.get(site.falsifier.id.text)
            reached = self.ladder.discharged
            if site.falsifier.status in reached and (was is None or was.status not in reached):
                yield was, site

    @property
    def pairs(self) -> Iterator[tuple[Site, Site]]:
        """The falsifiers that stand on both sides, as (before, after), in the order of the text after the change."""
        known = {site.falsifier.id.text: site for site in reversed(self.before.sites)} if self.before else {}
        seen: Counter[str] = Counter()
        for site in self.after.sites:
            id_ = site.falsifier.id.text
            seen[id_] += 1
            if id_ in known and seen[id_] == 1:
                yield known[id_], site


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
