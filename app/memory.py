"""What git has answered and can never answer otherwise, kept for a while and bounded by its size."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST = 64 << 20
"""The most that one memory keeps, in bytes."""
_PART = 8
_ENTRY = 400
"""What an entry costs beside its characters, in bytes: a tuple, its texts, a place in a dictionary."""


class Memory:
    """Questions to their answers, as bytes; what was asked for longest ago goes first. Several threads may share it."""

    def __init__(self, most: int = MOST) -> None:
        """Keep at most so many bytes, keys and bookkeeping counted; one answer takes at most an eighth of them."""
        self._most, self._size = most, 0
        self._kept: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        """Return the answer, or None if it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[str, ...], answer: bytes) -> None:
        """Keep an answer, unless it is too large; it takes the place of what was kept longest unasked."""
        size = _weigh(key, answer)
        with self._lock:
            if key in self._kept or size > self._most // _PART:
                return
            self._kept[key] = answer
            self._size += size
            while self._size > self._most:
                self._size -= _weigh(*self._kept.popitem(last=False))

    def drop(self, about: str) -> None:
        """Keep nothing whose question begins with that word."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == about]:
                self._size -= _weigh(key, self._kept.pop(key))


def _weigh(key: tuple[str, ...], answer: bytes) -> int:
    return _ENTRY + len(answer) + sum(map(len, key))
