"""The deliveries that failed too often, looked at from outside the service, which may run meanwhile."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from app.queue.inbox import read_url
from app.queue.store import Store
from contracts.error import Complaint

if TYPE_CHECKING:
    from app.queue.delivery import Parked

_PATIENCE = 10.0
_MOST = 100


def look(url: str, retry: tuple[str, ...] = ()) -> tuple[Parked, ...]:
    """Return the parked deliveries, the last parked first; those of *retry* get another chance before.

    Raises:
        Complaint: one of *retry* is not parked, or the database cannot be reached.
    """
    return asyncio.run(_look(url, retry))


async def _look(url: str, retry: tuple[str, ...]) -> tuple[Parked, ...]:
    store = Store(read_url(url), f"visitor-{os.getpid()}", _PATIENCE)
    await store.open()
    try:
        for delivery in retry:
            if not await store.reopen(delivery):
                mend = "discharge parked lists those that are"
                raise Complaint(f"the delivery {delivery[:80]} is not parked", mend=mend)
        return await store.parked(_MOST)
    finally:
        await store.close()
