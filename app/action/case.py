"""The folder of one run on GitHub Actions: what every run's folder has, and what is remembered of its attempts.

* `record.json`: see `app.action.record`.
* `looked`, `nudged`: when GitHub was last asked about it, and when a webhook last spoke of it.
* `told`: how it stood when people were last told.
* `forgotten`: nobody asks about it any more; it goes as soon as nothing is left of it elsewhere.
* `jit-1`: what the first runner is configured with, until that took it.
"""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from app.action.record import LONGEST, Record, choose, name_runner, read, write
from app.note import Note
from app.note import read as read_note
from contracts.error import Unreadable
from runners import file
from runners.engine.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from app.action.record import Kind

REST = 1.0
"""The least time between two looks, in seconds, whatever webhooks tell."""
_SHORT = 100


@dataclass(frozen=True, slots=True)
class Case(Folder):
    """What is known of one run."""

    @property
    def ended(self) -> bool:
        """Whether it has its end: a bundle, or a reason why there is none."""
        return self.done or bool(self.reason)

    @property
    def record(self) -> Record:
        """What is remembered; of a new run, what was asked.

        Raises:
            Unreadable: it was damaged.
        """
        if self.has("record.json"):
            return read(file.read(self.path / "record.json", LONGEST))
        smoke = self.job.smoke
        kind = cast("Kind", smoke.engine)
        return Record(kind, choose(kind, smoke.labels), self.when("job.json"))

    @property
    def whose(self) -> Note:
        """Where it was asked for.

        Raises:
            Unreadable: that was damaged.
        """
        return read_note(self.job.note)

    @property
    def forgotten(self) -> bool:
        """Whether nobody asks about it any more."""
        return self.has("forgotten")

    @property
    def told(self) -> tuple[int, str]:
        """How often people were told how it stands, and what last."""
        with suppress(Unreadable, ValueError):
            count, _, words = file.read(self.path / "told", _SHORT).decode().partition(" ")
            return int(count), words
        return 0, "queued"

    @property
    def pause(self) -> float:
        """The seconds since GitHub was last asked about it; none since, if it was nudged or never asked."""
        looked = self.when("looked")
        past = time.time() - looked
        nudged = self.when("nudged") >= looked and past >= REST
        return math.inf if not looked or nudged else past

    def save(self, record: Record) -> None:
        """Remember.

        Raises:
            OSError: it cannot be written.
        """
        file.write(self.path / "record.json", write(record))

    def keep(self, bundle: bytes) -> None:
        """Keep what came of it, unless it has its end.

        Raises:
            OSError: it cannot be written.
        """
        if not self.ended:
            file.write(self.path / "bundle.json", bundle)

    def tell(self, count: int, words: str) -> None:
        """Remember what people were told.

        Raises:
            OSError: it cannot be written.
        """
        file.write(self.path / "told", f"{count} {words}".encode())

    def touch(self, name: str) -> None:
        """Remember that something happens now: `looked`, `nudged`, `forgotten`; of what is there, only the time counts.

        Raises:
            OSError: it cannot be written.
        """
        with suppress(FileExistsError):
            os.close(os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        os.utime(self.path / name, follow_symlinks=False)

    def hurry(self, seconds: float) -> None:
        """Let the next look be due so many seconds earlier."""
        earlier = self.when("looked") - seconds
        with suppress(FileNotFoundError):
            os.utime(self.path / "looked", (earlier, earlier), follow_symlinks=False)

    def hide(self, attempt: int) -> Path:
        """Return the file for what a runner is configured with; only this user may read it."""
        return self.path / f"jit-{attempt}"

    def strip(self, attempt: int) -> None:
        """Remove what a runner is configured with, if it is there."""
        with suppress(FileNotFoundError, IsADirectoryError):  # a folder hides nothing
            self.hide(attempt).unlink()

    def concerns(self, app: int, workflow: int, labels: frozenset[str]) -> bool:
        """Return whether a job of a run of the workflow, or one with these labels, is its own, a run of our *app*."""
        with suppress(Unreadable):
            attempts = self.record.attempts
            own = {name_runner(app, self.run, attempt.number) for attempt in attempts}
            return bool(own & labels) or workflow in {attempt.workflow for attempt in attempts}
        return False
