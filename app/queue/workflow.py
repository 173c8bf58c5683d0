"""DBOS behind a few verbs: work that is begun is done to its end, also if the process that began it dies.

Its own queues are not used. They are polled: at an interval that starts work within 110 ms, one queue costs 7 % of
a core at rest, and it cannot keep the order of arrival on SQLite. Our table knows whose turn it is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from app.queue.delivery import describe
from contracts.error import Complaint
from evidence.redact import redact

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Iterable

    from app.queue.store import Claim

    Attempt = Callable[[str, int, int], Awaitable[float | None]]

_OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
_BATCH = 200
_MOST_THREADS = 64
_GLANCE = 0.05
_MINUTE = 60.0
_FAREWELL = 5.0
_EXPECTED = "Asyncio task cancelled"
_LOG = logging.getLogger("dbos")


class Workflows:
    """The work of one process, under the name *me*. A process can have one at a time, because DBOS is one a process.

    A workflow is an attempt at a delivery, and while that asks for it a pause and another attempt. Only the id and
    the round are stored with it, as JSON, and the end of each attempt: work that is resumed goes on after the last one.
    """

    _open: ClassVar[bool] = False

    def __init__(self, url: sa.URL, me: str, attempt: Attempt) -> None:
        """Launch it on the running event loop.

        Args:
            url: the database; on SQLite a file of its own, because whoever writes to such a file locks it whole.
            me: unlike every other name that a process ever had.
            attempt: tries a delivery and says after how many seconds to try again, None: not again; it is told the
                round, and how often it was told so in it, counting from 1.

        Raises:
            Complaint: the process has one already, or DBOS cannot use the database.
        """
        if Workflows._open:
            raise Complaint("an inbox is open in this process already", mend="Close it first")
        self._tasks: set[asyncio.Task[object]] = set()
        self._resting: set[asyncio.Task[object]] = set()
        try:
            self._launch(url, me, attempt)
        except Exception as error:
            DBOS.destroy(destroy_registry=True)
            raise Complaint(f"DBOS cannot start: {describe(error)}") from error
        Workflows._open = True

    def _launch(self, url: sa.URL, me: str, attempt: Attempt) -> None:
        _hush()
        if url.get_backend_name() == "sqlite":
            _prepare(Path(url.database or ""))
        self._dbos = DBOS(
            config={
                "name": "discharge",
                "system_database_url": url.render_as_string(hide_password=False),
                "executor_id": me,
                "application_version": "1",
                "serializer": DBOSPortableJSONSerializer(),
                "max_executor_threads": _MOST_THREADS,
                "notification_listener_polling_interval_sec": 0.2,
                "log_level": "WARNING",
            }
        )

        @DBOS.step(name="attempt")
        async def step(delivery: str, turn: int, failures: int) -> float | None:
            return await attempt(delivery, turn, failures)

        @DBOS.workflow(name="delivery", max_recovery_attempts=None)
        async def work(delivery: str, turn: int) -> None:
            task = self._keep()
            failures = 1
            while (pause := await step(delivery, turn, failures)) is not None:
                self._resting.add(task)
                await DBOS.sleep_async(pause)
                self._resting.discard(task)
                failures += 1

        self._work = work
        DBOS.launch()

    def _keep(self) -> asyncio.Task[object]:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(self._resting.discard)
        return task

    async def start(self, claim: Claim) -> None:
        """Begin work on a delivery; once only for each key, however often it is said."""
        with SetWorkflowID(claim.key):
            await DBOS.start_workflow_async(self._work, claim.id, claim.round)

    async def orphans(self, live: Iterable[str]) -> list[str]:
        """Return the names of processes that have work and are not among *live*."""
        found = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return sorted({flow.executor_id for flow in found if flow.executor_id} - set(live))

    async def adopt(self, dead: list[str]) -> None:
        """Resume the work of processes that are dead; two that do this at once resume it once."""
        # No public function asks whose work it is in the same statement that takes it; see `_recovery.py` of 3.4.0.
        await asyncio.to_thread(DBOS._recover_pending_workflows, dead)  # noqa: SLF001 - see above

    async def lost(self, claims: Iterable[Claim], held: Container[Claim]) -> list[Claim]:
        """Return the claims that nobody works on: their work is over, or there is none and nobody is to begin it.

        *held* are those that a living process has in its hands, and may be about to begin.
        """
        wanted = {claim.key: claim for claim in claims}
        if not wanted:
            return []
        found = await DBOS.list_workflows_async(workflow_ids=[*wanted], load_input=False, load_output=False)
        states = {flow.workflow_id: flow.status for flow in found}
        over = {key for key, state in states.items() if state in _OVER}
        return [claim for key, claim in wanted.items() if key in over or (key not in states and claim not in held)]

    async def forget(self, before: float) -> None:
        """Delete what ended before a time, in seconds since the epoch."""
        when = dt.datetime.fromtimestamp(before, dt.UTC).isoformat()
        while True:
            found = await DBOS.list_workflows_async(
                completed_before=when, limit=_BATCH, load_input=False, load_output=False
            )
            await DBOS.delete_workflows_async([flow.workflow_id for flow in found])
            if len(found) < _BATCH:
                return

    async def close(self, grace: float) -> None:
        """End it: attempts may go on for *grace* seconds, then they are cancelled; any process can resume them."""
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        while self._tasks - self._resting and loop.time() < end:
            await asyncio.wait(self._tasks - self._resting, timeout=_GLANCE)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_FAREWELL)
        # Where the database is down, DBOS asks for it without end, in threads that the interpreter waits for.
        sa.event.listen(self._dbos._sys_db.engine, "do_connect", _refuse)  # noqa: SLF001 - its own, not one of ours
        threads = ThreadPoolExecutor()
        loop.set_default_executor(threads)  # DBOS has put its own there, and ends it now
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        loop.set_default_executor(threads)  # a call of it that was under way may have put that one there again
        Workflows._open = False


def _prepare(path: Path) -> None:
    """Have the file written ahead, which DBOS leaves as it finds it; only this user may read it."""
    path.touch(mode=0o600)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _refuse(*_: object) -> None:
    raise RuntimeError("the inbox is closed")


class _Sieve(logging.Filter):
    """What DBOS says: each thing once a minute, in one line without secrets."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what is expected at the end of a process, repetitions and tracebacks."""
        first = next(iter(record.getMessage().partition("Traceback")[0].splitlines()), "")
        record.msg, record.args, record.exc_info = redact(first).text, (), None
        self._said = {text: when for text, when in self._said.items() if record.created - when < _MINUTE}
        new = first not in self._said
        self._said.setdefault(first, record.created)
        return new and not first.startswith(_EXPECTED)


def _hush() -> None:
    """Have DBOS log where everything else does: it adds a handler of its own only where there is none."""
    if not _LOG.handlers:
        _LOG.addHandler(logging.NullHandler())
        _LOG.addFilter(_Sieve())
