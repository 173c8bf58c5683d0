"""The inbox: every delivery that was taken in is handled to its end, one at a time per repository.

`store` commits a delivery to a table of our own and returns; a pump begins the oldest of each repository that has
none at work, so many at once and so many a second; DBOS carries each to its end, through crashes too. A delivery
that keeps failing is parked and listed, and those behind it go on.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
import uuid
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa
import structlog

from app.queue.delivery import PACE, Hopeless, describe
from app.queue.lock import Lock
from app.queue.store import Store
from app.queue.takeover import Takeover
from app.queue.workflow import Workflows
from app.queue.writer import Unstored
from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.queue.delivery import Counts, Delivery, Handle, Pace, Parked
    from app.queue.store import Claim, State

__all__ = ["Inbox", "Unstored"]

_T = TypeVar("_T")
_LOG = structlog.stdlib.get_logger(__name__)
_HOUR = 3600.0
_GLANCE = 0.5
_RESTING = 64
_OLDEST_PYTHON, _OLDEST_SQLITE = (3, 12), (3, 42)


class Inbox:
    """The deliveries of one process, on SQLite (which serves one process) or PostgreSQL (which serves several)."""

    def __init__(self, url: str, handle: Handle, pace: Pace = PACE) -> None:
        """Keep what is needed to open it.

        Args:
            url: `sqlite:////absolute/path` or `postgresql://user:password@host:port/name`; that database must exist.
            handle: handles one delivery; see `app.queue.delivery.Handle` for what it must bear.
            pace: how fast and how patiently.

        Raises:
            Unreadable: *url* is neither, or this SQLite is too old for this Python.
        """
        self._url = read_url(url)
        self._handle, self._pace = handle, pace
        self._me = f"{os.getpid()}-{uuid.uuid4().hex}"
        self._turns = asyncio.Semaphore(pace.at_once)
        self._held: set[str] = set()
        self._resting: set[str] = set()
        self._wake, self._moved = asyncio.Event(), asyncio.Condition()
        self._open = AsyncExitStack()
        self._grace = 0.0

    async def open(self) -> None:
        """Make the tables, take the lock of a SQLite file, resume what was left, and begin to work.

        Raises:
            Complaint: another process has the file, or this one has an inbox already.
            Unstored: the database cannot be reached.
        """
        alone = self._url.get_backend_name() == "sqlite"
        async with AsyncExitStack() as stack:
            if alone:
                stack.callback(_take(Path(self._url.database or "")).release)
            self._store = Store(self._url, self._me, self._pace.answer)
            stack.push_async_callback(self._store.close)
            await self._store.open()
            if alone:
                await self._store.bury()
            stack.push_async_callback(self._leave)
            await self._store.beat()
            # While handlers end in their grace this process still lives, and nobody is to take their work over.
            stack.push_async_callback(_end, asyncio.create_task(_repeat(self._store.beat, self._pace.beat)))
            self._workflows = Workflows(_beside(self._url), self._me, self._attempt)
            stack.push_async_callback(lambda: self._workflows.close(self._grace))
            takeover = Takeover(self._store, self._workflows, self._pace, self._has, alone=alone)
            for job, period in ((takeover.look, self._pace.beat), (self.prune, _HOUR), (self._pump, 0.0)):
                stack.push_async_callback(_end, asyncio.create_task(_repeat(job, period)))
            self._open = stack.pop_all()

    async def close(self, grace: float = 10.0) -> None:
        """Begin nothing more, give the handlers *grace* seconds, cancel those left, and let go of the database.

        What was cancelled or waits is handled by the next process, or by another one that lives.
        """
        self._grace = grace
        await self._open.aclose()

    async def store(self, delivery: Delivery) -> bool:
        """Commit a delivery; when this returns, it is on the disk and will be handled.

        Returns:
            False if this id is known already. A parked delivery is no such: it gets another chance.

        Raises:
            Unstored: it could not be committed within the time allowed, and its sender must try again.
        """
        new = await self._store.add(delivery)
        if new:
            self._wake.set()
        return new

    async def wait(self, *ids: str) -> None:
        """Return when these deliveries, or without ids all, are done or parked, whichever process handles them."""
        while not await self._insist(lambda: self._store.is_settled(ids)):
            async with self._moved:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_GLANCE):
                        await self._moved.wait()

    async def parked(self, most: int = 100) -> tuple[Parked, ...]:
        """Return the parked deliveries, the last parked first."""
        return await self._store.parked(most)

    async def retry(self, delivery: str) -> bool:
        """Give a parked delivery another chance; False if it is not parked."""
        found = await self._store.reopen(delivery)
        self._wake.set()
        return found

    async def counts(self) -> Counts:
        """Return how the inbox stands, in all processes; it also shows that the database answers."""
        return await self._store.counts()

    async def prune(self) -> None:
        """Drop the payloads and then the rows of deliveries that were done long ago, and the traces of their work."""
        now, more = time.time(), True
        while more:
            more = await self._store.prune(now - self._pace.keep_body, now - self._pace.keep)
            await asyncio.sleep(_GLANCE if more else 0)  # deliveries that come in meanwhile go first
        await self._workflows.forget(now - self._pace.keep_body)

    async def _pump(self) -> None:
        """Begin what may begin now; then rest until something changes, but never less than the pace asks."""
        self._wake.clear()
        free = min(self._pace.at_once - len(self._held), _RESTING * self._pace.at_once - len(self._resting))
        claims = await self._store.claim(free) if free > 0 else ()
        self._held.update(claim.id for claim in claims)
        for claim in claims:
            await self._begin(claim)
            await asyncio.sleep(1 / self._pace.a_second)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.beat):
                await self._wake.wait()

    def _has(self, claim: Claim) -> bool:
        """Return whether a claim is in this process's hands; one whose commit nobody heard of is in nobody's."""
        return claim.runner == self._me and (claim.id in self._held or claim.id in self._resting)

    async def _begin(self, claim: Claim) -> None:
        try:
            await self._workflows.start(claim)
        except Exception as error:  # noqa: BLE001 - whatever it was, the delivery must get another turn
            _LOG.warning("a delivery could not be begun", delivery=claim.id, error=describe(error))
            self._held.discard(claim.id)
            await self._insist(lambda: self._store.again(claim))

    async def _attempt(self, delivery: str, turn: int, failures: int) -> float | None:
        """Try a delivery that has failed *failures* - 1 times in this round; the pause before it is tried again."""
        self._resting.discard(delivery)
        async with self._turns:
            self._held.add(delivery)
            try:
                again = await self._try(delivery, turn, failures)
            finally:
                self._held.discard(delivery)
        if again is not None:
            self._resting.add(delivery)
        self._wake.set()
        async with self._moved:
            self._moved.notify_all()
        return again

    async def _try(self, delivery: str, turn: int, failures: int) -> float | None:
        begun = await self._insist(lambda: self._store.begin(delivery, turn))
        if begun is None:  # it was settled, and the process died before it could say so
            return None
        content, attempt = begun
        error: Exception | None
        if attempt - failures > self._pace.crashes:
            error = Hopeless(f"the process ended in the middle of it ({attempt - failures} times)")
        else:
            error = await self._call(content, attempt)
        pause = self._pace.weigh(error, failures, time.time() - content.received) if error else None
        state: State = "queued" if pause is not None else "parked" if error else "done"
        said = describe(error) if error else ""
        await self._insist(lambda: self._store.settle(delivery, turn, state, said))
        if state == "parked":
            _LOG.error("a delivery was parked", delivery=delivery, error=said)
        return pause

    async def _call(self, delivery: Delivery, attempt: int) -> Exception | None:
        """Return what went wrong, if anything."""
        try:
            async with asyncio.timeout(self._pace.allowed):
                await self._handle(delivery, attempt)
        except Exception as error:  # noqa: BLE001 - one delivery's trouble is not the others'
            if isinstance(error, TimeoutError):  # its handler was cancelled, and could not say so
                _LOG.warning("an attempt took too long", delivery=delivery.id, allowed=self._pace.allowed)
            return error
        return None

    async def _insist(self, act: Callable[[], Awaitable[_T]]) -> _T:
        """Do something until the database takes it; `_repeat` tells that it does not."""
        while True:
            with suppress(Unstored):
                return await act()
            await asyncio.sleep(_GLANCE)

    async def _leave(self) -> None:
        with suppress(Unstored):  # then the others will notice by the silence
            await self._store.leave()


async def _repeat(job: Callable[[], Awaitable[None]], period: float) -> None:
    """Do something every *period* seconds, whatever goes wrong with it; the same trouble is told once."""
    told = ""
    while True:
        try:
            await job()
            trouble = ""
        except Exception as error:  # noqa: BLE001 - the next time may go well, and nobody else would do it
            trouble = describe(error)
        if trouble and trouble != told:
            _LOG.warning("the inbox is in trouble", doing=job.__name__.strip("_"), error=trouble)
        told = trouble
        await asyncio.sleep(max(period, _GLANCE) if trouble else period)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def check_sqlite(python: tuple[int, ...], sqlite: tuple[int, ...]) -> None:
    """Refuse a pair of versions on which DBOS cannot start.

    Raises:
        Unreadable: Python 3.12 or later with SQLite before 3.42.
    """
    if python >= _OLDEST_PYTHON and sqlite < _OLDEST_SQLITE:
        have = ".".join(map(str, sqlite))
        raise Unreadable(
            f"SQLite {have} is too old for Python {'.'.join(map(str, python[:2]))}",
            mend="Use SQLite 3.42 or later, Python 3.11, or PostgreSQL",
        )


def read_url(url: str) -> sa.URL:
    """Return the address of a database, as `Inbox` takes it.

    Raises:
        Unreadable: it is none, or this SQLite is too old for this Python.
    """
    try:
        read = sa.make_url(url)
    except sa.exc.ArgumentError:
        read = sa.URL.create("none")
    kind, path = read.get_backend_name(), read.database or ""
    if kind == "sqlite" and path.startswith("/"):
        check_sqlite(sys.version_info[:2], sqlite3.sqlite_version_info)
        return sa.URL.create("sqlite", database=path)
    if kind == "postgresql" and path:
        return read.set(drivername="postgresql+psycopg")
    raise Unreadable(
        "the address of the database is neither sqlite:////ABSOLUTE/PATH nor postgresql://USER:PASSWORD@HOST:5432/NAME"
    )


def _take(path: Path) -> Lock:
    """Lock a SQLite file; it and what stands beside it is for this user only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = Lock(path.with_name(f"{path.name}.lock"))
    path.touch(mode=0o600)
    return lock


def _beside(url: sa.URL) -> sa.URL:
    """Return where DBOS keeps its tables: in a file of its own on SQLite, which its writes lock as a whole."""
    path = Path(url.database or "")
    if url.get_backend_name() == "postgresql":
        return url
    return url.set(database=str(path.with_name(f"{path.stem}-work{path.suffix}")))
