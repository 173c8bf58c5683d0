"""What runners do in a story: they come online, take jobs, hand over what came of them, or are heard of no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.act.artifact import add_artifact
from app.sandbox.act.runner import connect, lose, register, take
from app.sandbox.act.work import begin, finish
from app.sandbox.model import Refusal
from app.sandbox.setting import PERSON
from app.sandbox.verb import Verb

if TYPE_CHECKING:
    from app.sandbox.model import Job, Json, Runner


class Machine(Verb):
    """What runners do; the genuine ones speak a protocol of their own for it, which is nowhere described."""

    def _job(self, name: str, number: int) -> Job:
        runs = self.world.repository(name).runs.values()
        return next(job for run in runs for job in run.jobs if job.id == number)

    def _runner(self, number: int) -> Runner:
        found = self.world.runners.get(number)
        if found is None:
            raise Refusal(401, "The runner registration has been deleted from the server.")
        return found

    def group(self, login: str, number: int, *, usable: bool = True) -> None:
        """Make a group of runners of an organization, one that the app may use or not."""
        with self.world.lock:
            self.world.groups[login, number] = usable

    def register(self, home: str, name: str, labels: list[str], *, online: bool = True) -> int:
        """Add a runner that stays registered to a repository (full name) or an organization (login); its id."""
        with self.world.lock:
            made = register(self.world, home, name, labels)
            made.ephemeral, made.status = False, "online" if online else "offline"
            return made.id

    def connect(self, runner: int, secret: str) -> None:
        """Let a just-in-time runner come online, with the secret of its configuration."""
        with self.world.lock:
            connect(self.world, runner, secret)

    def switch(self, runner: int, *, online: bool) -> None:
        """Let a runner that stays registered come online or go offline."""
        with self.world.lock:
            self._runner(runner).status = "online" if online else "offline"

    def take(self, runner: int) -> Json | None:
        """Give an online runner its next job, None if none waits; rejected once it is no longer registered."""
        with self.world.lock:
            return take(self.world, self.world.person(PERSON), self._runner(runner))

    def is_cancelled(self, name: str, job: int) -> bool:
        """Say whether a job is to be cancelled, or was."""
        with self.world.lock:
            found = self._job(name, job)
            return found.cancelling or found.status == "completed"

    def upload(self, name: str, run: int, artifact: str, data: bytes, days: int = 90) -> int:
        """Keep an archive as an artifact of a run that has not ended; its id."""
        with self.world.lock:
            return add_artifact(self.world, self.world.repository(name).runs[run], artifact, data, days).id

    def expire(self, name: str, artifact: int) -> None:
        """Let the days of an artifact be over."""
        with self.world.lock:
            every = (each for run in self.world.repository(name).runs.values() for each in run.artifacts)
            next(each for each in every if each.id == artifact).expired = True

    def lose(self, runner: int) -> None:
        """Let GitHub notice that a runner's process is no more; it does so minutes later."""
        with self.world.lock:
            lose(self.world, self.world.person(PERSON), self._runner(runner))

    def begin_job(self, name: str, number: int, runner: str = "") -> None:
        """Let a runner (by name; empty: one of GitHub's) take a job, whatever its labels."""
        with self.world.lock:
            found: list[Runner] = [each for each in self.world.runners.values() if each.name == runner]
            begin(self.world, self.world.person(PERSON), self._job(name, number), found[0] if found else None)

    def finish_job(self, name: str, number: int, conclusion: str = "success") -> None:
        """Let a job end, once."""
        with self.world.lock:
            job = self._job(name, number)
            if job.status == "completed":
                raise Refusal(409, "The job has ended already.")
            finish(self.world, self.world.person(PERSON), job, conclusion)

    def runners(self) -> list[Json]:
        """Return all runners: id, home, name, labels, status, busy, ephemeral."""
        keys = ("id", "home", "name", "labels", "status", "busy", "ephemeral")
        with self.world.lock:
            return [{key: getattr(each, key) for key in keys} for each in self.world.runners.values()]

    def jobs(self, name: str) -> list[dict[str, Any]]:
        """Return the jobs of a repository: id, run, labels, status, inputs of the run."""
        with self.world.lock:
            runs = self.world.repository(name).runs.values()
            jobs = [job for run in runs for job in run.jobs]
            keys = ("id", "name", "status", "conclusion")
            more = [{"run": j.run.id, "labels": list(j.labels), "inputs": dict(j.run.inputs)} for j in jobs]
            return [{**{k: getattr(job, k) for k in keys}, **rest} for job, rest in zip(jobs, more, strict=True)]
