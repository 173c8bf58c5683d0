"""The folder of one run on this machine: the job, its place in the queue, the process, and its end.

* `job.json` and `number`: there from the beginning; the folder appears with them, or not at all.
* `process`: locked by the job's process for as long as it lives, with its id in it. A lock goes with
  its process whatever becomes of it, so an id is never taken for another process's.
* `log`: what the process says. `bundle.json`: what came of it.
* `end`: why there is no bundle that counts, whatever is written later.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence.quote import code
from evidence.redact import redact
from runners import bundle as bundles
from runners import file
from runners import job as jobs
from runners.family import kill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runners.job import Job

PATIENCE = 5.0
"""Seconds between the request to end and the kill."""
_TICK = 0.02
_SHORT = 4096
_LARGEST = 1 << 22
"""The largest id of a process."""
_DAMAGED = "its end was damaged"
_NONE = frozenset({errno.ENOENT, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EACCES})
"""Why no process of ours holds what cannot be opened: it is not there, or no file that one could have made."""
_BEGUN = ("begun", "taken", "process")
"""The files that are written when a machine begins: seen in a cluster, by the job itself, by this machine."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What is known of one run. Whoever changes it holds the engine's lock."""

    path: Path

    @property
    def run(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def number(self) -> int:
        """Its number in the order of starts; 0 if that was damaged."""
        try:
            return int(file.read(self.path / "number", _SHORT))
        except (Unreadable, ValueError):
            return 0

    @property
    def job(self) -> Job:
        """What was asked.

        Raises:
            Unreadable: it was damaged.
        """
        return jobs.read(file.read(self.path / "job.json", jobs.LONGEST))

    @property
    def bundle(self) -> bytes:
        """What came of it.

        Raises:
            Unreadable: there is nothing, or too much.
        """
        return file.read(self.path / "bundle.json", bundles.LONGEST)

    @property
    def done(self) -> bool:
        """Whether a bundle is there."""
        return self.has("bundle.json")

    @property
    def reason(self) -> str:
        """Why it is gone, empty if it is not."""
        if not self.has("end"):
            return ""
        with suppress(Unreadable):
            return file.read(self.path / "end", bundles.LONGEST).decode(errors="replace") or _DAMAGED
        return _DAMAGED

    @property
    def since(self) -> float:
        """When its process was started (seconds since the epoch); only of one that was."""
        return self.when("process")

    @property
    def spent(self) -> float:
        """For how many seconds a machine has worked on it, or did; 0 if none was seen to begin."""
        since = next(filter(None, map(self.when, _BEGUN)), 0.0)
        if not since:
            return 0.0
        ends = list(filter(None, map(self.when, ("bundle.json", "end"))))
        return max(0.0, (min(ends) if ends and not self.alive else time.time()) - since)

    @property
    def pid(self) -> int:
        """The id of its process, 0 until that told it; no number of several processes is one."""
        try:
            told = int(file.read(self.path / "process", _SHORT))
        except (Unreadable, ValueError):
            return 0
        return told if 0 < told <= _LARGEST else 0

    @property
    def alive(self) -> bool:
        """Whether its process lives."""
        try:
            handle = os.open(self.path / "process", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno in _NONE:
                return False
            raise
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(handle, fcntl.LOCK_UN)  # a process that another thread starts right now has a copy
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def has(self, name: str) -> bool:
        """Return whether there is something of a name, whatever it is."""
        return os.path.lexists(self.path / name)

    def when(self, name: str) -> float:
        """Return when something of a name was written (seconds since the epoch), 0 if there is nothing."""
        with suppress(OSError):
            return (self.path / name).lstat().st_mtime
        return 0.0

    @contextmanager
    def hold(self) -> Iterator[int]:
        """Lock the file that says that its process lives, and lend it out; whoever inherits it holds on to it.

        Raises:
            OSError: it cannot be written, or is held.
        """
        handle = os.open(self.path / "process", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            os.utime(handle)
            yield handle
        finally:
            os.close(handle)

    def begin(self, since: float) -> None:
        """Remember when a machine elsewhere began with it (seconds since the epoch).

        Raises:
            OSError: that cannot be written down.
        """
        if not self.has("begun"):
            file.write(self.path / "begun", b"")
            os.utime(self.path / "begun", (since, since))

    def finish(self, reason: str) -> None:
        """Let it be gone, for good.

        Raises:
            OSError: that cannot be written down.
        """
        if not self.reason:
            file.write(self.path / "end", reason.encode("utf-8", "replace"))

    def end(self) -> None:
        """End its process and everything below it; one that has not told its id yet ends at the next tick."""
        pid = self.pid
        if not pid:
            return
        with suppress(ProcessLookupError, PermissionError):  # it ended, or the id was damaged
            os.kill(pid, signal.SIGTERM)
        if not self.await_end():
            kill(pid)

    def await_end(self) -> bool:
        """Wait a while for the end of its process; whether it ended."""
        latest = time.monotonic() + PATIENCE
        while (alive := self.alive) and time.monotonic() < latest:
            time.sleep(_TICK)
        return not alive

    def last_words(self) -> str:
        """Return the last line of its log as a clause, empty if it said nothing."""
        try:
            lines = file.read_end(self.path / "log", _SHORT).decode(errors="replace").split("\n")
        except Unreadable:
            return ""
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"; it last said: {code(redact(last.strip()).text)}" if last else ""
