"""The `delivery` table: what came, how it stands, and who is at work on it; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from app.queue.delivery import Counts, Delivery, Parked
from app.queue.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

State = Literal["queued", "done", "parked"]
_BATCH = 50
_LOCK = 0x64697363_68617267
_CLOCK = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "extract(epoch from clock_timestamp())",
}
_SESSION = {
    "sqlite": ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA busy_timeout={ms}"),
    "postgresql": (
        "SET synchronous_commit = on",
        "SET statement_timeout = {ms}",
        "SET idle_in_transaction_session_timeout = {ms}",
    ),
}
_META = sa.MetaData()
_DELIVERY = sa.Table(
    "delivery",
    _META,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("repository", sa.Text, nullable=False),
    sa.Column("received", sa.Double, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("runner", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("finished", sa.Double),
    sa.Column("body", sa.LargeBinary),  # last, so that SQLite reads the others without walking over it
)
sa.Table("process", _META, sa.Column("id", sa.Text, primary_key=True), sa.Column("beat", sa.Double, nullable=False))


def _index(name: str, column: sa.Column[Any], *more: sa.Column[Any], where: str, unique: bool = False) -> None:
    text = sa.text(where)
    sa.Index(name, column, *more, unique=unique, sqlite_where=text, postgresql_where=text)


_COLUMNS = _DELIVERY.c
_index("delivery_waiting", _COLUMNS.repository, _COLUMNS.seq, where="state = 'stored'")
_index("delivery_arrived", _COLUMNS.received, where="state = 'stored'")
_index("delivery_at_work", _COLUMNS.repository, where="state = 'queued'", unique=True)  # one at a time, by force
_index("delivery_parked", _COLUMNS.finished, where="state = 'parked'")
_index("delivery_done", _COLUMNS.finished, where="state = 'done'")
_index("delivery_whole", _COLUMNS.finished, where="state = 'done' AND body IS NOT NULL")

_ADD = """
INSERT INTO delivery (id, event, repository, received, state, round, attempts, runner, error, body)
VALUES (:id, :event, :repository, :received, 'stored', 0, 0, '', '', :body)
ON CONFLICT (id) DO UPDATE
SET state = 'stored', round = delivery.round + 1, attempts = 0, finished = NULL, body = excluded.body
WHERE delivery.state = 'parked'
RETURNING seq"""
_REOPEN = """
UPDATE delivery SET state = 'stored', round = round + 1, attempts = 0, finished = NULL
WHERE id = :id AND state = 'parked' RETURNING seq"""
_CLAIM = """
WITH RECURSIVE repo(name) AS (
  SELECT min(repository) FROM delivery WHERE state = 'stored'
  UNION ALL
  SELECT (SELECT min(repository) FROM delivery WHERE state = 'stored' AND repository > repo.name)
  FROM repo WHERE repo.name IS NOT NULL
), head(seq) AS (
  SELECT (SELECT min(seq) FROM delivery WHERE state = 'stored' AND repository = repo.name)
  FROM repo WHERE repo.name IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE state = 'queued' AND repository = repo.name)
)
UPDATE delivery SET state = 'queued', runner = :me
WHERE state = 'stored' AND seq IN (SELECT seq FROM head ORDER BY seq LIMIT :most)
RETURNING seq, id, round, runner"""
_BEGIN = """
UPDATE delivery SET attempts = attempts + 1, runner = :me WHERE id = :id AND state = 'queued' AND round = :round
RETURNING event, repository, body, received, attempts"""
_SETTLE = """
UPDATE delivery SET state = :state, error = :error, finished = :finished
WHERE id = :id AND state = 'queued' AND round = :round AND runner = :me"""
_AGAIN = """
UPDATE delivery SET state = 'stored', round = round + 1 WHERE id = :id AND state = 'queued' AND round = :round"""
_AT_WORK = "SELECT seq, id, round, runner FROM delivery WHERE state = 'queued'"
_PARKED = """
SELECT id, event, repository, received, finished, attempts, error FROM delivery
WHERE state = 'parked' ORDER BY finished DESC LIMIT :most"""
_COUNTS = """
SELECT (SELECT count(*) FROM delivery WHERE state = 'stored'), (SELECT count(*) FROM delivery WHERE state = 'queued'),
(SELECT count(*) FROM delivery WHERE state = 'parked'), (SELECT min(received) FROM delivery WHERE state = 'stored')"""
_OPEN = """
SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'stored') OR EXISTS (SELECT 1 FROM delivery WHERE state = 'queued')
"""
_OPEN_OF = "SELECT EXISTS (SELECT 1 FROM delivery WHERE id IN :ids AND state IN ('stored', 'queued'))"
_EMPTY = """
UPDATE delivery SET body = NULL WHERE seq IN
(SELECT seq FROM delivery WHERE state = 'done' AND body IS NOT NULL AND finished < :before LIMIT :most)"""
_DELETE = """
DELETE FROM delivery WHERE seq IN
(SELECT seq FROM delivery WHERE state = 'done' AND finished < :before LIMIT :most)"""
_BEAT = "INSERT INTO process (id, beat) VALUES (:me, {clock}) ON CONFLICT (id) DO UPDATE SET beat = excluded.beat"
_LIVE = "SELECT id FROM process WHERE beat > {clock} - :stale"
_BURY = "DELETE FROM process WHERE beat < {clock} - :stale"
_FORGET = "DELETE FROM process"
_LEAVE = "DELETE FROM process WHERE id = :me"


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery whose turn it is; *key* names this round of work on it, *runner* the process that has it."""

    id: str
    round: int
    runner: str

    @property
    def key(self) -> str:
        """Return the delivery's id, with the round behind it where that is not the first."""
        return f"{self.id}.{self.round}" if self.round else self.id


