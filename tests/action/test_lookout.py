"""The look at runs on GitHub Actions: people are told of every run, whatever becomes of one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from app.lookout import Lookout
from app.note import Note, write
from contracts.error import Complaint

if TYPE_CHECKING:
    from app.queue.delivery import Delivery


class _Runs:
    """Two runs of which there is news; of the first nothing can be remembered."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.marked: list[str] = []

    def tick(self) -> None:
        """Have nothing to do."""

    def news(self) -> tuple[tuple[str, int, str], ...]:
        """Tell of those that nobody was told of."""
        return tuple((run, 1, "running") for run in ("odd", "plain") if run not in self.marked)

    def note(self, _: str) -> str:
        """Return where both were asked for."""
        return write(Note(1, "acme/hello", 1, "0" * 40))

    def mark(self, run: str, _count: int, _standing: str) -> None:
        """Remember one."""
        if run == "odd":
            raise Complaint("it cannot be written down")
        self.marked.append(run)

    async def store(self, delivery: Delivery) -> None:
        """Take what people are to be told."""
        self.stored.append(delivery.id)


def test_what_cannot_be_remembered_of_one_run_silences_no_other() -> None:
    """It is said, once while nothing else is remembered, and the look goes on."""
    runs: Any = _Runs()
    lookout = Lookout(runs)
    with capture_logs() as lines:
        for _ in range(4):
            asyncio.run(lookout.look(runs))

    assert runs.stored == ["stirred-odd-1", "stirred-plain-1", *["stirred-odd-1"] * 3]
    assert [line["event"] for line in lines] == ["what people were told cannot be remembered"] * 2
