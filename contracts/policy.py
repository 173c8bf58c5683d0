"""Which change to a contract asks for which bump of its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.change import Change, Kind, classify
from contracts.model import Part, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Change", "Kind", "Policy", "classify", "floor", "moved_wrongly"]

_FIXED: dict[Kind, Part] = {
    "tightened": Part.MINOR,
    "equation_added": Part.MINOR,
    "obligation_added": Part.MINOR,
    "formula": Part.MAJOR,
}
"""The kinds that no configuration moves (facts of the family's own version rules: an equation
changed is major, an obligation added or a tolerance tightened is minor)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The least bump for each kind of change that a repository may decide about; larger bumps always pass."""

    discharge: Part = Part.MINOR
    falsifier_added: Part = Part.MINOR
    partial: Part = Part.NONE
    wording: Part = Part.NONE
    loosened: Part = Part.MAJOR

    def asks(self, kind: Kind) -> Part:
        """Return the least bump for a change of this *kind*."""
        if kind in _FIXED:
            return _FIXED[kind]
        if kind in ("discharged", "withdrawn", "advanced"):
            return self.discharge
        if kind in ("loosened", "falsifier_removed"):
            return self.loosened
        return {"falsifier_added": self.falsifier_added, "partial": self.partial}.get(kind, self.wording)


def floor(changes: Iterable[Change], policy: Policy) -> Part:
    """Return the least bump for all *changes* together: the largest that one of them asks for."""
    return max((policy.asks(change.kind) for change in changes), default=Part.NONE)


def moved_wrongly(before: Version, after: Version, least: Part) -> str | None:
    """Return a sentence if the version did not move as it must, else None; larger and skipping bumps pass."""
    if after < before:
        return f"the version moved back from {before} to {after}"
    if before.moved(after) >= least:
        return None
    wanted = before.bump(least)
    verb = "is still" if before.numbers == after.numbers else "moved only to"
    return f"the version {verb} {after}, and this change asks for at least {wanted} ({least.name.lower()})"
