"""What an engine keeps beside a run for us: whose it is, so that its end finds the way back. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from contracts.error import Unreadable

WATCHDOG = 1200.0
"""The seconds that `budget.queue_watchdog` stands for where a note does not name any."""


@dataclass(frozen=True, slots=True)
class Note:
    """Where a run was asked for: installation, repository, pull request, and the commit that its check run is at.

    *watchdog* is for how many seconds its job may wait once a machine is there.
    """

    installation: int
    repository: str
    number: int
    commit: str
    watchdog: float = WATCHDOG


def write(note: Note) -> str:
    """Return a note as the engine keeps it."""
    return json.dumps(asdict(note), sort_keys=True)


def read(text: str) -> Note:
    """Return the note that an engine gives back.

    Raises:
        Unreadable: it is none of ours.
    """
    try:
        return Note(**json.loads(text))
    except (ValueError, TypeError):
        raise Unreadable("the engine gives back a note that is none of ours") from None
