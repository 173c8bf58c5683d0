"""One beat of what is done again and again, and what is said if it cannot be done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.stdlib.get_logger("pulse")


@dataclass
class Pulse:
    """Has done what is due. What holds it up is logged once, as *held*, and not at every beat."""

    held: str
    _said: str = ""

    async def beat(self, tick: Callable[[], None]) -> None:
        """Do what is due in a thread; a complaint ends nothing, because the next beat tries again."""
        said = ""
        try:
            await asyncio.to_thread(tick)
        except Complaint as complaint:
            said = str(complaint)
            if said != self._said:
                _log.warning(self.held, why=said)
        self._said = said
