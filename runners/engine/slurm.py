"""Jobs in a Slurm cluster, which shares the engine's folder with this machine.

Slurm decides where and when; its own repeats are off. What it says is looked at every few seconds, in one
question for all runs, and a run that began, ended or was cancelled is told from its folder alone: a
controller that does not answer holds up what waits, and ends nothing. A job that Slurm lists and nobody
asked for any more is ended.
"""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from runners import file
from runners.engine.cluster import Cluster, bound, name
from runners.engine.model import Finished, Gone, Queued, Running
from runners.engine.scheduler import Scheduler
from runners.engine.shelf import CANCELLED, UNKNOWN, Shelf, telling
from runners.engine.step import Close, Known, Leave, Submit, Tell, decide, find, find_strays
from runners.engine.ticket import SCRIPT, Ticket
from runners.job import is_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from runners.engine.model import State
    from runners.engine.scheduler import Entry
    from runners.job import Job

EVERY, SELDOM = 2.0, 60.0
"""Seconds between two looks at Slurm: while runs are open, and while none is."""
GRACE = 5.0
"""Seconds for which a bundle may be under way in a shared filesystem after its job ended."""
LOOKS = 5
"""How often a job is seen that was to end until people are told."""
REFUSED = 60.0
"""Seconds for which a job is offered to a Slurm that answers, and does not take it."""


