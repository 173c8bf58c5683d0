"""What landed in one stretch of history, as values: pull requests, the contracts they moved, their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.document import Document
    from contracts.model import Contract
    from spec.model import Landed

OWN = "Spec-Amendment"
"""The trailer of our own amendments: they record what landed, and are never recorded themselves."""


@dataclass(frozen=True, slots=True)
class Move:
    """How one contract stood before and after one landed commit; None where it was none."""

    before: Document | None
    after: Document | None

    @property
    def contracts(self) -> tuple[Contract | None, Contract | None]:
        """The two sides as contracts."""
        return self.before.contract if self.before else None, self.after.contract if self.after else None

    @property
    def entries(self) -> tuple[str, ...]:
        """The changelog entries that are new, oldest first."""
        known = {text for _, text in self.before.changelog} if self.before else set()
        new = [text for _, text in self.after.changelog if text not in known] if self.after else []
        newest_first = self.after is not None and self.after.log is not None and self.after.log.newest_first
        return tuple(reversed(new) if newest_first else new)


@dataclass(frozen=True, slots=True)
class Landing:
    """One commit of the default branch, the contracts that it moved, and its whole message.

    *aside* says that the spec's configuration does not count its pull request as landed: what it moved counts,
    and it has no row.
    """

    landed: Landed
    moves: tuple[Move, ...]
    message: str
    aside: bool = False

    @property
    def source(self) -> str:
        """How people name it: `#1438`, or the short hash of a commit without a pull request."""
        return f"#{self.landed.number}" if self.landed.number else self.landed.commit[:9]


@dataclass(frozen=True, slots=True)
class Window:
    """Everything since the spec's version last moved, oldest first; *since* is None from the very beginning.

    A commit without a pull request is a change, too, whose number is 0: what it moved counts, although
    only pull requests are *landed*.
    """

    since: str | None
    changes: tuple[Landing, ...]

    @property
    def landings(self) -> tuple[Landing, ...]:
        """The changes that are merged pull requests, and count as landed."""
        return tuple(change for change in self.changes if change.landed.number and not change.aside)

    @property
    def aside(self) -> tuple[Landing, ...]:
        """The merged pull requests that do not count as landed."""
        return tuple(change for change in self.changes if change.landed.number and change.aside)

    @property
    def direct(self) -> tuple[Landing, ...]:
        """The changes without a pull request."""
        return tuple(change for change in self.changes if not change.landed.number)
