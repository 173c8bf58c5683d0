"""A look for machines and runners that belong to no run, again and again, and how many there are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from app.action.reaper import PAUSE

if TYPE_CHECKING:
    from app.action.reaper import Reaper
    from app.queue.inbox import Inbox
    from app.web.metric import Metrics

BEAT = 10.0
"""How often is asked whether it is time to look, in seconds."""
_log = structlog.stdlib.get_logger("patrol")


@dataclass
class Patrol:
    """Looks for what is left over; first a while after the start, when runs that were interrupted go on again."""

    reaper: Reaper
    metrics: Metrics

    async def run(self, _: Inbox) -> None:
        """Look until cancelled."""
        await asyncio.sleep(PAUSE)
        while True:
            await self.look()
            await asyncio.sleep(BEAT)

    async def look(self) -> None:
        """Look once, if it is time; a look that fails is told, and disturbs nothing that runs beside."""
        try:
            self.metrics.show_leftovers(await asyncio.to_thread(self.reaper.look))
        except Exception as error:  # noqa: BLE001 - GitHub is away, say: the next look tries again
            _log.warning("it cannot be looked for leftovers now", why=str(error))
