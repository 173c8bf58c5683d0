"""One thread and one connection that write: what waits together is committed together, by one flush of the disk."""

from __future__ import annotations

import asyncio
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from app.queue.delivery import describe
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")
_MOST_JOBS = 256
_MOST_BYTES = 64 << 20


class Unstored(Complaint):
    """The database did not take it, or not in time; nothing may be promised to whoever asked."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A job that waits for its turn; *weight* is the memory that it holds, in bytes."""

    job: Callable[[sa.Connection], Any]
    future: asyncio.Future[Any]
    weight: int


class Writer:
    """Runs jobs on the database, those that wait at the same moment in one transaction.

    A job is a function of the connection. If the transaction fails, its jobs run again one by one, so that one bad
    job fails alone; a job may therefore run twice, but only its last run is committed.
    """

    def __init__(self, engine: sa.Engine, patience: float) -> None:
        """Start the thread; *patience* is the longest that `run` takes, in seconds. Needs a running event loop."""
        self._engine, self._patience = engine, patience
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._weight = 0
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="inbox-writer", daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[sa.Connection], _T], weight: int = 0) -> _T:
        """Run *job* in a transaction and return its result once that is committed.

        Raises:
            Unstored: the database refused or does not answer, too much waits for it, or the writer is closed.
        """
        if self._closed or self._weight + weight > _MOST_BYTES:
            raise Unstored("the inbox is closed" if self._closed else "too many deliveries wait for the database")
        task = _Task(job, self._loop.create_future(), weight)
        self._weight += weight
        self._waiting.put(task)
        try:
            async with asyncio.timeout(self._patience):
                result: _T = await task.future
                return result
        except TimeoutError:
            raise Unstored(f"the database did not answer within {self._patience:g} s") from None
        finally:
            self._weight -= weight

    async def close(self) -> None:
        """Commit what waits, close the connection and end the thread; after *patience* without them."""
        self._closed = True
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join, self._patience)

    def _work(self) -> None:
        while batch := self._take():
            self._commit([task for task in batch if task])
            if batch[-1] is None:
                break
        self._engine.dispose()

    def _take(self) -> list[_Task | None]:
        """Wait for one task and take those along that wait behind it; None comes last."""
        batch = [self._waiting.get()]
        while batch[-1] is not None and len(batch) < _MOST_JOBS:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, batch: Sequence[_Task]) -> None:
        try:
            with self._engine.begin() as connection:
                results = [None if task.future.cancelled() else task.job(connection) for task in batch]
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to whoever waits for the job
            if len(batch) > 1 and not _is_lost(error):
                for task in batch:
                    self._commit([task])
                return
            self._answer([(task, _explain(error)) for task in batch])
        else:
            self._answer(list(zip(batch, results, strict=True)))

    def _answer(self, results: Sequence[tuple[_Task, Any]]) -> None:
        try:
            self._loop.call_soon_threadsafe(_resolve, results)
        except RuntimeError:  # the loop is closed: the process ends, and nobody waits any more
            return


def _is_lost(error: Exception) -> bool:
    """Return whether the connection broke, so that running the jobs one by one would help none of them."""
    return isinstance(error, sa.exc.DBAPIError) and (error.connection_invalidated or error.statement is None)


def _explain(error: Exception) -> Exception:
    if not isinstance(error, sa.exc.SQLAlchemyError):
        return error
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    return Unstored(f"the database refused: {describe(cause)}")


def _resolve(results: Sequence[tuple[_Task, Any]]) -> None:
    for task, result in results:
        if task.future.done():
            continue
        if isinstance(result, Exception):
            task.future.set_exception(result)
        else:
            task.future.set_result(result)
