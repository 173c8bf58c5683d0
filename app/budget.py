"""What a repository's runs may cost a day: reserved before a machine starts, settled by what it took. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from contracts.error import Complaint


@dataclass(frozen=True, slots=True)
class Item:
    """One run of a day: the minutes that were *reserved* for it, and those that it *spent*, None while it goes on."""

    run: str
    reserved: int
    spent: float | None = None

    @property
    def minutes(self) -> float:
        """What it counts: what it spent, or what it may still spend."""
        return self.reserved if self.spent is None else self.spent


@dataclass(frozen=True, slots=True)
class Day:
    """What stands for one repository on one day (UTC)."""

    items: tuple[Item, ...] = ()

    @property
    def spent(self) -> float:
        """The minutes of the runs that are over."""
        return sum(item.spent for item in self.items if item.spent is not None)

    @property
    def reserved(self) -> float:
        """The minutes that may still be spent by runs that go on."""
        return sum(item.reserved for item in self.items if item.spent is None)

    def without(self, *runs: str) -> Day:
        """Return the day as if these runs had not been reserved."""
        return Day(tuple(item for item in self.items if item.run not in runs))


def demand_affordable(day: Day, minutes: int, limit: int | None) -> None:
    """Refuse a run for which less is left of a day than it may take.

    Args:
        day: what stands without the run.
        minutes: what it may take at most.
        limit: the minutes of a day; None: as many as there are.

    Raises:
        Complaint: with what is spent and what is reserved.
    """
    if limit is not None and day.spent + day.reserved + minutes > limit:
        what = f"it may take {_count(minutes)}, and of today's {_count(limit)} {_write(day.spent)} are spent"
        reserved = f" and {_write(day.reserved)} reserved by runs that go on" if day.reserved else ""
        mend = "Ask again tomorrow (UTC), or raise budget.gpu_minutes_per_day"
        raise Complaint(f"today's budget does not allow this run: {what}{reserved}", mend=mend)


def tell(day: Day, limit: int | None) -> str:
    """Return how the day stands with a run, as a sentence; empty where no budget is set."""
    if limit is None:
        return ""
    return f"Today's budget: {_write(day.spent)} spent and {_write(day.reserved)} reserved, of {_count(limit)}"


def _count(minutes: int) -> str:
    return "1 minute" if minutes == 1 else f"{minutes:,} minutes"


def _write(minutes: float) -> str:
    """Return minutes in tenths, rounded up: what was spent is never told smaller than it is."""
    return f"{math.ceil(minutes * 10 - 1e-9) / 10:,g}"
