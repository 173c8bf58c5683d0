"""Whether a value of a contract tells how things are, or how they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.changelog import PLACES
from contracts.promise import is_evidence

if TYPE_CHECKING:
    from contracts.node import Path

_DATED = frozenset(("history", "milestones", "lessons_learned", "note", "notes", "reason"))
"""Keys below which a sentence tells how it was on the day when it was written."""


def is_past(path: Path) -> bool:
    """Return whether a value is a part of a history, or of evidence that was given."""
    told = any(path[: len(place)] == place for place in PLACES)
    return told or any(isinstance(step, str) and is_evidence(step) for step in path)


def is_dated(path: Path) -> bool:
    """Return whether a value is past, or a note of its day: what it counts need not be right any more."""
    return is_past(path) or any(step in _DATED for step in path)
