"""A delivery: one event that GitHub sent, how it stands, and how patiently it is handled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from evidence.redact import redact

_LONGEST_ERROR = 300
_DAY = 86_400.0
_HOUR = 3_600.0
"""No server's word makes a delivery wait longer at a time: GitHub's own limits are counted anew every hour."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it came: *repository* is `owner/name` or empty, *received* seconds since the epoch (UTC)."""

    id: str
    event: str
    repository: str
    body: bytes
    received: float


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery that nobody tries again unasked: *parked* is when (seconds since the epoch), *error* says why."""

    id: str
    event: str
    repository: str
    received: float
    parked: float
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many deliveries wait, are worked on and are parked; *oldest*: seconds the longest waiting one has waited."""

    waiting: int
    working: int
    parked: int
    oldest: float


class Hopeless(Exception):  # noqa: N818 - the delivery is; the program did not err
    """A delivery that no further attempt can handle: it is parked at once, and those behind it go on."""


class Later(Exception):  # noqa: N818 - nobody erred
    """What is needed is away, or asks for patience: no failure of the delivery, which waits and is tried again."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        """Keep why, and how many seconds to wait at least."""
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast deliveries are handled, how often one is tried, and how long things may take; seconds throughout.

    *attempts*: failures after which a delivery is parked; *backoff*: pause after the first one, doubled each time up
    to *longest_backoff*. *crashes*: how often the process may end in the middle of one delivery before that is parked
    too. *outage*: how long after it came a delivery waits for what is away, however often it is tried; *allowed*: time
    for one attempt. *at_once*: handlers at once in this process; *a_second*: deliveries begun a
    second, so that answers to GitHub are not late while a backlog is worked off. *answer*: the longest that storing
    may take. *beat*: how often a process says that it lives; *stale*: silence after which another one takes its work.
    *keep*: how long a handled delivery is known by its id; *keep_body*: how long its payload is kept.
    """

    attempts: int = 8
    backoff: float = 1.0
    longest_backoff: float = 60.0
    crashes: int = 25
    outage: float = _DAY
    allowed: float = 900.0
    at_once: int = 8
    a_second: float = 20.0
    answer: float = 5.0
    beat: float = 3.0
    stale: float = 12.0
    keep: float = 30 * _DAY
    keep_body: float = 3 * _DAY

    def pause(self, failures: int) -> float:
        """Return how long to wait after that many failures."""
        return min(self.longest_backoff, self.backoff * 2.0 ** min(failures - 1, 60))

    def weigh(self, error: Exception, failures: int, age: float) -> float | None:
        """Return how long a delivery that came *age* seconds ago waits after an error, None if it is parked."""
        if isinstance(error, Later) and age < self.outage:
            return min(max(error.seconds, self.pause(failures)), _HOUR)
        if isinstance(error, Hopeless) or failures >= self.attempts:
            return None
        return self.pause(failures)


PACE = Pace()
Handle = Callable[[Delivery, int], Awaitable[None]]
"""What handles a delivery: the second argument counts from 1 how often that was begun.

It must be convergent: an attempt that follows a killed one finds half of the work done, and after a takeover two
attempts can overlap for a moment. Work that blocks belongs into threads, because all handlers share one event loop.
"""


def describe(error: BaseException) -> str:
    """Return an error as one short line without secrets; what is ours to say needs no name of a class."""
    first = next(iter(str(error).strip().splitlines()), "")
    kind = "" if isinstance(error, Hopeless | Later) else type(error).__name__
    said = redact(": ".join(filter(None, (kind, first)))).text
    return said if len(said) <= _LONGEST_ERROR else f"{said[:_LONGEST_ERROR]}…"
