"""A process that holds the engine, as the app does: it starts what is asked, ticks, tells every end, and dies.

What it does is done in steps, each of which it takes whole or not at all: a file that is written, renamed or removed,
a process that is started. It dies before one of them, of which nobody knows but the seed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from app.account import Account
from contracts.error import Complaint
from runners import file
from runners.engine import local
from runners.engine.local import Local
from runners.engine.model import Running
from tests.chaos.smoke import judge_end, plan
from tests.story.stage import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.smoke import Asked

REPOSITORY, MINUTES = "acme/speak", 2
BEAT = 0.05
AT_ONCE = 16
"""How many smokes are asked for at once: some wait, and a look at them costs little."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a process is to be: where everything lies, what was asked, and before which step it dies (0: never).

    One that does not *tell* only ticks, as a second process of the app does that has no delivery to handle.
    """

    folder: Path
    commit: str
    asked: tuple[Asked, ...]
    slots: int
    fuse: int
    tell: bool


def open_account(folder: Path) -> Account:
    """Return the books of a story, all of one day."""
    return Account(folder / "budget", lambda: datetime.fromtimestamp(EPOCH, UTC))


def read_told(folder: Path) -> list[dict[str, Any]]:
    """Return every end that was told, in order."""
    path = folder / "told"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def main(duty: Duty) -> None:
    """Hold the engine until this process is killed."""
    words = os.open(duty.folder / "words", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(words, number)
    os.environ["TMPDIR"] = str(duty.folder / "scratch")
    with ExitStack() as stack:
        _burn(stack, duty.fuse)
        keeper = _Keeper(duty)
        while True:
            keeper.look()
            time.sleep(BEAT)


def _burn(stack: ExitStack, fuse: int) -> None:
    """Have this process die before the step of that number, whichever it is."""
    left = [fuse]

    def around(act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*words: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*words, **more)

        return step

    for owner, name in ((file, "write"), (Path, "rename"), (shutil, "rmtree"), (local, "detach"), (os, "write")):
        stack.enter_context(patch.object(owner, name, around(getattr(owner, name))))


class _Keeper:
    """The engine, the books, and what was asked."""

    def __init__(self, duty: Duty) -> None:
        self._duty = duty
        self._engine = Local(duty.folder / "engine", duty.slots)
        self._account = open_account(duty.folder)
        self._told = {one["run"] for one in read_told(duty.folder)} if duty.tell else set[str]()
        self._taken: set[str] = set()
        if duty.tell:
            (duty.folder / "prey").write_text(str(os.getpid()), encoding="utf-8")

    def look(self) -> None:
        """Do once what is due; a disk of which something is removed meanwhile is looked at again."""
        with suppress(Complaint):
            self._engine.tick()
        if self._duty.tell:
            waiting = (asked for asked in self._duty.asked if asked.run not in self._told)
            for asked in islice(waiting, AT_ONCE):
                self._take(asked)
            for run in self._engine.finished():
                self._tell(run)

    def _take(self, asked: Asked) -> None:
        """Start a run that was not told of yet, and end it if that is its kind and its leg has begun."""
        if asked.run not in self._taken:
            self._account.reserve(REPOSITORY, asked.run, MINUTES)
            self._engine.start(plan(asked, self._duty.commit, self._duty.folder))
            self._taken.add(asked.run)
        if asked.kind == "cancelled" and isinstance(self._engine.state(asked.run), Running):
            legs = self._duty.folder / "legs"
            if legs.exists() and f"begin {asked.run} " in legs.read_text(encoding="utf-8"):
                self._engine.cancel(asked.run)

    def _tell(self, run: str) -> None:
        """Tell an end, then settle it, then forget the run: killed in between, all of it is done again."""
        spent = self._engine.spent(run)
        end = {"run": run, "end": judge_end(self._engine, run), "spent": spent}
        with (self._duty.folder / "told").open("ab", buffering=0) as told:
            os.write(told.fileno(), f"{json.dumps(end)}\n".encode())
        self._told.add(run)
        self._account.settle(REPOSITORY, run, spent / 60)
        self._engine.forget(run)
