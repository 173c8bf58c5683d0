"""A lock on a file: one process at a time, and the kernel lets go of it when that process dies."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from contracts.error import Complaint

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 20


class Lock:
    """A lock that this process holds until it releases it or ends. The programs that it starts do not inherit it."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            Complaint: another process holds it.
        """
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, _LONGEST, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise Complaint(
                f"{path.with_suffix('')} is in use by another process (id {holder})",
                mend="A SQLite database serves one process: stop that one, or use PostgreSQL for several",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process take it."""
        os.close(self._file)
