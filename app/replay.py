"""`discharge replay`: a recorded delivery handled once more, on a sandbox that is founded from a clone.

Nothing outside is touched: the sandbox listens on the loopback interface, the keys are made for the occasion, and all
files stand in a temporary folder. The handling is the App's own.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.account import Account
from app.assembly import make_seal
from app.bot.house import House
from app.bot.worker import Worker
from app.effect import StartSmoke, WriteBranch
from app.ground import Ground
from app.history import Repository
from app.hook.event import EVENTS, Finished, Ignored
from app.hook.payload import read as read_event
from app.hub.access import Access
from app.hub.token import Tokens
from app.hub.wire import Terms
from app.key import make
from app.lookout import pack
from app.note import read as read_note
from app.queue.delivery import Delivery
from app.recording import LONGEST, Recording
from app.recording import read as read_recording
from app.sandbox.sandbox import Sandbox
from app.shell import diff, now
from contracts.error import Unreadable
from evidence.signer import publish
from evidence.signer import read as read_signer
from runners.engine.local import Local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.effect import Effect
    from app.sandbox.model import App
    from app.shell import Watch

_BEAT = 0.1
_KEY = b"made for one replay"


@dataclass(frozen=True, slots=True)
class Told:
    """One effect that happened; *diff* is what it changes in files, where it does."""

    effect: Effect
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recording and all that came of it; *ignored* says why nothing did, empty otherwise."""

    file: str
    event: str
    repository: str
    told: tuple[Told, ...]
    ignored: str = ""


def replay(files: Sequence[Path], clone: Path, watch: Watch, *, dry_run: bool = False) -> tuple[Replayed, ...]:
    """Handle recorded deliveries, in order, as the App would with the repository as *clone* has it.

    Args:
        files: the recordings.
        clone: a git checkout of the repository that they are about.
        watch: is told, in one line, what happens now.
        dry_run: runs no leg; everything up to the start of a run is done on the sandbox.

    Raises:
        Complaint: a file is no recording, is about another repository, or names what the clone does not have.
    """
    recordings = [(path, _read(path)) for path in files]
    there = Repository(clone)
    with tempfile.TemporaryDirectory(prefix="discharge-replay-") as folder, Sandbox(Path(folder) / "github") as sandbox:
        theatre = _Theatre(sandbox, there, Path(folder), watch, dry_run=dry_run)
        return tuple(theatre.play(path, recording) for path, recording in recordings)


def _read(path: Path) -> Recording:
    try:
        with path.open("rb") as stream:
            data = stream.read(LONGEST + 1)
        return _demand_known(read_recording(data))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise Unreadable(f"{path} is no recorded delivery: {error.what}", mend=error.mend) from error


def _demand_known(recording: Recording) -> Recording:
    if recording.event not in EVENTS:
        raise Unreadable(
            f"the App does not listen to {recording.event}", mend=f"It does to {', '.join(sorted(EVENTS))}"
        )
    return recording


class _Still(Local):
    """An engine that takes jobs and runs none."""

    def start(self, job: object) -> None:
        """Do nothing."""


@dataclass
class _Theatre:
    """The sandbox with the App on it, and what has happened there."""

    sandbox: Sandbox
    clone: Repository
    folder: Path
    watch: Watch
    dry_run: bool = False
    _told: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make keys and the App."""
        self._ground = Ground(self.sandbox, self.clone)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        app = self.sandbox.app("discharge", key.public_key())
        terms = Terms(self.sandbox.url)
        access = Access(terms, Tokens(app, private, terms), self.folder / "data")
        self.engine = (_Still if self.dry_run else Local)(self.folder / "engine")
        signer = read_signer(make())
        seal, own = make_seal(signer), publish(signer).text
        account = Account(self.folder / "budget", now)
        self.house = House(app, access.open, access.mirror, self.engine, account, _KEY, seal, own, self._hear)

    @property
    def _app(self) -> App:
        return self.sandbox.world.apps[self.house.app]

    def _hear(self, effect: Effect) -> None:
        self._told.append(effect)
        self.watch("running the legs" if isinstance(effect, StartSmoke) and not self.dry_run else "working")

    def play(self, path: Path, recording: Recording) -> Replayed:
        """Handle one recording to its end, with the runs that it starts."""
        self._told.clear()
        name = self._ground.found(recording)
        installation = self._ground.installations[name]
        payload = {**recording.payload, "installation": {"id": installation}}
        delivery = Delivery(
            recording.delivery or path.name, recording.event, name, json.dumps(payload).encode(), time.time()
        )
        event = read_event(delivery.event, delivery.id, delivery.body, app=self.house.app)
        if isinstance(event, Ignored):
            return Replayed(str(path), recording.event, name, (), event.reason)
        self._ground.recall(name, recording)
        worker = Worker(self.house)
        worker.work(delivery)
        self._finish(worker)
        return Replayed(str(path), recording.event, name, tuple(self._show(name, effect) for effect in self._told))

    def _finish(self, worker: Worker) -> None:
        """Carry the runs to their ends; their own deadlines bound that. Whoever stops this stops them."""
        runs = [effect.job.run for effect in self._told if isinstance(effect, StartSmoke)]
        try:
            while not self.dry_run and runs:
                self.engine.tick()
                for run in set(self.engine.finished()) & set(runs):
                    note = read_note(self.engine.note(run))
                    runs.remove(run)
                    worker.work(pack(Finished(f"finished-{run}", note.installation, note.repository, run)))
                time.sleep(_BEAT)
        finally:
            for run in runs:
                self.engine.cancel(run)

    def _show(self, name: str, effect: Effect) -> Told:
        if not isinstance(effect, WriteBranch):
            return Told(effect)
        mirror = self.house.mirror(self._ground.installations[name], name).open([effect.parent])
        return Told(effect, diff(mirror, effect))
