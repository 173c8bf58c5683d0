"""The room of the stories: deliveries, a handler that keeps count, and an inbox that hurries."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.queue.delivery import Delivery, Pace
from app.queue.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

QUICK = Pace(
    attempts=3, backoff=0.01, longest_backoff=0.02, at_once=4, a_second=1000.0, beat=0.2, stale=1.0, allowed=20.0
)
"""As fast as the stories can bear; nothing in them depends on how fast that is."""
LONGEST = 20.0
"""Seconds after which a story has failed."""
SECRET = "ghp_" + "a1B2" * 9


def make(name: str, repository: str = "acme/tool", body: bytes = b"{}", event: str = "push") -> Delivery:
    """Return a delivery; all arrive at the same moment, so that only the inbox can know their order."""
    return Delivery(name, event, repository, body, 1_777_900_000.0)


@dataclass
class Hand:
    """A handler that notes what it handles; *act* says what it does beside."""

    act: Callable[[Delivery, int], Awaitable[None]] | None = None
    begun: list[tuple[str, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    peak: Counter[str] = field(default_factory=Counter)
    _now: Counter[str] = field(default_factory=Counter)

    async def __call__(self, delivery: Delivery, attempt: int) -> None:
        """Handle a delivery."""
        self.begun.append((delivery.id, attempt))
        for key in (delivery.repository, "all"):
            self._now[key] += 1
            self.peak[key] = max(self.peak[key], self._now[key])
        try:
            await (self.act(delivery, attempt) if self.act else asyncio.sleep(0))
            self.ended.append(delivery.id)
        finally:
            self._now.subtract((delivery.repository, "all"))


@asynccontextmanager
async def opened(
    url: str, hand: Hand, pace: Pace = QUICK, grace: float = 5.0, **changes: float
) -> AsyncIterator[Inbox]:
    """Open an inbox for the time of a story, which ends in time or fails."""
    inbox = Inbox(url, hand, replace(pace, **changes))  # type: ignore[arg-type]
    async with asyncio.timeout(LONGEST):
        await inbox.open()
    try:
        async with asyncio.timeout(LONGEST):
            yield inbox
    finally:
        await inbox.close(grace)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(LONGEST):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


def look(url: str, statement: str) -> list[tuple[object, ...]]:
    """Return what the database holds, as another program sees it."""
    kind = "postgresql+psycopg" if url.startswith("postgresql") else "sqlite"
    engine = sa.create_engine(sa.make_url(url).set(drivername=kind), poolclass=sa.NullPool)
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]
