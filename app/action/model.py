"""What is seen of a run on GitHub Actions, and what can be done about it, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of a dataclass
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.action.record import Level, Record

Machine = Literal["none", "waiting", "working", "over"]
"""How it stands with the machine that a runner is started on."""
Presence = Literal["gone", "offline", "online", "busy"]
"""How GitHub knows a runner."""
Work = Literal["none", "queued", "working", "over"]
"""How it stands with the job of the workflow; none: GitHub knows none yet."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one attempt.

    *found* is the number of its run of the workflow, found by its title because no answer told it, and *stray* where
    a runner by its name is registered that nobody remembers, and its number. *closed*: that run of the workflow has
    ended. *holder* is the runner that has the job, 0 for none, and *conclusion* how it ended. *words* say how the
    machine ended, a clause that begins with a colon.
    """

    machine: Machine = "none"
    runner: Presence = "gone"
    found: int = 0
    stray: tuple[Level, int] = ("", 0)
    closed: bool = False
    job: Work = "none"
    holder: int = 0
    conclusion: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at one time: attempt → look, and of kept runners with the labels how many are there.

    *online* counts them, *idle* those that work for nobody and wait for no other run of ours. *ended*: the run has
    its end already, whatever is seen.
    """

    ended: bool = False
    looks: Mapping[int, Look] = field(default_factory=dict)
    online: int = 0
    idle: int = 0

    def look(self, number: int) -> Look:
        """Return what was seen of an attempt."""
        return self.looks.get(number, Look())


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a job may wait once a machine is there, and how long it may take, in seconds."""

    watchdog: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Mint:
    """A runner is to be registered for an attempt."""

    number: int


@dataclass(frozen=True, slots=True)
class Hand:
    """A machine is to start the runner."""

    number: int


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The workflow is to be dispatched."""

    number: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """The result is to be fetched, if it is there by now."""

    number: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """The run of the workflow is to be cancelled."""

    number: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The machine is to end."""

    number: int


@dataclass(frozen=True, slots=True)
class Deregister:
    """The runner is to be unknown to GitHub."""

    number: int


@dataclass(frozen=True, slots=True)
class Wake:
    """A machine is to be woken."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """The machine may sleep."""


@dataclass(frozen=True, slots=True)
class End:
    """The run is gone, and why: a clause for people."""

    reason: str


Act = Mint | Hand | Dispatch | Fetch | Cancel | Stop | Deregister | Wake | Sleep | End


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be remembered before anything is done, and what is to be done."""

    record: Record
    acts: tuple[Act, ...] = ()
