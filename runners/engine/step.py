"""What is due for a run in a cluster, decided from what its folder says and what Slurm lists. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runners.engine.scheduler import Entry


TRIES = 3
"""How often a job is handed in that Slurm loses before it begins: a controller that is killed may lose its newest."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the folder of a run without an end says.

    *began* is the number of the job that began, 0 if none did; *told* are the numbers that were handed in, the newest
    last. *barred* says why none may begin. *age* is the seconds since it began, *limit* how many it may have. *lost*
    is the number of the job of which an earlier look found that nothing more can come, *why* that is so, and *ago* the
    seconds since then.
    """

    began: int
    told: tuple[int, ...]
    barred: str
    age: float
    limit: float
    lost: int
    why: str
    ago: float


@dataclass(frozen=True, slots=True)
class Submit:
    """A job is to be handed in."""


@dataclass(frozen=True, slots=True)
class Tell:
    """The number of its job is to be written down."""

    number: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing more can come of its job, and one more look is due: a bundle may be under way."""

    number: int
    state: str
    node: str


@dataclass(frozen=True, slots=True)
class Close:
    """It has its end, and this is why."""

    reason: str
    ended: bool
    """Whether its job ended by itself, and may have said why."""


Step = Submit | Tell | Leave | Close | None


def find(known: Known, entries: Sequence[Entry]) -> Entry | None:
    """Return the run's own job of all that carry its name: the one that began, else that handed in, else the first."""
    numbers = {entry.number: entry for entry in entries}
    if known.began:
        return numbers.get(known.began)
    handed = next((number for number in reversed(known.told) if number in numbers), min(numbers, default=0))
    return numbers.get(handed)


def decide(known: Known, entries: Sequence[Entry], grace: float) -> Step:
    """Return what is due for a run, of which Slurm lists *entries*; *grace* seconds lie between two last looks."""
    if known.barred:
        return Close(known.barred, ended=False)
    entry = find(known, entries)
    number = entry.number if entry else known.began or max(known.told[-1:], default=0)
    if not number:
        return Submit()
    if entry and not entry.over:
        return _follow(known, number)
    if known.lost != number:
        return Leave(number, entry.state if entry else "", entry.node if entry else "")
    if known.ago < grace:
        return None
    forgotten = entry is None and not known.began and len(known.told) < TRIES
    return Submit() if forgotten else Close(known.why, ended=True)


def _follow(known: Known, number: int) -> Step:
    if known.age > known.limit:
        return Close(f"it took longer than {known.limit:g} s", ended=False)
    return None if number in known.told else Tell(number)


def find_strays(entries: Sequence[Entry], own: int) -> frozenset[int]:
    """Return the jobs of one run that nobody asks for: all but *own* (0: it asks for none), and none that leaves."""
    return frozenset(e.number for e in entries if e.number != own and not e.over and e.state != "COMPLETING")
