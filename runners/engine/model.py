"""What every engine can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from contracts.error import Complaint

if TYPE_CHECKING:
    from runners.job import Job


class Away(Complaint):
    """The machines, or what hands them out, cannot be asked now: nothing is known of a run, and no run ended by it."""


@dataclass(frozen=True, slots=True)
class Queued:
    """It waits for a machine; *place* counts from 1."""

    place: int


@dataclass(frozen=True, slots=True)
class Running:
    """A machine works on it, since that time (seconds since the epoch)."""

    since: float


@dataclass(frozen=True, slots=True)
class Finished:
    """Its bundle can be collected."""


@dataclass(frozen=True, slots=True)
class Gone:
    """It ended, or was ended, without a bundle; the reason is a clause for people that cites a machine."""

    reason: str


State = Queued | Running | Finished | Gone


class Engine(Protocol):
    """Runs jobs, each once, for as long as it is remembered. Every method may block; several threads may call.

    A run's name is its key, and an end is final: what is gone stays gone, whatever a process writes later.
    """

    def start(self, job: Job) -> None:
        """Take a job; the same run again is no second job. It is taken for good when this returns.

        Raises:
            Unreadable: the job is out of its bounds.
            Complaint: it cannot be stored now.
        """
        ...

    def state(self, run: str) -> State:
        """Return how it stands with a run; `Gone` for one that nobody knows.

        Raises:
            Away: it has no end that is known here, and more cannot be asked now.
        """
        ...

    def waiting(self) -> int:
        """Return how many runs wait for a machine."""
        ...

    def cancel(self, run: str) -> None:
        """End a run that has no end yet, with everything that it started; it is gone then.

        Raises:
            Away: it is gone; what works on it still is ended by a later tick.
        """
        ...

    def spent(self, run: str) -> float:
        """Return for how many seconds a machine has worked on a run; 0 if none began, or nobody knows it."""
        ...

    def job(self, run: str) -> Job:
        """Return the job of a run that is not forgotten.

        Raises:
            Unreadable: nobody knows the run, or what is stored of it was damaged.
        """
        ...

    def note(self, run: str) -> str:
        """Return the note that came with the job.

        Raises:
            Unreadable: as above.
        """
        ...

    def collect(self, run: str) -> bytes:
        """Return the bundle of a finished run, as often as it is asked for; `runners.bundle.read` reads it.

        Raises:
            Complaint: the run has none, or it is too large.
        """
        ...

    def finished(self) -> tuple[str, ...]:
        """Return the runs that have an end, finished or gone, and are not forgotten, in the order of their start."""
        ...

    def forget(self, run: str) -> None:
        """Remove all that is kept of a run; one that nobody knows is no error.

        Raises:
            Complaint: it has no end yet.
        """
        ...

    def tick(self) -> None:
        """Do what is due: start what waits, end what is over its time. To be called every few seconds.

        Raises:
            Complaint: something that is due cannot be done now; the next tick tries again.
        """
        ...

    def close(self) -> None:
        """Let go of what this process holds; runs go on."""
        ...
