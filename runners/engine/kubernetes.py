"""Jobs as pods of a Kubernetes cluster: one Job each, that starts one pod, once.

The app's folder lies on a volume that pods mount too: the job goes there as a file, and the bundle
comes back as one. What the cluster says is asked for by lists, and a watch tells only when: it would have
to be reconciled with a list all the same. A cluster that does not answer is never the end of a run.
"""

from __future__ import annotations

import importlib
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contracts.error import Complaint, Unreadable
from runners.engine import manifest, parcel
from runners.engine.answer import TAKEN, Refused
from runners.engine.manifest import INSTANCE, OWNER, RUN, label
from runners.engine.model import Away, Finished, Gone, Queued, Running
from runners.engine.pace import PACE, Pace
from runners.engine.phase import DELETED, Ended, Terms, Waiting, Working, judge, text
from runners.engine.shelf import CANCELLED, UNKNOWN, Shelf, telling
from runners.engine.sight import look

if TYPE_CHECKING:
    from pathlib import Path

    from runners.engine.api import Cluster
    from runners.engine.folder import Folder
    from runners.engine.manifest import Place
    from runners.engine.model import State
    from runners.engine.phase import Phase
    from runners.engine.sight import Sight
    from runners.job import Job


class Kubernetes:
    """Runs every job as a Job of a cluster; see `runners.engine.model.Engine`."""

    def __init__(self, folder: Path, place: Place, cluster: Cluster, pace: float = PACE) -> None:
        """Take the runs below *folder*, which lies on the volume, and is made if it is not there.

        Raises:
            Unreadable: no pod can run at that place, or see that folder.
            OSError: the folder cannot be written to.
        """
        manifest.check(place)
        manifest.locate(place, str(folder.absolute()))
        self._place, self._cluster, self._pace = place, cluster, Pace(pace)
        self._shelf = Shelf(folder)
        with self._shelf.locked():
            self._instance = parcel.name(folder)
        self._working, self._strays = frozenset[str](), frozenset[str]()

    def start(self, job: Job) -> None:
        """Take a job; see `Engine`. It is taken also while the cluster is away."""
        with self._shelf.locked():
            manifest.build(self._place, parcel.address(self._shelf.runs / job.run, job), self._instance)
            stored = self._shelf.store(job)
            self._pace.hurry()
            if not _ended(stored) and not parcel.is_created(stored):
                with suppress(Complaint):  # the next tick asks again, and says why not
                    self._submit(stored)

    def state(self, run: str) -> State:
        """Return how it stands with a run; see `Engine`.

        Raises:
            Away: it has no end, and the cluster does not answer.
        """
        with self._shelf.locked():
            folder = self._shelf.find(run)
            return self._state(folder, None if _ended(folder) else self._look()) if folder else Gone(UNKNOWN)

    def waiting(self) -> int:
        """Return how many runs wait, as the last tick saw it; see `Engine`."""
        with self._shelf.locked():
            return len(self._queue())

    def cancel(self, run: str) -> None:
        """End a run; see `Engine`.

        Raises:
            Away: it is gone, but the cluster could not be told; the next tick tells it.
        """
        with self._shelf.locked(), telling(run):
            folder = self._shelf.find(run)
            if folder and not folder.done:
                folder.finish(CANCELLED)
                self._pace.hurry()
                for job in self._cluster.jobs(self._selector(run)).objects:
                    self._cluster.delete(job)

    def runs(self) -> tuple[str, ...]:
        """Return every run that is not forgotten, in the order of their start."""
        return self._shelf.names()

    def spent(self, run: str) -> float:
        """Return for how long a pod worked on a run, as exactly as the cluster is looked at; see `Engine`."""
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
            return tuple(folder.run for folder in self._shelf.folders() if _ended(folder))

    def forget(self, run: str) -> None:
        """Remove what is kept of a run; see `Engine`. A Job that is left of it is removed by a later tick."""
        with self._shelf.locked():
            self._shelf.forget(run, _ended)

    def tick(self) -> None:
        """Do what is due; see `Engine`. One run that cannot be looked after holds up no other."""
        with self._shelf.locked():
            if not self._pace.is_due():
                return
            self._pace.rest()
            sight = self._look()
            said = [*self._settle(sight), *self._launch(sight), *self._sweep(sight)]
            due = bool(said or sight.jobs or not all(map(_ended, self._shelf.folders())))
            self._pace.rest(due=due, told=not said and self._is_told(sight))
            if due:
                self._pace.listen(sight.watch)
        if said:
            raise said[0]
        self._pace.complain()

    def close(self) -> None:
        """Let go of the lock and the connections; see `Engine`."""
        self._pace.close()
        self._shelf.close()
        self._cluster.close()

    def _selector(self, run: str = "") -> str:
        owner = ",".join(f"{key}={value}" for key, value in OWNER.items())
        return f"{owner},{INSTANCE}={self._instance}" + (f",{RUN}={label(run)}" if run else "")

    def _look(self) -> Sight:
        sight = look(self._cluster, self._selector())
        self._working = frozenset(run for run, phase in sight.phases.items() if isinstance(phase, Working | Ended))
        return sight

    def _is_told(self, sight: Sight) -> bool:
        """Whether every run waits or works there, so that what happens to it next happens to its Job."""
        left = [label(folder.run) for folder in self._shelf.folders() if not _ended(folder)]
        return all(isinstance(sight.phases.get(run), Waiting | Working) for run in left)

    def _queue(self) -> list[Folder]:
        return [f for f in self._shelf.folders() if not _ended(f) and label(f.run) not in self._working]

    def _settle(self, sight: Sight) -> list[Complaint]:
        """Write down what ended."""
        said = []
        for folder in self._shelf.folders():
            try:
                if not _ended(folder):
                    self._state(folder, sight)
            except Complaint as complaint:
                said.append(complaint)
        return said

    def _launch(self, sight: Sight) -> list[Complaint]:
        """Create what waits to be created, in order; what is no fault of one run ends this for now."""
        said: list[Complaint] = []
        for folder in self._shelf.folders():
            if not _ended(folder) and not parcel.is_created(folder) and label(folder.run) not in sight.jobs:
                try:
                    self._submit(folder)
                except Complaint as complaint:
                    if isinstance(complaint, Refused) and complaint.quota:
                        return said
                    said.append(complaint)
                    if isinstance(complaint, Away) and not (isinstance(complaint, Refused) and complaint.own):
                        return said
        return said

    def _sweep(self, sight: Sight) -> list[Complaint]:
        """Delete the Jobs of what has an end, and at the second sight those that nobody knows any more."""
        known = {label(folder.run): folder for folder in self._shelf.folders()}
        strays = frozenset(sight.jobs.keys() - known.keys())
        ended = {run for run in sight.jobs.keys() & known.keys() if _ended(known[run])}
        said = []
        for run in sorted(ended | (strays & self._strays)):
            try:
                if not text(sight.jobs[run], "metadata", "deletionTimestamp"):
                    self._cluster.delete(sight.jobs[run])
            except Complaint as complaint:
                said.append(complaint)
        self._strays = strays
        return said

    def _submit(self, folder: Folder) -> None:
        """Create the Job of a run; one that is there already must be ours."""
        with telling(folder.run):
            try:
                asked = manifest.build(self._place, parcel.address(folder.path, folder.job), self._instance)
            except Unreadable as complaint:
                folder.finish(f"its job cannot be read: {complaint.what}")
                return
            parcel.prepare(folder)
            try:
                parcel.mark(folder, self._create(folder, asked))
            except Refused as refused:
                if refused.wrong or self._waited(folder) > self._place.patience:
                    folder.finish(f"it was not admitted: {refused.what}")
                raise

    def _create(self, folder: Folder, asked: Any) -> str:
        try:
            return self._cluster.create(asked)
        except Refused as refused:
            if refused.status != TAKEN:
                raise
            ours = self._cluster.jobs(self._selector(folder.run)).objects
            if not ours:
                what = f"the Job {manifest.name(folder.run)} is there already, and is not ours"
                raise Refused(TAKEN, what) from None
            return text(ours[0], "metadata", "uid")

    def _state(self, folder: Folder, sight: Sight | None) -> State:
        """Return how it stands with a run, and write an end down; *sight* is None for one that has its end."""
        if sight and not _ended(folder):
            phase = sight.phases.get(label(folder.run))
            if phase is None and not parcel.is_created(folder):
                return Queued(self._rank(folder))
            with telling(folder.run):
                if phase:
                    parcel.mark(folder, text(sight.jobs[label(folder.run)], "metadata", "uid"))
                state = self._heed(folder, phase or Ended("", DELETED))
            if state:
                return state
        return Gone(folder.reason) if folder.reason else Finished()

    def _heed(self, folder: Folder, phase: Phase) -> State | None:
        """Return how it stands with a run that has no end yet; None if it has one now."""
        now = time.time()
        since = _seconds(phase.since, now)
        if isinstance(phase, Ended) and parcel.take(folder):
            return None
        try:
            reason = judge(phase, now - since, Terms(folder.job.deadline, self._place.patience, self._waited(folder)))
        except Unreadable as complaint:
            reason = f"its job cannot be read: {complaint.what}"
        if reason:
            words = self._cluster.words(phase.pod) if isinstance(phase, Ended) and phase.pod else ""
            parcel.finish(folder, reason, words)
            return None
        if isinstance(phase, Working):
            folder.begin(since)
        return Queued(self._rank(folder)) if isinstance(phase, Waiting) else Running(since)

    def _waited(self, folder: Folder) -> float:
        """Return for how many seconds a run is known here."""
        return time.time() - (folder.path / "job.json").stat().st_mtime

    def _rank(self, folder: Folder) -> int:
        before = [waiting.run for waiting in self._queue()]
        return before.index(folder.run) + 1 if folder.run in before else len(before) + 1


def reach(kubeconfig: Path | None, namespace: str) -> Cluster:
    """Return a cluster, through the official client, which is loaded only now; see `api.connect`.

    Raises:
        Unreadable: the client is not installed, or there is no such cluster.
    """
    try:
        found: Cluster = importlib.import_module("runners.engine.api").connect(kubeconfig, namespace)
    except ModuleNotFoundError as error:
        what = f"the engine `kubernetes` needs the package {error.name}, which is not installed"
        raise Unreadable(what, mend="Install `discharge[kubernetes]`") from None
    return found


def _ended(folder: Folder) -> bool:
    return bool(folder.reason) or folder.done


def _seconds(moment: str, now: float) -> float:
    """Return a moment of the cluster as seconds since the epoch; *now* for one that cannot be read."""
    with suppress(ValueError):
        return datetime.fromisoformat(moment).timestamp()
    return now
