"""Jobs that are committed together, and fail alone."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.queue.writer import Unstored, Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """A database with one table of names."""
    made = sa.create_engine(f"sqlite:///{tmp_path}/names.sqlite", poolclass=sa.NullPool)
    with made.begin() as connection:
        connection.execute(sa.text("CREATE TABLE name (name TEXT PRIMARY KEY)"))
    return made


@pytest.fixture
async def writer(engine: sa.Engine) -> AsyncIterator[Writer]:
    """A writer that is patient."""
    made = Writer(engine, 10.0)
    yield made
    await made.close()


def insert(name: str) -> Callable[[sa.Connection], str]:
    """Return a job that inserts a name, and returns it."""

    def job(connection: sa.Connection) -> str:
        connection.execute(sa.text("INSERT INTO name VALUES (:name)"), {"name": name})
        return name

    return job


def names(engine: sa.Engine) -> set[str]:
    """Return the names that are committed."""
    with engine.connect() as connection:
        return {str(name) for (name,) in connection.execute(sa.text("SELECT name FROM name"))}


async def test_what_waits_together_is_committed_together(engine: sa.Engine, writer: Writer) -> None:
    """While one job is held up two hundred come in: they share one transaction, and so one flush of the disk."""
    commits, gate = list[object](), threading.Event()
    sa.event.listen(engine, "commit", commits.append)
    first = asyncio.create_task(writer.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0.05)
    jobs = [asyncio.create_task(writer.run(insert(f"n{n}"))) for n in range(200)]
    await asyncio.sleep(0.05)
    gate.set()

    assert await asyncio.gather(*jobs) == [f"n{n}" for n in range(200)]
    assert await first
    assert len(commits) == 2
    assert len(names(engine)) == 200


async def test_a_bad_job_fails_alone(engine: sa.Engine, writer: Writer) -> None:
    """A job that breaks the transaction is told why; those that were in it with it are committed."""
    gate = threading.Event()
    first = asyncio.create_task(writer.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0.05)
    jobs = [asyncio.create_task(writer.run(insert(name))) for name in ("a", "a", "b")]
    await asyncio.sleep(0.05)
    gate.set()
    results = await asyncio.gather(*jobs, return_exceptions=True)
    await first

    assert (results[0], results[2]) == ("a", "b")
    assert isinstance(results[1], Unstored)
    assert str(results[1]) == "the database refused: IntegrityError: UNIQUE constraint failed: name.name."
    assert names(engine) == {"a", "b"}


async def test_a_job_with_a_mistake_of_its_own_hears_of_it(writer: Writer) -> None:
    """An error that has nothing to do with the database is not called one."""
    with pytest.raises(ZeroDivisionError):
        await writer.run(lambda _: 1 // 0)

    assert await writer.run(lambda _: "fine") == "fine"


async def test_a_job_that_nobody_waits_for_any_more_is_not_run(engine: sa.Engine) -> None:
    """Whoever waited too long has been told that nothing is promised, and nothing is done for them later."""
    writer, gate = Writer(engine, 1.0), threading.Event()
    first = asyncio.create_task(writer.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0.02)
    with pytest.raises(Unstored, match=r"the database did not answer within 1 s"):
        await writer.run(insert("late"))
    gate.set()
    with pytest.raises(Unstored):
        await first
    await writer.run(insert("next"))
    await writer.close()

    assert names(engine) == {"next"}


async def test_what_waits_has_a_bound(writer: Writer) -> None:
    """When the memory that waiting deliveries hold is used up, the next one is refused at once."""
    gate = threading.Event()
    first = asyncio.create_task(writer.run(lambda _: gate.wait(10), 60 << 20))
    await asyncio.sleep(0.05)
    with pytest.raises(Unstored, match="too many deliveries wait for the database"):
        await writer.run(lambda _: None, 5 << 20)
    gate.set()
    await first

    assert await writer.run(lambda _: "room again", 5 << 20) == "room again"


async def test_a_writer_commits_what_waits_before_it_closes(engine: sa.Engine) -> None:
    """Closing is orderly: what was taken is written, what comes after is refused."""
    writer = Writer(engine, 10.0)
    jobs = [asyncio.create_task(writer.run(insert(f"n{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    await writer.close()
    await asyncio.gather(*jobs)
    with pytest.raises(Unstored, match="the inbox is closed"):
        await writer.run(lambda _: None)

    assert len(names(engine)) == 20


def test_a_writer_outlives_its_loop_quietly(engine: sa.Engine) -> None:
    """If the event loop goes away in the middle of a job, the thread ends without a word."""
    gate, made = threading.Event(), list[Writer]()

    async def leave() -> None:
        made.append(Writer(engine, 0.05))
        with pytest.raises(Unstored):
            await made[0].run(lambda _: gate.wait(10))

    asyncio.run(leave())
    gate.set()
    made[0]._waiting.put(None)  # noqa: SLF001 - closing needs the loop that is gone
    made[0]._thread.join(10)  # noqa: SLF001 - see above

    assert not made[0]._thread.is_alive()  # noqa: SLF001 - see above
