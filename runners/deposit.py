"""A copy of a file that a leg wrote, where no leg has a name for it, and the knowledge whether it is still the same.

Legs may be the same user as this process, who can write all that has a name. The copy has none where the system knows
open files by number (Linux); a process of that user can find the number all the same, therefore the digest.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

_PIECE = 1 << 20


def reach(file: IO[bytes], name: Path) -> Path:
    """Return a path to an open file that needs no name, where the system has one; else *name*."""
    held = Path(f"/proc/self/fd/{file.fileno()}")
    return held if held.exists() else name


class Deposit:
    """The first bytes of a file, copied; *path* leads there until it is closed."""

    def __init__(self, source: IO[bytes], length: int, folder: Path) -> None:
        """Copy *length* bytes, or as many as there are, into a file below *folder*.

        Raises:
            OSError: it cannot be read, or there is no room.
        """
        self._file = tempfile.NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - closed by `close`
        name = Path(self._file.name)
        try:
            self.path = reach(self._file.file, name)
            if self.path != name:
                name.unlink()
            self._length, self._digest = _copy(source, length, self._file.file)
        except BaseException:
            self.close()
            raise

    def is_unchanged(self) -> bool:
        """Return whether it is still what was copied.

        Raises:
            OSError: it cannot be read.
        """
        if os.fstat(self._file.fileno()).st_size != self._length:
            return False
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self._digest

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def _copy(source: IO[bytes], length: int, target: IO[bytes]) -> tuple[int, str]:
    """Copy piece by piece; return how many bytes there were, and their digest."""
    total, left = hashlib.sha256(), length
    while left and (some := source.read(min(left, _PIECE))):
        total.update(some)
        target.write(some)
        left -= len(some)
    target.flush()
    return length - left, total.hexdigest()