class Store:
    """The table, as one process sees it under the name *me*. Every method raises `Unstored` where the database fails.

    Deliveries go from stored to queued (their turn came, they are at work) and on to done or parked. At most one of
    a repository is queued, in all processes together: an index of the database sees to that.
    """

    def __init__(self, url: sa.URL, me: str, patience: float) -> None:
        """Start the connection; *patience* is the longest that any method takes, in seconds."""
        self.me, self._kind = me, url.get_backend_name()
        self._writer = Writer(_connect(url, patience), patience)

    async def open(self) -> None:
        """Make the tables if there are none."""
        await self._writer.run(self._create)

    async def close(self) -> None:
        """End the connection."""
        await self._writer.close()

    async def add(self, delivery: Delivery) -> bool:
        """Commit a delivery; False if it is known already, unless it was parked: then it gets another chance."""
        values = {name: getattr(delivery, name) for name in ("id", "event", "repository", "received", "body")}
        return bool(await self._writer.run(partial(_run, _ADD, values), len(delivery.body)))

    async def reopen(self, delivery: str) -> bool:
        """Give a parked delivery another chance; False if it is not parked."""
        return bool(await self._run(_REOPEN, id=delivery))

    async def claim(self, most: int) -> tuple[Claim, ...]:
        """Queue the oldest delivery of every repository that has none at work, the oldest first, *most* in all."""
        rows = await self._writer.run(partial(self._claim, most))
        return tuple(Claim(*row[1:]) for row in sorted(rows))

    async def begin(self, delivery: str, turn: int) -> tuple[Delivery, int] | None:
        """Count and return one attempt at a delivery that is queued for that round; None if it is not, any more."""
        rows = await self._run(_BEGIN, id=delivery, round=turn, me=self.me)
        for event, repository, body, received, attempts in rows:
            return Delivery(delivery, event, repository, bytes(body), received), attempts
        return None

    async def settle(self, delivery: str, turn: int, state: State, error: str) -> None:
        """Say how an attempt ended, unless another process has begun one since."""
        finished = None if state == "queued" else time.time()
        values = {"id": delivery, "round": turn, "state": state, "error": error, "finished": finished}
        await self._run(_SETTLE, me=self.me, **values)

    async def at_work(self) -> tuple[Claim, ...]:
        """Return what is queued, in all processes."""
        return tuple(Claim(*row[1:]) for row in await self._run(_AT_WORK))

    async def again(self, claim: Claim) -> None:
        """Let a queued delivery wait for its turn again, in a new round."""
        await self._run(_AGAIN, id=claim.id, round=claim.round)

    async def parked(self, most: int) -> tuple[Parked, ...]:
        """Return the parked deliveries, the last parked first."""
        return tuple(Parked(*row) for row in await self._run(_PARKED, most=most))

    async def counts(self) -> Counts:
        """Return how many deliveries there are in each state that is not final."""
        ((waiting, working, parked, oldest),) = await self._run(_COUNTS)
        return Counts(waiting, working, parked, max(0.0, time.time() - oldest) if oldest is not None else 0.0)

    async def is_settled(self, ids: Iterable[str]) -> bool:
        """Return whether these deliveries, or without ids all, are done or parked."""
        wanted = list(ids)
        ((is_open,),) = await (self._run(_OPEN_OF, ids=wanted) if wanted else self._run(_OPEN))
        return not is_open

    async def prune(self, bodies: float, rows: float) -> bool:
        """Drop some payloads done before *bodies* and some rows done before *rows*; True if there can be more."""
        emptied = await self._run(_EMPTY, before=bodies, most=_BATCH)
        deleted = await self._run(_DELETE, before=rows, most=_BATCH)
        return max(len(emptied), len(deleted)) == _BATCH

    async def beat(self) -> None:
        """Say that this process lives."""
        await self._run(_BEAT, me=self.me)

    async def live(self, stale: float) -> frozenset[str]:
        """Return the processes that said so in the last *stale* seconds; forget those that are long gone."""
        await self._run(_BURY, stale=stale * 100)
        return frozenset({self.me, *(row[0] for row in await self._run(_LIVE, stale=stale))})

    async def bury(self) -> None:
        """Say that no process lives."""
        await self._run(_FORGET)

    async def leave(self) -> None:
        """Say that this process lives no more."""
        await self._run(_LEAVE, me=self.me)

    async def _run(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        text = statement.replace("{clock}", _CLOCK[self._kind])
        return await self._writer.run(partial(_run, text, values))

    def _claim(self, most: int, connection: sa.Connection) -> list[tuple[Any, ...]]:
        """Claim, while no other process does: two that look at the same moment could both see a repository idle."""
        if self._kind == "postgresql" and not connection.scalar(sa.func.pg_try_advisory_xact_lock(_LOCK)):
            return []
        return _run(_CLAIM, {"most": most, "me": self.me}, connection)

    def _create(self, connection: sa.Connection) -> None:
        if self._kind == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        _META.create_all(connection)


def _run(statement: str, values: dict[str, Any], connection: sa.Connection) -> list[tuple[Any, ...]]:
    """Return the rows that a statement answers; a change without RETURNING answers one for each row that it changed."""
    text = sa.text(statement)
    if "ids" in values:
        text = text.bindparams(sa.bindparam("ids", expanding=True))
    result = connection.execute(text, values)
    return [tuple(row) for row in result] if result.returns_rows else [()] * result.rowcount


def _connect(url: sa.URL, patience: float) -> sa.Engine:
    milliseconds = max(1, int(patience * 1000))
    arguments: dict[str, Any] = {"check_same_thread": False}
    if url.get_backend_name() == "postgresql":
        arguments = {"connect_timeout": max(2, int(patience)), "tcp_user_timeout": milliseconds}
    engine = sa.create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=arguments)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for statement in _SESSION[url.get_backend_name()]:
            cursor.execute(statement.format(ms=milliseconds))
        cursor.close()
        connection.commit()

    return engine
