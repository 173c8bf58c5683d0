"""What one command of a comment comes to: effects before the status comment, its entry there, effects after. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.effect import Plan
    from app.sticky import Entry


@dataclass(frozen=True, slots=True)
class Step:
    """One command's share of a plan.

    *instead* is the entry where the head of the pull request moved before the launch, None where it cannot.
    """

    before: Plan
    entry: Entry
    after: Plan = ()
    instead: Entry | None = None
