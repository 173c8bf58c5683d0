"""A spec before and after a change: the scene that the rules about specs look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from contracts.model import Ladder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.model import Flip
    from contracts.progress import Chain, Share
    from spec.document import Section, Spec


@dataclass(frozen=True)
class Revision:
    """A spec *after* a change, and *before* it: None where it is new, or where it is looked at as it stands.

    *known* is what the record says before the new sections, where more than the spec tells it (changelogs and landed
    messages); by default `before.chain()`. *landed* are the pull requests that the default branch has merged, *flips*
    every status that moved since the section before, *followed* what the record makes of the figures by the base: each
    None where nobody has looked. *own* are the flips that the change itself makes, part of *flips*. *computed* are the
    percentages that follow from statuses by weights. *home* is `owner/name` of the repository, empty if not known.
    *statuses* are those of every falsifier of the recorded contracts after the change, by its id.
    """

    before: Spec | None
    after: Spec
    known: Chain | None = None
    landed: frozenset[int] | None = None
    flips: tuple[Flip, ...] | None = None
    own: tuple[Flip, ...] = ()
    followed: Chain | None = None
    computed: tuple[tuple[str, Share], ...] = ()
    ladder: Ladder = field(default_factory=Ladder)
    home: str = ""
    statuses: Mapping[str, frozenset[str | None]] | None = None

    @cached_property
    def old(self) -> dict[int, Section]:
        """The sections before the change by number, the first of each."""
        return {section.number: section for section in reversed(self.before.sections)} if self.before else {}

    @cached_property
    def added(self) -> tuple[Section, ...]:
        """The sections that the change adds to a spec that was there, the lowest number first."""
        new = (section for section in self.after.sections if section.number not in self.old)
        return tuple(sorted(new, key=attrgetter("number"))) if self.before else ()

    @cached_property
    def chain(self) -> Chain | None:
        """What the record says before the new sections; None where nothing stood before."""
        return self.known or (self.before.chain() if self.before else None)
