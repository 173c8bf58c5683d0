"""The engine `actions`: legs run in a job of GitHub Actions, on a runner that is started for it or that people keep.

GitHub is asked about one run every 30 seconds, and at once after a webhook about it: a webhook that is lost costs
time, and nothing else. What was done is remembered after each act, so that another process can go on.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from app.action.case import Case
from app.action.record import name_machine, name_runner
from app.action.shift import DAMAGED, Shift, current, recall
from app.action.stage import TRIES, tell
from app.action.stray import Claim
from app.hub.wire import Busy
from contracts.error import Complaint
from runners.engine.model import Finished, Gone, Queued, Running
from runners.engine.shelf import CANCELLED, UNKNOWN, Shelf, lack, telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.action.hand import Setup
    from app.hub.workshop import Workshop
    from runners.engine.model import Engine, State
    from runners.job import Job

_log = structlog.stdlib.get_logger("runner")


class Actions:
    """Runs jobs as jobs of GitHub Actions. See `Engine` for what its methods promise."""

    def __init__(self, folder: Path, machine: Engine, open_: Callable[[int, str], Workshop], setup: Setup) -> None:
        """Take the runs below *folder*; several processes may share it.

        Args:
            folder: is made if it is not there.
            machine: the operator's engine, on which just-in-time runners are started.
            open_: gives what an installation may do with GitHub Actions in a repository.
            setup: what the operator decided.

        Raises:
            OSError: the folder cannot be written to.
        """
        self._shelf, self._machine, self._open, self._setup = Shelf(folder), machine, open_, setup
        self._tick = os.open(folder / "tick", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def start(self, job: Job) -> None:
        """Take a job; the next tick begins with it.

        Raises:
            Unreadable: the job is out of its bounds.
            Complaint: it cannot be stored now, or an earlier run of its name is still being cleared away.
        """
        with self._shelf.locked():
            if Case(self._shelf.store(job).path).forgotten:
                raise Complaint(f"an earlier run {job.run} is still being cleared away", mend="It is tried again")

    def knows(self, run: str) -> bool:
        """Return whether a run is one of these, and not forgotten."""
        return self._find(run) is not None

    def state(self, run: str) -> State:
        """Return how it stands with a run, as far as the last look at GitHub found."""
        case = self._find(run)
        if case is None:
            return Gone(UNKNOWN)
        if case.ended:
            return Gone(case.reason) if case.reason else Finished()
        record = recall(case)
        if record is None:
            return Gone(DAMAGED)
        attempt = record.current
        if attempt and attempt.began:
            return Running(attempt.began)
        before = [one for one in self._waiting() if one.number < case.number]
        return Queued(len(before) + 1, record.labels if record.parked else ())

    def waiting(self) -> int:
        """Return how many runs wait for a machine, without those for whom one waits in the operator's engine."""
        return len([case for case in self._waiting() if not _is_handed(case)])

    def cancel(self, run: str) -> None:
        """End a run: it is gone at once, its machine ends at once if it works on it, and the rest by the next tick."""
        with self._shelf.locked(), telling(run):
            case = self._find(run)
            if case is None or case.ended:
                return
            case.finish(CANCELLED)
            case.touch("nudged")
        attempt = current(case)
        if attempt and attempt.began and attempt.handed:
            self._machine.cancel(name_machine(run, attempt.number))

    def spent(self, run: str) -> float:
        """Return for how many seconds machines worked for a run: those started for it, or the job on a kept one."""
        case = self._find(run)
        if case is None:
            return 0.0
        record = recall(case)
        if record is None or record.kind == "registered":
            return case.spent
        working = (name_machine(run, attempt.number) for attempt in record.attempts if attempt.handed)
        return record.spent + sum(map(self._machine.spent, working))

    def job(self, run: str) -> Job:
        """Return a run's job."""
        return self._demand(run).job

    def note(self, run: str) -> str:
        """Return a run's note."""
        return self._demand(run).job.note

    def collect(self, run: str) -> bytes:
        """Return a run's bundle."""
        return self._shelf.collect(run, self.state(run))

    def finished(self) -> tuple[str, ...]:
        """Return the runs that have an end."""
        return tuple(case.run for case in self._cases() if case.ended and not case.forgotten)

    def forget(self, run: str) -> None:
        """Ask no more about a run; what is kept goes as soon as no machine and no registration is left of it."""
        with self._shelf.locked(), telling(run):
            case = self._find(run)
            if case is None:
                return
            if not case.ended:
                raise Complaint(f"the run {run} has no end yet", mend="Cancel it first")
            case.touch("forgotten")

    def nudge(self, workflow: int, labels: frozenset[str]) -> None:
        """Have the next tick look at the run that a job of a workflow belongs to, told by a webhook."""
        for case in self._cases():
            if case.concerns(self._setup.app, workflow, labels):
                with suppress(OSError):  # it goes away right now, say; it is looked at all the same, later
                    case.touch("nudged")

    def news(self) -> tuple[tuple[str, int, str], ...]:
        """Return of each run whose standing people do not know yet: how often they were told one, and that it is."""
        found = []
        for case in self._cases():
            count, known = case.told
            standing = "" if case.ended or (record := recall(case)) is None else tell(record)
            if standing and standing != known:
                found.append((case.run, count + 1, standing))
        return tuple(found)

    def mark(self, run: str, count: int, standing: str) -> None:
        """Remember that people are told.

        Raises:
            Complaint: that cannot be written down.
        """
        case = self._find(run)
        if case is not None:
            with telling(run), suppress(FileNotFoundError):  # it goes away right now
                case.tell(count, standing)

    def claim(self) -> Claim:
        """Return what the runners and machines are called that runs of ours may have, also those being cleared away."""
        app = self._setup.app
        runs = [(case.run, attempt) for case in self._cases() for attempt in range(1, TRIES + 1)]
        names = (name for one in runs for name in (name_runner(app, *one), name_machine(*one)))
        return Claim(app, frozenset(names))

    def tick(self) -> None:
        """Do what is due, first for the run that was longest not looked at; one process at a time does.

        Raises:
            Complaint: something cannot be done now; the other runs went on.
        """
        said = []
        with self._turn() as ours:
            cases = self._cases()
            shift = Shift(self._shelf, tuple(cases), self._machine, self._open, self._setup)
            for case in sorted(cases, key=lambda case: -case.pause) if ours else ():
                try:
                    shift.serve(case)
                except (Complaint, Busy, OSError) as error:
                    said.append(f"{case.run}: {error}")
                except Exception as error:  # noqa: BLE001 - whatever one run brings about, the others go on
                    _log.exception("a run cannot be followed", run=case.run)
                    said.append(f"{case.run}: it cannot be followed ({type(error).__name__})")
        if said:
            raise Complaint(f"runs on GitHub Actions are held up: {'; '.join(said[:3])}")

    def close(self) -> None:
        """Let go of the locks."""
        os.close(self._tick)
        self._shelf.close()

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Be the only one who does what is due; whether that is so."""
        try:
            fcntl.flock(self._tick, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(self._tick, fcntl.LOCK_UN)

    def _waiting(self) -> list[Case]:
        return [case for case in self._cases() if not case.ended and not ((attempt := current(case)) and attempt.began)]

    def _cases(self) -> list[Case]:
        return [Case(folder.path) for folder in self._shelf.folders()]

    def _find(self, run: str) -> Case | None:
        found = self._shelf.find(run)
        case = Case(found.path) if found else None
        return None if case is None or case.forgotten else case

    def _demand(self, run: str) -> Case:
        case = self._find(run)
        if case is None:
            raise lack(run)
        return case


def _is_handed(case: Case) -> bool:
    attempt = current(case)
    return bool(attempt and attempt.handed)
