"""When a spec is due to be amended. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from app.schema import CadenceConfig

_PERIODS = {"daily": "%Y-%j", "weekly": "%G-%V", "monthly": "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """What has landed and is not recorded yet.

    *landed* is how many pull requests count, *landmarks* the kinds of landmark among them. *begun* is when the first
    of them landed and *last* when the newest did.
    """

    landed: int
    landmarks: frozenset[str]
    begun: dt.datetime
    last: dt.datetime


def decide(cadence: CadenceConfig, stretch: Stretch, now: dt.datetime) -> str:
    """Return why an amendment is due now, as half a sentence; empty if it is not.

    A schedule means: what landed in an earlier day, week (from Monday) or month is recorded now. Days are those of UTC.
    """
    if stretch.landed >= cadence.landed:
        return f"{stretch.landed} pull requests landed"
    landmark = next((kind for kind in cadence.landmarks if kind in stretch.landmarks), None)
    if landmark:
        return f"a landmark was reached: {landmark}"
    period = _PERIODS.get(cadence.schedule or "")
    if period and stretch.begun.strftime(period) < now.strftime(period):
        return f"it is amended {cadence.schedule}"
    if cadence.quiet is not None and (now - stretch.last).total_seconds() >= cadence.quiet:
        return "nothing landed for a while"
    return ""
