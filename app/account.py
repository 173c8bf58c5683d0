"""What the runs of each repository cost on each day, in files below the data folder that several processes share."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.budget import Day, Item
from contracts.error import Unreadable
from runners import file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEPT = timedelta(days=8)
"""How long a run is remembered: longer than the longest may take."""
_LONGEST = 4 << 20


class Account:
    """The books. Reserving or settling a run twice equals once."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        """Keep the books below *folder*; *now* tells the time."""
        self._folder, self._now = folder, now

    def read(self, repository: str) -> Day:
        """Return what stands for a repository today; nothing where its book was damaged or deleted."""
        return Day(tuple(_item(run, row) for run, row in self._load(repository).items() if row["day"] == self._today))

    def reserve(self, repository: str, run: str, minutes: int) -> None:
        """Set minutes of today apart for a run.

        Raises:
            OSError: that cannot be written down.
        """
        with self._changing(repository) as rows:
            rows.setdefault(run, {"day": self._today, "reserved": minutes, "spent": None})

    def settle(self, repository: str, run: str, minutes: float) -> None:
        """Write down what a run took, on the day for which it was reserved; one that was not is not counted.

        Raises:
            OSError: that cannot be written down.
        """
        with self._changing(repository) as rows:
            if run in rows and rows[run]["spent"] is None:
                rows[run]["spent"] = minutes

    @property
    def _today(self) -> str:
        return self._now().astimezone(UTC).date().isoformat()

    def _path(self, repository: str) -> Path:
        owner, _, name = repository.lower().partition("/")
        return self._folder / owner / f"{name}.json"

    def _load(self, repository: str) -> dict[str, Any]:
        try:
            rows = json.loads(file.read(self._path(repository), _LONGEST))
        except (Unreadable, ValueError):
            return {}
        return {run: row for run, row in rows.items() if _is_row(row)} if isinstance(rows, dict) else {}

    @contextmanager
    def _changing(self, repository: str) -> Iterator[dict[str, Any]]:
        """Lend the book out to one who changes it, and write it down without what is long over."""
        path = self._path(repository)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            rows = self._load(repository)
            before = json.dumps(rows)
            yield rows
            oldest = (self._now().astimezone(UTC) - KEPT).date().isoformat()
            kept = {run: row for run, row in rows.items() if row["day"] >= oldest}
            if json.dumps(kept) != before:
                file.write(path, json.dumps(kept).encode())


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("day"), str)
        and isinstance(row.get("reserved"), int)
        and isinstance(row.get("spent"), int | float | None)
    )


def _item(run: str, row: dict[str, Any]) -> Item:
    return Item(run, row["reserved"], row["spent"])
