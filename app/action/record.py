"""What is remembered of a run on GitHub Actions: what was asked for, what came of it, and since when. Pure.

It holds no secret: a runner is known here by its number.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Literal

from contracts.error import Unreadable
from evidence import notation, plain

LONGEST = 64 << 10
"""The largest record, in bytes."""
_MACHINE = re.compile(r"(.+)-m([0-9]{1,3})")
_NAME = 64
"""The longest name of a runner on GitHub, and of a run of an engine."""

Kind = Literal["actions", "registered"]
"""`actions`: a runner is started for the run; `registered`: people keep one."""
REMOTE: tuple[Kind, ...] = ("registered", "actions")
"""What a smoke names in `runner.engine` to run on GitHub Actions."""
Level = Literal["", "organization", "repository"]
"""Where a runner is registered; empty: nowhere."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One runner and one run of the workflow. Times are seconds since the epoch, 0 where it did not happen.

    *runner* is GitHub's number, 0 for none; *handed*: the machine was asked to start it. *asked* is when the workflow
    was dispatched, *workflow* the number of its run, 0 while that is not known. *promised*: a machine is there;
    *began*: the job runs; *ended*: it was first seen to have ended. *doubt* is since when it looks lost; *lost*: it
    is given up; *clear*: nothing of it is left anywhere.
    """

    number: int
    level: Level = ""
    runner: int = 0
    handed: bool = False
    asked: float = 0.0
    workflow: int = 0
    promised: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    doubt: float = 0.0
    lost: bool = False
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of one run. *labels* are those of its class, in small letters.

    *taken* is when it was asked for; *parked* since when no machine with its labels is online, 0 if one is; *woken*
    when one was last asked to wake, *slept*: it may sleep again. *spent* are the seconds that let-go machines worked.
    """

    kind: Kind
    labels: tuple[str, ...]
    taken: float
    attempts: tuple[Attempt, ...] = ()
    parked: float = 0.0
    woken: float = 0.0
    slept: bool = False
    spent: float = 0.0

    @property
    def current(self) -> Attempt | None:
        """The attempt that may still come to something."""
        last = self.attempts[-1] if self.attempts else None
        return None if last is None or last.lost else last

    def put(self, attempt: Attempt) -> Record:
        """Return the record with an attempt in the place of that of its number, or as the newest."""
        others = [one for one in self.attempts if one.number != attempt.number]
        return replace(self, attempts=tuple(sorted((*others, attempt), key=lambda one: one.number)))

    def attempt(self, number: int) -> Attempt:
        """Return an attempt that there is."""
        return next(one for one in self.attempts if one.number == number)


def write(record: Record) -> bytes:
    """Return a record as JSON."""
    return json.dumps(plain.write(record), sort_keys=True).encode() + b"\n"


def read(data: bytes) -> Record:
    """Read a record, strictly.

    Raises:
        Unreadable: it is none.
    """
    if len(data) > LONGEST:
        raise Unreadable(f"a record of {len(data):,} bytes is too large")
    return plain.read(Record, notation.read(data, "the record"), "the record")


def choose(kind: Kind, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels of a class as GitHub keeps them: in small letters, each once.

    No label is added by itself to a just-in-time runner, so `self-hosted` is asked for; without any, it alone is.
    """
    small = [label.strip().lower() for label in labels if label.strip()]
    own = ["self-hosted"] if kind == "actions" or not small else []
    return tuple(dict.fromkeys((*own, *small)))


def name_runner(app: int, run: str, attempt: int) -> str:
    """Return the name of a just-in-time runner of an App (its number), which is its unique label, too.

    The App is in it because an organization may have several, which see each other's runners.
    """
    return _fit(f"discharge-{app}-{run}-{attempt}", f"discharge-{app}-{_digest(run)}-{attempt}")


def name_machine(run: str, attempt: int) -> str:
    """Return what the run of the machine is called that a runner is started on."""
    return _fit(f"{run}-m{attempt}", f"{_digest(run)}-m{attempt}")


def read_machine(name: str) -> tuple[str, str] | None:
    """Return the run, or what is short for it, and the attempt in the name of a machine; None for any other name."""
    found = _MACHINE.fullmatch(name)
    return (found[1], found[2]) if found else None


def name_title(run: str) -> str:
    """Return the title that the workflow gives its runs, by which one is found whose number was lost."""
    return f"discharge {run}"


def _fit(name: str, short: str) -> str:
    return name if len(name) <= _NAME else short


def _digest(run: str) -> str:
    return hashlib.sha256(run.encode()).hexdigest()[:32]
