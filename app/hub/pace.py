"""How fast one installation may write: GitHub asks for at most 80 writes a minute and 500 an hour."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMITS = ((80, 60.0), (500, 3600.0))
"""So many requests that create content, within so many seconds: docs.github.com, rate limits for the REST API."""


@dataclass
class Pace:
    """The writes of one installation, over all its clients and threads.

    *pause* is the least time between two writes in seconds. GitHub asks for one second where many are made in a row;
    a discharge makes about a dozen, each after the answer to the one before, so that 0 keeps well within the limits.
    """

    pause: float = 0.0
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _planned: deque[float] = field(default_factory=lambda: deque(maxlen=max(limit for limit, _ in _LIMITS)), repr=False)
    """When the latest writes went out or will, oldest first."""

    def reserve(self, patience: float) -> float:
        """Return how many seconds to wait before the next write; at most *patience* of them are booked for it."""
        with self._lock:
            now = self.clock()
            free = [self._planned[-limit] + span for limit, span in _LIMITS if len(self._planned) >= limit]
            last = self._planned[-1] + self.pause if self._planned else now
            at = max([now, last, *free])
            if at - now <= patience:
                self._planned.append(at)
            return at - now
