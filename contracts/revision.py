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
    from contracts.promise import Site


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
