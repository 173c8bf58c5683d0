"""Discharge's own service for the bench: whatever it stores costs its handler 5 ms of a core, in a thread."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app.hook.event import EVENTS
from app.web.metric import Metrics
from app.web.serve import Work, serve
from app.web.settings import Settings

if TYPE_CHECKING:
    from app.queue.delivery import Delivery

_WORK_S = 0.005


def toil() -> None:
    """Use 5 ms of a core, as Python does: nobody else in the process computes meanwhile."""
    end = time.thread_time() + _WORK_S
    while time.thread_time() < end:
        sum(range(500))


async def handle(_delivery: Delivery, _attempt: int) -> None:
    """Handle a delivery as the real handler does: its work is in a thread."""
    await asyncio.to_thread(toil)


def read(folder: Path) -> Settings:
    """Return settings whose keys nobody asks for here."""
    unused, secret = SecretStr("unused"), SecretStr(os.environ["SECRET"])
    database, port = SecretStr(f"sqlite:///{folder}/discharge.sqlite"), int(os.environ["PORT"])
    return Settings(7, unused, secret, unused, "http://127.0.0.1:9", database, folder, "127.0.0.1", port, 1, "json")


if __name__ == "__main__":
    serve(read(Path(os.environ["FOLDER"])), Work(Metrics(), EVENTS, handle))
