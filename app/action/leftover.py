"""What is left of an attempt that came to nothing, or is over, and how it goes away. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.action.model import Cancel, Deregister, Stop

if TYPE_CHECKING:
    from app.action.model import Act, Look
    from app.action.record import Attempt

LOST_ANSWER = 60.0
"""After so many seconds a run of the workflow that cannot be found was never made."""


def clear(attempt: Attempt, look: Look, now: float) -> tuple[Attempt, tuple[Act, ...]]:
    """Return an attempt as it is to be remembered, and what ends what is left of it.

    It is clear once the run of the workflow has ended, no machine works, and GitHub knows the runner no more. A
    runner that works for somebody else is left alone until it does not: so is its machine.
    """
    if attempt.clear:
        return attempt, ()
    attempt = _recall(attempt, look)
    unsure = bool(attempt.asked) and not attempt.workflow and now - attempt.asked <= LOST_ANSWER
    open_ = bool(attempt.workflow) and not look.closed
    acts: tuple[Act, ...] = (Cancel(attempt.number),) if open_ else ()
    if attempt.handed and not _is_lent(attempt, look):
        acts += (Stop(attempt.number),)
    if attempt.runner and look.runner != "busy":
        acts += (Deregister(attempt.number),)
    left = unsure or open_ or attempt.handed or bool(attempt.runner)
    return replace(attempt, clear=not left), acts


def _recall(attempt: Attempt, look: Look) -> Attempt:
    """Return an attempt with what was found of it, and without what is gone."""
    if attempt.runner and look.runner == "gone":
        return replace(attempt, runner=0)
    if not attempt.level and look.stray[1]:  # its note was lost; the next look says whether it works
        attempt = replace(attempt, level=look.stray[0], runner=look.stray[1])
    return replace(attempt, workflow=attempt.workflow or look.found)


def _is_lent(attempt: Attempt, look: Look) -> bool:
    """Return whether the runner works for somebody else."""
    ours = look.job == "working" and look.holder == attempt.runner
    return look.runner == "busy" and not ours
