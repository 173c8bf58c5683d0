"""What one command of a comment comes to: effects before the status comment, its entry there, effects after. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.wish import Wishes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bot.sticky import Entry
    from app.effect import Plan
    from evidence.model import Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """One command's share of a plan: *entries* go into the status comment.

    *moved* are the entries where the head of the pull request moved before the launch, empty where it cannot.
    *verdicts* are those of a run that ended. *amends* is the spec whose amendment this brings up to date, empty for
    none, and *wishes* what this command and those before it in the comment ask of it: the last one's effects do all.
    """

    before: Plan
    entries: tuple[Entry, ...]
    after: Plan = ()
    moved: tuple[Entry, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    amends: str = ""
    wishes: Wishes = field(default_factory=Wishes)


def join(steps: Sequence[Step]) -> Step:
    """Return the effects and entries of several steps as those of one."""
    return Step(
        tuple(effect for step in steps for effect in step.before),
        tuple(entry for step in steps for entry in step.entries),
        tuple(effect for step in steps for effect in step.after),
    )
