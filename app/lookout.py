"""A look at runs on GitHub Actions, again and again, and what the service tells itself about runs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from app.hook.event import Stirred
from app.hook.payload import write
from app.note import read as read_note
from app.pulse import Pulse
from app.queue.delivery import Delivery
from contracts.error import Unreadable

if TYPE_CHECKING:
    from app.action.engine import Actions
    from app.hook.event import Finished, Swept
    from app.queue.inbox import Inbox

BEAT = 0.5
"""How often is looked, in seconds; GitHub is asked more seldom."""


@dataclass
class Lookout:
    """Looks after runs on GitHub Actions beside everything else, and has people told how it stands with them."""

    actions: Actions
    _pulse: Pulse = field(default_factory=partial(Pulse, "GitHub Actions is held up"))
    _telling: Pulse = field(default_factory=partial(Pulse, "what people were told cannot be remembered"))

    async def run(self, inbox: Inbox) -> None:
        """Look out until cancelled."""
        while True:
            await self.look(inbox)
            await asyncio.sleep(BEAT)

    async def look(self, inbox: Inbox) -> None:
        """Look once."""
        await self._pulse.beat(self.actions.tick)
        for run, count, standing in await asyncio.to_thread(self.actions.news):
            try:
                note = read_note(await asyncio.to_thread(self.actions.note, run))
            except Unreadable:
                continue  # it was forgotten right now, or is damaged, which ends it
            await inbox.store(pack(Stirred(f"stirred-{run}-{count}", note.installation, note.repository, run)))
            await self._telling.beat(partial(self.actions.mark, run, count, standing))


def pack(event: Finished | Stirred | Swept) -> Delivery:
    """Return a delivery of our own."""
    name, body = write(event)
    return Delivery(event.delivery, name, event.repository, body, time.time())
