"""Jobs as processes of this machine, which survive the one that started them: the embedded default.

One folder holds everything, so that a restarted app finds what it started before. Jobs run as the
same user as the app and are not walled off from it; whoever may not run code here belongs on another
engine. Only variables of an allow-list reach a job, and no open file of the app but one.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from runners import file
from runners.command import environment
from runners.engine.model import Finished, Gone, Queued, Running
from runners.engine.shelf import CANCELLED, UNKNOWN, Shelf, telling
from runners.run import detach

if TYPE_CHECKING:
    from pathlib import Path

    from runners.engine.folder import Folder
    from runners.engine.model import State
    from runners.job import Job

MARGIN = 60.0
"""Seconds that a job may take beyond its own deadline before it is ended from outside."""
TRIES = 3
"""How often a process is started that ends before it tells its id."""


class Local:
    """Runs at most *slots* jobs at once, first come, first served; see `runners.engine.model.Engine`."""

    def __init__(self, folder: Path, slots: int = 1) -> None:
        """Take the runs below *folder*, which is made if it is not there; several processes may share it.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._shelf, self._slots = Shelf(folder), slots
        self._tries: Counter[str] = Counter()

    def start(self, job: Job) -> None:
        """Take a job; see `Engine`."""
        with self._shelf.locked():
            self._shelf.store(job)
            self._launch()  # what cannot begin now is said by the next tick

    def state(self, run: str) -> State:
        """Return how it stands with a run; see `Engine`."""
        with self._shelf.locked():
            folder = self._shelf.find(run)
            return self._state(folder) if folder else Gone(UNKNOWN)

    def waiting(self) -> int:
        """Return how many runs wait; see `Engine`."""
        with self._shelf.locked():
            return len(self._queue())

    def cancel(self, run: str) -> None:
        """End a run; see `Engine`."""
        with self._shelf.locked(), telling(run):
            folder = self._shelf.find(run)
            if folder and not folder.done:
                folder.finish(CANCELLED)
                if folder.alive:
                    folder.end()

    def runs(self) -> tuple[str, ...]:
        """Return every run that is not forgotten, in the order of their start."""
        return self._shelf.names()

    def spent(self, run: str) -> float:
        """Return for how long a run worked; see `Engine`."""
        return self._shelf.spent(run)

    def job(self, run: str) -> Job:
        """Return a run's job; see `Engine`."""
        return self._shelf.demand(run).job

    def note(self, run: str) -> str:
        """Return a run's note; see `Engine`."""
        return self.job(run).note

    def collect(self, run: str) -> bytes:
        """Return a run's bundle; see `Engine`."""
        return self._shelf.collect(run, self.state(run))

    def finished(self) -> tuple[str, ...]:
        """Return the runs that have an end; see `Engine`."""
        with self._shelf.locked():
            return tuple(folder.run for folder in self._shelf.folders() if self._ended(folder))

    def forget(self, run: str) -> None:
        """Remove what is kept of a run; see `Engine`. Its process is over by then: nobody else would know of it."""
        with self._shelf.locked():
            folder = self._shelf.find(run)
            if folder and folder.alive and self._ended(folder) and (folder.reason or not folder.await_end()):
                folder.end()
            self._shelf.forget(run, self._ended)
            del self._tries[run]

    def tick(self) -> None:
        """Do what is due; see `Engine`. One run that cannot be looked after holds up no other."""
        with self._shelf.locked():
            said = [*self._watch(), *self._launch()]
        if said:
            raise said[0]

    def close(self) -> None:
        """Let go of the lock; see `Engine`."""
        self._shelf.close()

    def _queue(self) -> list[Folder]:
        return [folder for folder in self._shelf.folders() if not folder.alive and not self._ended(folder)]

    def _ended(self, folder: Folder) -> bool:
        alive = folder.alive  # first: a process that ends right now has written all that it ever will
        return bool(folder.reason) or folder.done or (not alive and bool(self._vanished(folder)))

    def _vanished(self, folder: Folder) -> str:
        """Return why the dead process of a run left nothing, and write that down; empty if it is still to start."""
        if folder.done or (not folder.pid and self._tries[folder.run] < TRIES):
            return ""
        what = "its process ended without a result" if folder.pid else "its process does not start"
        reason = what + folder.last_words()
        with suppress(OSError):  # whoever asks next finds it again
            folder.finish(reason)
        return folder.reason or reason

    def _state(self, folder: Folder) -> State:
        alive = folder.alive  # first, as above
        if self._ended(folder):
            reason = folder.reason or self._vanished(folder)
            return Gone(reason) if reason else Finished()
        if alive:
            return Running(folder.since)
        return Queued([waiting.run for waiting in self._queue()].index(folder.run) + 1)

    def _watch(self) -> list[Complaint]:
        """End what is over its time, or has its end; return what cannot be written down."""
        said = []
        for folder in self._shelf.folders():
            try:
                with telling(folder.run):
                    if folder.alive and (self._finish_overdue(folder) or folder.reason):
                        folder.end()
            except Complaint as complaint:
                said.append(complaint)
        return said

    def _launch(self) -> list[Complaint]:
        """Start what waits, as far as there are slots; return what cannot be written down."""
        said = []
        free = self._slots - sum(map(_holds_slot, self._shelf.folders()))
        for folder in self._queue()[:free] if free > 0 else ():
            self._tries[folder.run] += 1
            try:
                with telling(folder.run):
                    self._begin(folder)
            except Complaint as complaint:
                said.append(complaint)
        return said

    def _begin(self, folder: Folder) -> None:
        """Start the process of a run; one that cannot be started is gone."""
        argv = (sys.executable, "-P", "-m", "runners", str(folder.path / "job.json"), str(folder.path / "bundle.json"))
        try:
            folder.job  # noqa: B018 - a damaged job is told here, and starts nothing
            with file.append(folder.path / "log") as log, folder.hold() as hold:
                detach((*argv, str(hold)), cwd=folder.path, env=environment(os.environ), log=log, hold=hold)
        except Unreadable as complaint:
            folder.finish(f"its job cannot be read: {complaint.what}")
        except OSError as error:
            folder.finish(f"its process cannot be started: {error.strerror}")

    def _finish_overdue(self, folder: Folder) -> bool:
        """Return whether a run is over its time; it is gone then, unless its bundle is there."""
        try:
            latest = folder.job.deadline + MARGIN
            reason = f"it took longer than {latest:g} s"
        except Unreadable as complaint:
            latest, reason = 0.0, f"its job cannot be read: {complaint.what}"
        overdue = time.time() - folder.since > latest
        if overdue and not folder.done:
            folder.finish(reason)
        return overdue


def _holds_slot(folder: Folder) -> bool:
    """Return whether a run has a slot: its process lives, or nobody can tell."""
    with suppress(OSError):
        return folder.alive
    return True
