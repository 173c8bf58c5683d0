"""A process with an inbox, for the stories that kill it: `python -m tests.inbox.worker URL LOG [options]`.

It does what the lines on its standard input say (`store ID REPOSITORY`, `wait`, `go`), answers each, and ends with
them. Its handler writes what it does into LOG, which several processes share, and can kill its own process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from app.queue.inbox import Inbox
from app.web.log import configure
from contracts.error import Complaint
from tests.inbox.room import QUICK, make

if TYPE_CHECKING:
    from app.queue.delivery import Delivery


def answer(words: object) -> None:
    """Answer with one line."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


class Worker:
    """The handler and what it was told."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Open the log."""
        self._options = options
        self._log = os.open(options.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._go = asyncio.Event()

    def say(self, *words: object) -> None:
        """Write one line into the log."""
        os.write(self._log, (" ".join(map(str, (self._options.name, *words))) + "\n").encode())

    async def handle(self, delivery: Delivery, attempt: int) -> None:
        """Handle a delivery, or die of it."""
        self.say("begin", delivery.id, attempt)
        if delivery.id in self._options.kill and attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if delivery.id in self._options.hold and attempt == 1:
            await self._go.wait()
        await asyncio.sleep(0)
        self.say("end", delivery.id, attempt)

    async def run(self) -> None:
        """Open the inbox and do what the lines say."""
        inbox = Inbox(self._options.url, self.handle, QUICK)
        await inbox.open()
        answer("open")
        while line := (await asyncio.to_thread(sys.stdin.readline)).split():
            match line:
                case ["store", name, repository]:
                    answer("new" if await inbox.store(make(name, repository)) else "known")
                case ["wait"]:
                    await inbox.wait()
                    answer("settled")
                case _:
                    self._go.set()
                    answer("gone")
        await inbox.close(5.0)


def main() -> None:
    """Run one worker."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("log")
    parser.add_argument("--name", default="a")
    for option in ("--kill", "--hold"):
        parser.add_argument(option, action="append", default=[])

    async def work() -> None:
        await Worker(parser.parse_args()).run()

    configure("text", sys.stderr)
    try:
        asyncio.run(work())
    except Complaint as complaint:
        answer(complaint)


if __name__ == "__main__":
    main()
