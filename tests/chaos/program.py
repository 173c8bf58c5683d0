"""A service in a process of its own, put together as the product does it, that dies where it is told to.

It hurries: pauses and timeouts are short. Its clock stands still, as GitHub's does.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from app import assembly, lookout, machinery, patrol
from app.action import case, leftover, look, reaper, shift, stage, stray
from app.hub import pace
from app.hub.wire import Patience, Terms
from app.queue.delivery import Pace
from app.queue.inbox import Inbox
from app.web import serve as serving
from tests.chaos.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from app.effect import Effect
    from app.queue.delivery import Delivery
    from app.web.settings import Settings

PATIENCE = Patience(timeout=1.5, attempts=4, wait=10.0, backoff=0.02)
PACE = Pace(backoff=0.05, longest_backoff=0.5, a_second=500.0, beat=0.25, stale=1.5)
LIMITS = tuple((most, seconds / 1000) for most, seconds in pace._LIMITS)  # noqa: SLF001 - as many, but in a hurry
_BEAT = 0.05
LOST = {"LOST_ANSWER": 20.0}
HASTE = {
    case: {"REST": 0.1},
    shift: {"EVERY": 0.5},
    stage: {"DOUBT": 0.5, "LAST_WORDS": 1.0, **LOST},
    leftover: LOST,
    look: LOST,
    lookout: {"BEAT": 0.1},
}
"""How patiently runs on GitHub Actions are looked at."""
REAPING = {patrol: {"PAUSE": 1.0, "BEAT": 0.5}, reaper: {"PAUSE": 2.0, "LOOK": 1.0}, stray: {"LOOK": 1.0, "BOOT": 3.0}}
"""The same of what is left over."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a process is to be.

    *notes* is the file into which it writes each delivery that it begins with and each effect that happened, *words*
    the one for what it says; *records* is what `Replay` keeps. *kill* is the note after which it dies. *sweep* is how
    often it looks for what was missed, in seconds; with *reap* it looks for leftovers within seconds, too.
    """

    settings: Settings
    environment: dict[str, str]
    notes: Path
    words: Path
    records: Path
    kill: str = ""
    sweep: float = 3600.0
    reap: bool = False


def main(wish: Wish) -> None:
    """Serve until the process is killed."""
    os.environ.update(wish.environment)
    words = os.open(wish.words, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(words, number)
    note = _Notes(wish)
    with ExitStack() as stack:
        hurry: dict[str, Any] = {"BEAT": _BEAT, "SWEEP": wish.sweep}
        hurry |= {"Terms": partial(Terms, patience=PATIENCE)}
        stack.enter_context(patch.multiple(assembly, **hurry))
        stack.enter_context(patch.object(machinery, "Local", partial(Replay, records=wish.records)))
        stack.enter_context(patch.object(pace, "_LIMITS", LIMITS))
        for module, values in (HASTE | REAPING if wish.reap else HASTE).items():
            stack.enter_context(patch.multiple(module, **values))  # type: ignore[call-overload]  # by their names
        stack.enter_context(patch.object(serving, "Inbox", partial(Inbox, pace=PACE)))
        work = assembly.assemble(wish.settings, note.see)
        serving.serve(wish.settings, replace(work, handle=note.around(work.handle), linger=0.0))


class _Notes:
    """What happened in all processes of a play, a line each: `begin issue_comment 1`, `effect WriteCheck 2`."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._file = os.open(wish.notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def see(self, effect: Effect) -> None:
        """Note an effect."""
        self._write(f"effect {type(effect).__name__}")

    def around(self, handle: Callable[[Delivery, int], Awaitable[None]]) -> Callable[[Delivery, int], Awaitable[None]]:
        """Return *handle* with every delivery noted before it is begun with."""

        async def begin(delivery: Delivery, attempt: int) -> None:
            self._write(f"begin {delivery.event}")
            await handle(delivery, attempt)

        return begin

    def _write(self, line: str) -> None:
        before = self._wish.notes.read_text(encoding="utf-8").split("\n")
        line = f"{line} {1 + sum(each.rpartition(' ')[0] == line for each in before)}"
        os.write(self._file, f"{line}\n".encode())
        if line == self._wish.kill:
            os.kill(os.getpid(), signal.SIGKILL)
