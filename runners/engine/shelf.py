"""Where an engine keeps its runs: one folder each, below a folder that several processes may share."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from runners import file
from runners import job as jobs
from runners.engine.folder import Folder
from runners.engine.model import Finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runners.engine.model import State
    from runners.job import Job

CANCELLED = "it was cancelled"
UNKNOWN = "this engine knows no such run"


class Shelf:
    """The folders of runs, with one lock for whoever looks or changes."""

    def __init__(self, folder: Path) -> None:
        """Take the runs below *folder*, which is made if it is not there.

        Raises:
            OSError: the folder cannot be written to.
        """
        self.runs = folder / "runs"
        self.runs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._one = threading.Lock()
        self._handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with self.locked():
            for left in self.runs.glob(".*"):  # half stored, or half forgotten, when somebody was killed
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only thread of the only process that looks or changes."""
        with self._one:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._handle, fcntl.LOCK_UN)

    def store(self, job: Job) -> Folder:
        """Keep a job: whole, or not at all; one that is kept already stays as it is. To be called locked.

        Raises:
            Unreadable: the job is out of its bounds.
            Complaint: it cannot be stored now.
        """
        data, path = jobs.write(job), self.runs / job.run
        if _is_folder(path):
            return Folder(path)
        new = self.runs / f".new-{job.run}"
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o700)
            number = max((folder.number for folder in self.folders()), default=0) + 1
            file.write(new / "number", str(number).encode())
            file.write(new / "job.json", data)
            new.rename(path)
            file.settle(self.runs)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            what = f"the run {job.run} cannot be stored: {error.strerror}"
            raise Complaint(what, mend="It is tried again") from error
        return Folder(path)

    def find(self, run: str) -> Folder | None:
        """Return the folder of a run, None if nobody knows it."""
        path = self.runs / run
        return Folder(path) if jobs.is_run(run) and _is_folder(path) else None

    def demand(self, run: str) -> Folder:
        """Return the folder of a run.

        Raises:
            Unreadable: nobody knows it.
        """
        folder = self.find(run)
        if folder is None:
            raise lack(run)
        return folder

    def spent(self, run: str) -> float:
        """Return for how many seconds a machine has worked on a run; 0 for one that nobody knows."""
        with self.locked():
            folder = self.find(run)
            return folder.spent if folder else 0.0

    def folders(self) -> list[Folder]:
        """Return all runs in the order of their start; what is no folder is none, nor is a link to one."""
        found = [Folder(path) for path in self.runs.iterdir() if jobs.is_run(path.name) and _is_folder(path)]
        return sorted(found, key=lambda folder: (folder.number, folder.run))

    def names(self) -> tuple[str, ...]:
        """Return the names of all runs in the order of their start."""
        with self.locked():
            return tuple(folder.run for folder in self.folders())

    def collect(self, run: str, state: State) -> bytes:
        """Return the bundle of a run that stands so.

        Raises:
            Complaint: it has none.
        """
        if not isinstance(state, Finished):
            raise Complaint(f"the run {run[:80]} has no bundle: it is {type(state).__name__.lower()}")
        return self.demand(run).bundle

    def forget(self, run: str, ended: Callable[[Folder], bool]) -> None:
        """Remove all that is kept of a run; one that nobody knows is no error. To be called locked.

        Raises:
            Complaint: it has no end yet, or cannot be removed now.
        """
        folder = self.find(run)
        if folder is None:
            return
        if not ended(folder):
            raise Complaint(f"the run {run} has no end yet", mend="Cancel it first")
        with telling(run):
            old = self.runs / f".old-{run}"
            shutil.rmtree(old, ignore_errors=True)
            folder.path.rename(old)
            shutil.rmtree(old)

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._handle)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def lack(run: str) -> Unreadable:
    """Return what is said of a run that nobody knows."""
    return Unreadable(f"the engine knows no run “{run[:80]}”")


@contextmanager
def telling(run: str) -> Iterator[None]:
    """Turn a disk that fails into a sentence.

    Raises:
        Complaint: with what the system says.
    """
    try:
        yield
    except OSError as error:
        raise Complaint(f"what happens to the run {run} cannot be written down: {error.strerror}") from error
