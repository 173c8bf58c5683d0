"""When a cluster is looked at: at a pace, and at once when it tells that something changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runners.engine.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from runners.engine.api import Stream

PACE, CALM, IDLE = 5.0, 30.0, 60.0
"""Seconds between two looks: while something is due, while a watch would tell what is due, and while nothing is."""


class Pace:
    """The moment of the next look."""

    def __init__(self, seconds: float) -> None:
        """Look at once, and then at this pace; 0 is whenever somebody asks, and nothing is watched."""
        self._seconds, self._watch, self._next = seconds, Watch(), (0.0, 0.0)

    def is_due(self) -> bool:
        """Return whether it is time to look."""
        return self._watch.rang() or time.monotonic() >= self._next[self._watch.stands]

    def hurry(self) -> None:
        """Have it be time at once."""
        self._next = (0.0, 0.0)

    def rest(self, *, due: bool = True, told: bool = False) -> None:
        """Begin to wait. *due*: something is, *told*: a watch tells when that changes."""
        alone, watched = gap(self._seconds, due=due, told=told)
        self._next = (time.monotonic() + alone, time.monotonic() + watched)

    def listen(self, begin: Callable[[], Stream]) -> None:
        """Watch what changes from a look on."""
        if self._seconds:
            self._watch.follow(begin)

    def complain(self) -> None:
        """Say what is in the way of watching; see `Watch`."""
        self._watch.complain()

    def close(self) -> None:
        """Watch no more."""
        self._watch.close()


def gap(pace: float, *, due: bool, told: bool) -> tuple[float, float]:
    """Return the seconds until the next look: while no watch stands, and while one does."""
    if not pace:
        return 0.0, 0.0
    if not due:
        return max(pace, IDLE), max(pace, IDLE)
    return pace, max(pace, CALM) if told else pace
