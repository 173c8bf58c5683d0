"""A watch of a cluster: it wakes whoever looks, and tells nothing else. The lists stay the only truth.

It begins where a list ended, so nothing between the two is missed. Whatever ends it (its time, an error, a
version that is too old, a lost connection) is one more reason to look, and the next look begins it anew.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from contracts.error import Complaint
from runners.engine.answer import EXPIRED, Refused
from runners.engine.model import Away

if TYPE_CHECKING:
    from collections.abc import Callable

    from runners.engine.api import Stream

REST = 1.0
"""Seconds between two looks that a watch asks for, however much it tells."""
BRIEF = 30.0
"""Seconds that a watch has to stand; one that ended sooner failed."""
PAUSES = (5.0, 300.0)
"""Seconds until a watch that failed is begun anew: at first, doubled each time; at most, and where it is refused."""
PATIENCE = 1.0
"""Seconds that `Watch.close` waits for a watch that is just being begun."""


class Watch:
    """A stream of what changes, and the thread that listens to it; it takes no lock but its own."""

    def __init__(self) -> None:
        """Begin with neither."""
        self._ring, self._one, self._quiet = threading.Event(), threading.Lock(), 0.0
        self._stream: Stream | None = None
        self._thread: threading.Thread | None = None
        self._busy = self._closed = False
        self._pause, self._earliest = 0.0, 0.0
        self._refusal = self._told = ""

    @property
    def stands(self) -> bool:
        """Whether what changes is told."""
        return self._stream is not None

    def rang(self) -> bool:
        """Return whether something changed since this was last so; to be asked before a look, not after it."""
        now = time.monotonic()
        if now < self._quiet or not self._ring.is_set():
            return False
        self._ring.clear()
        self._quiet = now + REST
        return True

    def follow(self, begin: Callable[[], Stream]) -> None:
        """Listen to what changes from a look on, unless that is done already, or failed a moment ago."""
        if not self._busy and time.monotonic() >= self._earliest:
            self._busy = True
            self._thread = threading.Thread(target=self._run, args=(begin,), name="watch", daemon=True)
            self._thread.start()

    def complain(self) -> None:
        """Say once that the cluster does not let itself be watched.

        Raises:
            Complaint: it refuses, and that is news.
        """
        told, self._told = self._told, self._refusal or self._told
        if told != self._told:
            raise Complaint(f"the cluster cannot be watched, and is asked every few seconds instead: {self._told}")

    def close(self) -> None:
        """End what stands. A watch that is just being begun ends by itself, in minutes, and nobody waits for it."""
        with self._one:
            self._closed = True
            if self._stream:
                self._stream.stop()
        if self._thread:
            self._thread.join(PATIENCE)

    def _run(self, begin: Callable[[], Stream]) -> None:
        began, refusal = time.monotonic(), ""
        try:
            self._hear(begin())
        except Away as away:
            refusal = away.what if isinstance(away, Refused) and away.status != EXPIRED else ""
        finally:
            self._refusal = refusal
            self._pause = pause(self._pause, time.monotonic() - began, refused=bool(refusal))
            self._earliest = time.monotonic() + self._pause
            self._busy = False
            self._ring.set()

    def _hear(self, stream: Stream) -> None:
        try:
            with self._one:
                self._stream = None if self._closed else stream
            while self._stream and stream.wait():
                self._ring.set()
        finally:
            with self._one:
                self._stream = None
            stream.close()


def pause(before: float, stood: float, *, refused: bool) -> float:
    """Return the seconds until a watch that *stood* so long is begun anew; *before* it, they were so many."""
    if refused:
        return PAUSES[1]
    return 0.0 if stood >= BRIEF else min(max(2 * before, PAUSES[0]), PAUSES[1])
