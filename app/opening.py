"""The service, open before its bot is: deliveries are stored while what handles them is still being imported.

The bot's imports take longer than all the rest of the start, and nobody who delivers a webhook should wait for them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.hook.event import EVENTS
from app.web.metric import Metrics
from app.web.serve import Work

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from app.queue.delivery import Delivery
    from app.queue.inbox import Inbox
    from app.web.settings import Settings


def prepare(settings: Settings) -> Work:
    """Return what the service does with these settings; the bot is put together once the service is up.

    Raises:
        Complaint: the engine that they choose cannot be had: that is told at once, and by no task that fails for ever.
    """
    if settings.engine != "local":
        from app.machinery import open_engine  # noqa: PLC0415 - a cluster's client takes long to import

        open_engine(settings).close()
    metrics = Metrics()
    later = _Later(settings, metrics)
    return Work(metrics, EVENTS, later.handle, (later.run,))


class _Later:
    """The assembled work, as soon as somebody waits for it."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._making: asyncio.Task[Work] | None = None

    async def handle(self, delivery: Delivery, attempt: int) -> None:
        """Handle a delivery once there is something to do it."""
        work = await self._get()
        await work.handle(delivery, attempt)

    async def run(self, inbox: Inbox) -> None:
        """Run what runs beside."""
        work = await self._get()
        async with asyncio.TaskGroup() as group:
            for task in work.tasks:
                group.create_task(_call(task(inbox)))

    async def _get(self) -> Work:
        """Return the work; it is put together once, in a thread, and anew after it failed."""
        if self._making is None or (self._making.done() and self._making.exception()):
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> Work:
        from app.assembly import assemble  # noqa: PLC0415 - this import is what takes long

        return assemble(self._settings, metrics=self._metrics)


async def _call(running: Awaitable[None]) -> None:
    await running
