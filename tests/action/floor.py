"""A floor with machines: the engine `actions` before a sandbox GitHub, and machines that do what a story says."""

from __future__ import annotations

import base64
import json
import sys
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.action.engine import Actions
from app.action.hand import Setup
from app.hub.workflow import FILE
from app.note import Note, write
from evidence.model import Observation
from runners import bundle as bundles
from runners.bench import argv_of
from runners.engine.model import Finished, Gone, Queued, Running
from runners.job import Job
from runners.smoke import Leg, Smoke
from tests.app.remote import HELLO, Remote, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runners.engine.model import State

ROOT = Path(__file__).resolve().parents[2]
PATH = f".github/workflows/{FILE}"
RUN = "0123456789abcdef"


@dataclass
class Machines:
    """An engine whose machines start at once, unless a story says otherwise."""

    jobs: dict[str, Job] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    slow: bool = False
    failing: bool = False

    def start(self, job: Job) -> None:
        """Take a job."""
        if job.run not in self.jobs:
            begun = Finished() if self.failing else Queued(1) if self.slow else Running(0.0)
            self.jobs[job.run], self.states[job.run] = job, begun

    def state(self, run: str) -> State:
        """Return how it stands."""
        return self.states.get(run, Gone("unknown"))

    def cancel(self, run: str) -> None:
        """End a machine."""
        if isinstance(self.state(run), Queued | Running):
            self.states[run] = Gone("it was cancelled")

    def job(self, run: str) -> Job:
        """Return what was asked."""
        return self.jobs[run]

    def collect(self, run: str) -> bytes:
        """Return that the runner's program could not be started."""
        words = "the runner cannot be started: No such file or directory\n"
        argv = argv_of(self.jobs[run].smoke, "runner")
        seen = Observation("runner", argv, words, "", words, 3, 0.1)
        return bundles.write(replace(bundles.fail(self.jobs[run], "-"), repeats=({"runner": seen},)))

    def spent(self, run: str) -> float:
        """Return that each worked for 90 seconds."""
        return 90.0 if run in self.jobs else 0.0

    def forget(self, run: str) -> None:
        """Forget a machine that ended."""
        assert not isinstance(self.state(run), Queued | Running)
        self.states.pop(run, None)

    def end(self, run: str) -> None:
        """Let a machine end by itself."""
        self.states[run] = Finished()

    @property
    def working(self) -> list[str]:
        """The machines that work or wait."""
        return [run for run, state in self.states.items() if isinstance(state, Queued | Running)]


@dataclass
class Floor:
    """Everything that a story needs."""

    remote: Remote
    machines: Machines
    engine: Actions
    folder: Path

    def job(self, run: str = RUN, kind: str = "actions", labels: tuple[str, ...] = ("GPU",)) -> Job:
        """Return a job of a smoke that asks for a machine with labels."""
        smoke = Smoke("speak", "contracts/a.yaml", (Leg("default", ("true",)),), (), labels=labels, engine=kind)
        note = write(Note(self.remote.installation, HELLO, 1, self.remote.first))
        return Job(run, str(self.folder), self.remote.first, smoke, ("default",), (), 1, note)

    def start(self, run: str = RUN, kind: str = "actions", labels: tuple[str, ...] = ("GPU",)) -> None:
        """Start a run, and let what can happen at once happen."""
        self.engine.start(self.job(run, kind, labels))
        self.engine.tick()

    @property
    def runners(self) -> list[Any]:
        """What GitHub lists."""
        return self.remote.sandbox.runners()

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs of the workflow, oldest first."""
        return self.remote.sandbox.jobs(HELLO)

    def name(self, attempt: int = 1, run: str = RUN) -> str:
        """Return what the runner of an attempt is called."""
        return f"discharge-{self.remote.app}-{run}-{attempt}"

    def hidden(self, attempt: int = 1, run: str = RUN) -> str:
        """Return what a runner is configured with."""
        return (self.folder / "actions" / "runs" / run / f"jit-{attempt}").read_text()

    def boot(self, attempt: int = 1, run: str = RUN) -> int:
        """Let the runner of an attempt come online; its id."""
        files = {
            name: base64.b64decode(text)
            for name, text in json.loads(base64.b64decode(self.hidden(attempt, run))).items()
        }
        number = int(json.loads(files[".runner"])["AgentId"])
        self.remote.sandbox.connect(number, json.loads(files[".credentials_rsaparams"])["d"])
        return number

    def take(self, runner: int) -> Any:
        """Let a runner take its next job."""
        return self.remote.sandbox.take(runner)

    def hand_over(self, *, run: str = RUN, job: int = -1, words: str = "it broke") -> bytes:
        """Hand over a bundle of the newest job, or of that one; its bytes."""
        data = bundles.write(bundles.fail(self.job(run), words))
        self.upload(data, run, job)
        return data

    def upload(self, data: bytes, run: str = RUN, job: int = -1) -> None:
        """Hand over whatever it is."""
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bundle", data)
        self.remote.sandbox.upload(HELLO, self.jobs[job]["run"], f"discharge-{run}", packed.getvalue())

    def end(self, job: int = -1, conclusion: str = "success") -> None:
        """Let a job end."""
        self.remote.sandbox.finish_job(HELLO, self.jobs[job]["id"], conclusion)

    def tick(self, times: int = 1) -> None:
        """Let the engine look."""
        for _ in range(times):
            self.engine.tick()

    def left(self) -> list[str]:
        """Return the folders of runs that are kept."""
        return sorted(path.name for path in (self.folder / "actions" / "runs").iterdir())


@contextmanager
def open_floor(folder: Path, **setup: Any) -> Iterator[Floor]:
    """Open a floor: GitHub, a repository with the workflow, the App, and the engine."""
    with visit(folder / "github") as remote:
        remote.first = remote.sandbox.push(HELLO, "main", {PATH: (ROOT / "runners" / FILE).read_text()})
        machines = Machines()
        settings = Setup(remote.app, sys.executable, "/opt/actions-runner/run.sh", **setup)
        engine = Actions(folder / "actions", machines, remote.access.workshop, settings)  # type: ignore[arg-type]
        try:
            yield Floor(remote, machines, engine, folder)
        finally:
            engine.close()