class Slurm:
    """Runs jobs where Slurm puts them; see `runners.engine.model.Engine`."""

    def __init__(self, folder: Path, cluster: Cluster | None = None) -> None:
        """Take the runs below *folder*, which is made if it is not there; several processes may share it.

        Raises:
            OSError: the folder cannot be written to.
            Complaint: its name has signs that Slurm does not hand back as they are.
        """
        self._cluster, self._home = cluster or Cluster(), folder.resolve()
        if not str(self._home).isprintable() or "\\" in str(self._home):
            raise Complaint(f"Slurm cannot be told of the folder {str(self._home)!r}", mend="Take a plainer name")
        self._shelf, self._scheduler = Shelf(self._home), Scheduler(self._home)
        self._script = self._home / "begin"
        file.write(self._script, SCRIPT)
        self._looked = -math.inf
        self._working: dict[str, float] = {}
        self._refused: dict[str, float] = {}
        self._strays: Counter[int] = Counter()

    def start(self, job: Job) -> None:
        """Take a job, which the next tick hands to Slurm; see `Engine`."""
        with self._shelf.locked():
            self._shelf.store(job)

    def state(self, run: str) -> State:
        """Return how it stands with a run, as far as the last look at Slurm found; see `Engine`."""
        found = self._shelf.find(run)
        return self._state(Ticket(found.path)) if found else Gone(UNKNOWN)

    def waiting(self) -> int:
        """Return how many runs wait; see `Engine`."""
        return len(self._queue())

    def cancel(self, run: str) -> None:
        """End a run: it can begin no more, is gone, and its job is ended, now or by a later tick; see `Engine`."""
        with self._shelf.locked(), telling(run):
            found = self._shelf.find(run)
            if found is None or found.done:
                return
            ticket = Ticket(found.path)
            ticket.bar(CANCELLED)
            ticket.finish(CANCELLED)
        self._looked = -math.inf
        self._end(ticket)

    def runs(self) -> tuple[str, ...]:
        """Return every run that is not forgotten, in the order of their start."""
        return self._shelf.names()

    def spent(self, run: str) -> float:
        """Return for how long a node worked on a run; see `Engine`."""
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
        return tuple(ticket.run for ticket in self._tickets() if ticket.ended)

    def forget(self, run: str) -> None:
        """Remove what is kept of a run; see `Engine`."""
        with self._shelf.locked():
            self._shelf.forget(run, lambda folder: Ticket(folder.path).ended)
        self._refused.pop(run, None)
        self._looked = -math.inf

    def tick(self) -> None:
        """Hand in what waits, and look at Slurm when it is time; see `Engine`."""
        with self._turn() as ours:
            due = [ticket for ticket in self._tickets() if not ticket.ended]
            pause = EVERY if due or self._strays else SELDOM
            new = any(not ticket.told and ticket.run not in self._refused for ticket in due)
            if ours and (new or time.monotonic() - self._looked >= pause):
                self._look(due)

    def close(self) -> None:
        """Let go of the lock; see `Engine`."""
        self._shelf.close()

    def _tickets(self) -> list[Ticket]:
        return [Ticket(folder.path) for folder in self._shelf.folders()]

    def _queue(self) -> list[Ticket]:
        return [t for t in self._tickets() if not t.ended and not t.began and t.run not in self._working]

    def _state(self, ticket: Ticket) -> State:
        if reason := ticket.reason:
            return Gone(reason)
        if ticket.done:
            return Finished()
        if since := ticket.since or self._working.get(ticket.run, 0.0):
            return Running(since)
        before = [t for t in self._queue() if (t.number, t.run) < (ticket.number, ticket.run)]
        return Queued(len(before) + 1)

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Be the only one who speaks with Slurm for this folder, if nobody else is; tell whether."""
        handle = os.open(self._home / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        ours = False
        try:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                ours = True
            yield ours
        finally:
            os.close(handle)

    def _look(self, due: Iterable[Ticket]) -> None:
        """Ask Slurm once, and do for every open run what is due; one that is refused holds up no other.

        Raises:
            Complaint: it does not answer now, or does not take a job.
        """
        self._looked = time.monotonic()
        entries = self._list()
        refusals = []
        for ticket in due:
            try:
                with telling(ticket.run):
                    self._follow(ticket, entries.get(ticket.run, ()))
            except Complaint as complaint:
                refusals.append(complaint)
        self._reap(entries)
        for refusal in refusals[:1]:
            raise refusal

    def _list(self) -> dict[str, tuple[Entry, ...]]:
        """Return the jobs that Slurm has of this folder's runs, by run."""
        runs, now = f"{self._shelf.runs}/", time.time()
        found: dict[str, tuple[Entry, ...]] = {}
        for entry in self._scheduler.list():
            run = entry.folder.removeprefix(runs)
            if entry.folder == runs + run and is_run(run):
                found[run] = (*found.get(run, ()), entry)
        working = [run for run, entries in found.items() if any(entry.works for entry in entries)]
        self._working = {run: self._working.get(run, now) for run in working}
        return found

    def _follow(self, ticket: Ticket, entries: Sequence[Entry]) -> None:
        """Do what is due for a run; one that was forgotten meanwhile has nothing due."""
        try:
            known = _know(ticket, bound(ticket.job))
        except Unreadable as complaint:
            self._close(ticket, f"its job cannot be read: {complaint.what}")
            return
        with suppress(FileNotFoundError):
            match decide(known, entries, GRACE):
                case Submit():
                    self._submit(ticket)
                case Tell(number):
                    ticket.tell(number)
                case Leave(number, state, node):
                    ticket.leave(number, self._explain(number, state, node))
                case Close(reason, ended):
                    self._close(ticket, reason + (ticket.last_words() if ended else ""))

    def _submit(self, ticket: Ticket) -> None:
        """Hand a run's job in.

        Raises:
            Complaint: Slurm does not take it now, or does not answer, and does not list it either.
        """
        options, words = self._cluster.choose(ticket.job, ticket.path), self._cluster.word(ticket.path)
        try:
            number = self._scheduler.submit(options, self._script, words)
        except Complaint as refusal:
            mine = find(_know(ticket, 0.0), self._list().get(ticket.run, ()))
            if mine is None or (mine.over and not ticket.began):
                self._bear(ticket, refusal, final=mine is not None)
                return
            number = mine.number
        ticket.tell(number)
        self._refused.pop(ticket.run, None)

    def _bear(self, ticket: Ticket, refusal: Complaint, *, final: bool) -> None:
        """Offer a run again for a while to a Slurm that answers, unless that is *final*; then it is gone.

        Raises:
            Complaint: it will be offered again.
        """
        since = self._refused.setdefault(ticket.run, time.monotonic())
        if not final and time.monotonic() - since < REFUSED:
            raise refusal
        self._close(ticket, refusal.what)

    def _explain(self, number: int, state: str, node: str) -> str:
        """Return why nothing more can come of a job, as a clause."""
        if not state:
            return f"Slurm does not know its job {number} any more, and there is no result"
        where = f" on {node}" if node else ""
        return f"its job {number} ended{where} without a result: {state}{self._scheduler.explain(number)}"

    def _close(self, ticket: Ticket, reason: str) -> None:
        """Let a run be gone, unless its bundle came after all, and end its job if there is one."""
        with self._shelf.locked():
            if ticket.ended or not ticket.path.is_dir():
                return
            ticket.bar(reason)
            ticket.finish(reason)
        self._refused.pop(ticket.run, None)
        self._end(ticket)

    def _end(self, ticket: Ticket) -> None:
        """Have Slurm end the job of a run; if it does not answer, a later look finds a job that nobody asks for."""
        numbers = sorted({ticket.began, *ticket.told} - {0})
        with suppress(Complaint):
            if numbers:
                self._scheduler.cancel(name(ticket.run), numbers)

    def _reap(self, listed: Mapping[str, Sequence[Entry]]) -> None:
        """End what Slurm still has and nobody asks for, once two looks found it so.

        Raises:
            Complaint: a job does not end.
        """
        found = {run: self._find_strays(Ticket(self._shelf.runs / run), entries) for run, entries in listed.items()}
        self._strays = Counter({one: self._strays[one] + 1 for numbers in found.values() for one in numbers})
        for run, numbers in found.items():
            if again := sorted(one for one in numbers if self._strays[one] > 1):
                with suppress(Complaint):  # it may just have ended
                    self._scheduler.cancel(name(run), again)
            if deaf := [one for one in again if self._strays[one] > LOOKS]:
                raise Complaint(f"Slurm does not end its job {deaf[0]}, for which nobody asks any more")

    def _find_strays(self, ticket: Ticket, entries: Sequence[Entry]) -> frozenset[int]:
        mine = None if ticket.ended or not ticket.path.is_dir() else find(_know(ticket, 0.0), entries)
        return find_strays(entries, mine.number if mine else 0)


def _know(ticket: Ticket, limit: float) -> Known:
    now, (lost, why, noticed) = time.time(), ticket.left
    began = ticket.since
    age = now - began if began else 0.0
    return Known(ticket.began, ticket.told, ticket.barred, age, limit, lost, why, now - noticed)
