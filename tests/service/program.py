"""A service as a process of its own: `python -m tests.service.program FOLDER`. It notes in FOLDER what it handles."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.web.metric import Metrics
from app.web.serve import Work, serve
from tests.service.hook import EVENTS, make_settings

if TYPE_CHECKING:
    from app.queue.delivery import Delivery

FOLDER = Path(sys.argv[1])


async def handle(delivery: Delivery, attempt: int) -> None:
    """Take as long as the delivery says, then note it."""
    await asyncio.sleep(json.loads(delivery.body).get("wait", 0))
    (FOLDER / f"{delivery.id}.handled").write_text(str(attempt), encoding="utf-8")


if __name__ == "__main__":
    serve(make_settings(FOLDER), Work(Metrics(), EVENTS, handle))
