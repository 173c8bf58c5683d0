"""What asks this process to end, put off for as long as something would get away by it.

Python lets a signal's handler in between any two steps, so that a request to end may come when a child
was begun and nobody has its id yet, or when its end is half done. Within `deferring` such a request
waits; it comes through where the gate is opened, and at the latest when all is done.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

REQUESTS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""The signals that ask a process to end."""


class Gate:
    """Lets requests to end through, or keeps them; use `deferring`."""

    def __init__(self) -> None:
        """Be closed, and hear nothing yet."""
        self._before: dict[int, object] = {}
        self._late: list[int] = []
        self._open = False

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let through what comes, and what came before; the first that raises closes the gate."""
        try:
            self._open = True
            if self._late:
                self._hear(self._late.pop(), None)
            yield
        finally:
            self._open = False

    def close(self) -> None:
        """Hear the requests from now on, but those that this process ignores."""
        for number in REQUESTS:
            handler = signal.getsignal(number)
            if handler not in (None, signal.SIG_IGN):
                self._before[number] = handler
                signal.signal(number, self._hear)

    def leave(self) -> None:
        """Let whoever heard them before hear them again, and then what was put off.

        A handler that was changed meanwhile stays: `runners.family.heed` hears no second request.
        """
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._hear:
                signal.signal(number, handler)  # type: ignore[arg-type]  # it is what `getsignal` gave
        for number in self._late:
            signal.raise_signal(signal.Signals(number))

    def _hear(self, number: int, frame: FrameType | None) -> None:
        handler = self._before[number]
        if not self._open:
            self._late.append(number)
        elif callable(handler):
            self._open = False
            handler(number, frame)
            self._open = True
        else:  # the process is to end without a word: first what it began, then itself
            self._open = False
            self._late.append(number)
            raise KeyboardInterrupt


@contextmanager
def deferring() -> Iterator[Gate]:
    """Put off every request to end; only the main thread ever hears one, so elsewhere nothing is to do."""
    gate = Gate()
    if threading.current_thread() is not threading.main_thread():
        yield gate
        return
    try:
        gate.close()
        yield gate
    finally:
        gate.leave()
