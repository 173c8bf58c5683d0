"""All engines as one: a smoke says which it needs, and a run is found again where it was started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.action.machine import is_machine
from app.action.record import REMOTE

if TYPE_CHECKING:
    from app.action.engine import Actions
    from runners.engine.model import Engine, State
    from runners.job import Job


def list_served(operator: str) -> tuple[str, ...]:
    """Return what smokes may name in `runner.engine` where that is the operator's engine.

    No runner is started in a pod: that sees the folder of its own run, and not the file that configures its runner.
    """
    remote = [name for name in REMOTE if name != "actions" or operator != "kubernetes"]
    return tuple(dict.fromkeys(("local", operator, *remote)))


@dataclass(frozen=True, slots=True)
class Router:
    """An engine that is the operator's and that of GitHub Actions; see `Engine` for what its methods promise."""

    operator: Engine
    actions: Actions

    def start(self, job: Job) -> None:
        """Take a job, for the engine that its smoke names; whatever is no matter of GitHub's is the operator's."""
        (self.actions if job.smoke.engine in REMOTE else self.operator).start(job)

    def state(self, run: str) -> State:
        """Return how it stands with a run."""
        return self._of(run).state(run)

    def waiting(self) -> int:
        """Return how many runs wait for a machine; a runner that waits for one is one of them, once."""
        return self.operator.waiting() + self.actions.waiting()

    def cancel(self, run: str) -> None:
        """End a run."""
        self._of(run).cancel(run)

    def spent(self, run: str) -> float:
        """Return for how many seconds a machine has worked on a run."""
        return self._of(run).spent(run)

    def job(self, run: str) -> Job:
        """Return a run's job."""
        return self._of(run).job(run)

    def note(self, run: str) -> str:
        """Return a run's note."""
        return self._of(run).note(run)

    def collect(self, run: str) -> bytes:
        """Return a run's bundle."""
        return self._of(run).collect(run)

    def finished(self) -> tuple[str, ...]:
        """Return the runs of smokes that have an end; machines of runners are none."""
        return (*(run for run in self.operator.finished() if not is_machine(run)), *self.actions.finished())

    def forget(self, run: str) -> None:
        """Remove all that is kept of a run."""
        self._of(run).forget(run)

    def tick(self) -> None:
        """Do what is due for the operator's engine. GitHub is asked beside: see `Actions.tick`."""
        self.operator.tick()

    def close(self) -> None:
        """Let go of both."""
        self.actions.close()
        self.operator.close()

    def _of(self, run: str) -> Engine:
        return self.actions if self.actions.knows(run) else self.operator
