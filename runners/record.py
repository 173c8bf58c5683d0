"""A log that somebody recorded, in the place of a leg that runs here."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from contracts.error import Place, Unreadable
from evidence.model import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def record(leg: str, path: Path, limit: int, argv: Sequence[str] = ()) -> Observation:
    """Read a recorded log as the observation of *leg*; how the program ended is not known.

    Args:
        leg: the leg whose place it takes.
        path: a regular file; bytes that are no UTF-8 are replaced.
        limit: the most bytes that are read.
        argv: the command line that is said to have written it.

    Raises:
        Unreadable: there is no such file, it is no regular file, too large, no text, or may not be read.
    """
    place, mend = Place(str(path)), f"Give the log of leg {leg} as a file of at most {limit:,} bytes"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block us
    except OSError as error:
        raise Unreadable(f"the recorded log cannot be read: {error.strerror}", place, mend) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("the recorded log is no regular file", place, mend)
        if found.st_size > limit:
            raise Unreadable(f"the recorded log is too large: {found.st_size:,} bytes", place, mend)
        data = _read(handle, limit)
    finally:
        os.close(handle)
    if b"\0" in data:
        raise Unreadable("the recorded log holds NUL bytes, so it is no UTF-8 text", place, "Save it as UTF-8")
    text = data.decode("utf-8", "replace")
    return Observation(leg, tuple(argv), text, origin="recorded", source=str(path))


def _read(handle: int, limit: int) -> bytes:
    """Return the file's bytes, at most *limit* even if it grows meanwhile."""
    data = bytearray()
    while len(data) < limit and (piece := os.read(handle, min(1 << 20, limit - len(data)))):
        data += piece
    return bytes(data)
