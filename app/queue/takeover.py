"""What a dead process left behind, taken over by a living one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.queue.delivery import Pace
    from app.queue.store import Claim, Store
    from app.queue.workflow import Workflows

_LOG = structlog.stdlib.get_logger(__name__)


class Takeover:
    """Says that this process lives, and looks who does not any more.

    A process that is silent for `stale` seconds counts as dead. Its attempts are begun again here, and claims that
    it had not begun wait for their turn again. If it only slept, DBOS lets it write nothing further about them, and
    the store does not let it settle them: the attempt that it is at can overlap with ours, and does no harm.
    """

    def __init__(
        self, store: Store, workflows: Workflows, pace: Pace, has: Callable[[Claim], bool], *, alone: bool
    ) -> None:
        """Begin to watch.

        Args:
            store: the deliveries of all processes.
            workflows: the work of this one.
            pace: how often to look, and how long a silence counts as death.
            has: whether this process has a claim in its hands.
            alone: no other process can be alive, so that nobody need be waited for.
        """
        self._store, self._workflows, self._pace, self._has = store, workflows, pace, has
        self._heard = time.monotonic()
        self._listening = self._heard - (pace.stale if alone else 0)

    async def look(self) -> None:
        """Say that we live, and take over what nobody works on.

        After a silence of our own, such as a database that was down, the others get the time to speak up first.

        Raises:
            Unstored: the database fails.
        """
        now = time.monotonic()
        await self._store.beat()
        if now - self._heard > self._pace.stale:
            self._listening = now
        self._heard = now
        if now - self._listening < self._pace.stale:
            return
        live = await self._store.live(self._pace.stale)
        if dead := await self._workflows.orphans(live):
            _LOG.warning("took over the work of dead processes", processes=len(dead))
            await self._workflows.adopt(dead)
        claims = await self._store.at_work()
        others = live - {self._store.me}
        held = [claim for claim in claims if claim.runner in others or self._has(claim)]
        for claim in await self._workflows.lost(claims, held):
            _LOG.warning("took back a delivery that nobody worked on", delivery=claim.id)
            await self._store.again(claim)
