"""Processes that are killed, that sleep, and that share a database."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from contextlib import AsyncExitStack
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.inbox.room import LONGEST, Hand, look, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Start = Callable[..., Awaitable["Process"]]

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[2]


class Process:
    """A worker in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Talk to a process."""
        self._process = process

    async def hear(self) -> str:
        """Return the next line that it says, or nothing if it has ended."""
        assert self._process.stdout
        async with asyncio.timeout(LONGEST):
            return (await self._process.stdout.readline()).decode().strip()

    async def tell(self, *lines: str) -> list[str]:
        """Have it do something; what it answers."""
        assert self._process.stdin
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        return [await self.hear() for _ in lines]

    async def end(self) -> int:
        """Have it end, if it has not; its exit status, negative for a signal."""
        assert self._process.stdin
        self._process.stdin.close()
        async with asyncio.timeout(LONGEST):
            await self._process.communicate()
            return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The file into which the workers write what they handle."""
    return tmp_path / "log"


@pytest.fixture
async def start(log: Path) -> AsyncIterator[Start]:
    """How to start a worker; none outlives the story."""
    async with AsyncExitStack() as stack:

        async def begin(url: str, *options: str, answer: str = "open") -> Process:
            command = [sys.executable, "-m", "tests.inbox.worker", url, str(log), *options]
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
            stack.push_async_callback(_bury, process)
            started = Process(process)
            assert answer in await started.hear()
            return started

        yield begin


async def _bury(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    await process.communicate()


def lines(log: Path) -> list[str]:
    """Return what the workers wrote, in the order in which they did."""
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


async def until_logged(log: Path, line: str) -> None:
    """Wait for a line in the log."""
    async with asyncio.timeout(LONGEST):
        while line not in lines(log):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)


async def test_a_process_killed_in_a_handler_leaves_nothing_undone(url: str, start: Start, log: Path) -> None:
    """Kill -9 in the second of four deliveries: the next process does that again, then the rest, in order."""
    killed = await start(url, "--kill", "d2")
    await killed.tell("store d1 acme/a", "wait", *(f"store {name} acme/a" for name in ("d2", "d3", "d4")), "wait")
    assert await killed.end() == -signal.SIGKILL
    next_one = await start(url, "--name", "b")
    assert await next_one.tell("store d2 acme/a", "wait") == ["known", "settled"]
    assert await next_one.end() == 0

    assert [line for line in lines(log) if "begin" in line] == [
        "a begin d1 1",
        "a begin d2 1",
        "b begin d2 2",
        "b begin d3 1",
        "b begin d4 1",
    ]
    assert [line.split()[2] for line in lines(log) if "end" in line] == ["d1", "d2", "d3", "d4"]


async def test_a_living_process_takes_over_the_work_of_a_dead_one(postgres: str, start: Start, log: Path) -> None:
    """Two processes share a database; one is killed in a delivery, and the other one does it and what is behind it."""
    first = await start(postgres, "--hold", "d1")
    await first.tell("store d1 acme/a", "store d2 acme/a")
    await until_logged(log, "a begin d1 1")
    second = await start(postgres, "--name", "b")
    first.send(signal.SIGKILL)
    assert await first.end() == -signal.SIGKILL
    assert await second.tell("wait") == ["settled"]
    assert await second.end() == 0

    assert lines(log) == ["a begin d1 1", "b begin d1 2", "b end d1 2", "b begin d2 1", "b end d2 1"]


async def test_a_process_that_only_slept_spoils_nothing(postgres: str, start: Start, log: Path) -> None:
    """A stopped process counts as dead; when it wakes up it may end what it was at, but that counts no more."""
    sleeper = await start(postgres, "--hold", "d1")
    await sleeper.tell("store d1 acme/a")
    await until_logged(log, "a begin d1 1")
    other = await start(postgres, "--name", "b")
    sleeper.send(signal.SIGSTOP)
    assert await other.tell("wait") == ["settled"]
    before = look(postgres, "SELECT id, state, attempts, runner, finished FROM delivery")
    sleeper.send(signal.SIGCONT)
    assert await sleeper.tell("go") == ["gone"]
    await until_logged(log, "a end d1 1")
    assert await sleeper.tell("store d2 acme/a", "wait") == ["new", "settled"]
    assert (await sleeper.end(), await other.end()) == (0, 0)

    after = look(postgres, "SELECT id, state, attempts, runner, finished FROM delivery WHERE id = 'd1'")
    assert [row[:3] for row in before] == [("d1", "done", 2)]
    assert before == after
    assert sum("begin d2" in line for line in lines(log)) == 1


async def test_two_processes_share_the_work_exactly(postgres: str, start: Start, log: Path) -> None:
    """The same deliveries come to both in different orders: each is handled once, one at a time per repository.

    What one process took in is handled in its order; which of two is first that both commit at once, nobody can say.
    """
    dice = random.Random(20_260_505)  # noqa: S311 - seeded, so that a failure can be seen again
    names = [f"d{number:02}" for number in range(40)]
    processes = [await start(postgres, "--name", name) for name in "ab"]
    told = [[f"store {name} acme/r{int(name[1:]) % 5}" for name in dice.sample(names, len(names))] for _ in processes]
    answers = await asyncio.gather(*(process.tell(*part) for process, part in zip(processes, told, strict=True)))
    assert await asyncio.gather(*(process.tell("wait") for process in processes)) == [["settled"], ["settled"]]
    assert [await process.end() for process in processes] == [0, 0]

    assert sum(part.count("new") for part in answers) == 40
    done = [line.split() for line in lines(log)]
    assert sorted(words[2] for words in done if words[1] == "begin") == names
    orders = [[line.split()[1] for line in part] for part in told]
    taken = [[n for n, how in zip(*both, strict=True) if how == "new"] for both in zip(orders, answers, strict=True)]
    for repository in range(5):
        mine = [words for words in done if int(words[2][1:]) % 5 == repository]
        assert [verb for _, verb, *_ in mine] == ["begin", "end"] * 8
        handled = [name for name, _ in groupby(words[2] for words in mine)]
        for part in taken:
            own = [name for name in part if int(name[1:]) % 5 == repository]
            assert [name for name in handled if name in own] == own


async def test_a_sqlite_file_serves_one_process(sqlite: str, start: Start) -> None:
    """A second process is refused in words."""
    async with opened(sqlite, Hand()):
        refused = await start(sqlite, answer="inbox.sqlite is in use by another process (id ")
        assert await refused.end() == 0
