"""What is left over and belongs to nobody: machines that we started, runners that we registered. Pure.

Two opposite mistakes are to be avoided: a machine that runs for ever, and one that is ended while it works. Idleness is
therefore never inferred. What no live run owns is marked at the first look and reaped at a later one; what GitHub calls
busy is neither. What another App registered is not ours to judge.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.action.record import read_machine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

LOOK = 60.0
"""Seconds between the first look that finds something left over, and the earliest that reaps it."""
BOOT = 300.0
"""Seconds that a machine may take from its start until its runner is there, and GitHub's lists to say so."""

_RUNNER = re.compile(r"discharge-([0-9]{1,19})-[a-z0-9_-]+-[0-9]{1,3}")


class Claim(NamedTuple):
    """What is ours: the runners that an App (its number) named, and of them and the machines what live runs own.

    The *names* are those of runners and machines, in small letters.
    """

    app: int
    names: frozenset[str]


class Home(NamedTuple):
    """Where runners are registered: an organization by its login, or a repository as `owner/name`."""

    level: Literal["organization", "repository"]
    name: str


@dataclass(frozen=True, slots=True)
class Registration:
    """A runner as GitHub lists it."""

    home: Home
    id: int
    name: str
    labels: frozenset[str]
    online: bool
    busy: bool

    @property
    def key(self) -> Key:
        """What it is known by from one look to the next."""
        return Key(self.home, str(self.id))


@dataclass(frozen=True, slots=True)
class Machine:
    """A run of the engine that runners are started on; *age*: for how many seconds it has worked, 0 if it waits.

    *repository*, as `owner/name`, is the one that its runner works for, empty if that is not known.
    """

    run: str
    age: float
    repository: str = ""

    @property
    def key(self) -> Key:
        """What it is known by from one look to the next."""
        return Key(None, self.run)


class Key(NamedTuple):
    """What a leftover is known by: the number of a runner at its home, or the name of a machine's run."""

    home: Home | None
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """It is left over, since now."""

    key: Key


@dataclass(frozen=True, slots=True)
class Unmark:
    """It is gone, or it is not left over."""

    key: Key


@dataclass(frozen=True, slots=True)
class Reap:
    """It is to go, after a last look at it."""

    thing: Registration | Machine


Act = Mark | Unmark | Reap


def decide(
    marks: Mapping[Key, float],
    machines: Iterable[Machine],
    registrations: Mapping[Home, Collection[Registration] | None],
    claim: Claim,
    now: float,
) -> tuple[Act, ...]:
    """Return what is to be done about what is left over.

    Args:
        marks: what was left over when it was looked at before, since when.
        machines: the runs that the engine has.
        registrations: the runners of every home there is, None where nobody can look: a machine whose runner may be
            there is not reaped.
        claim: what is ours, and what of it runs own that live.
        now: seconds, of the clock that *marks* are of.
    """
    runners = [runner for listed in registrations.values() for runner in listed or ()]
    unseen = {home for home, listed in registrations.items() if listed is None}
    left = {thing.key: thing for thing in _find(machines, runners, claim)}
    stale = (key for key in marks if key.home not in unseen and key not in left)
    fresh = (key for key in left if key not in marks)
    due = (thing for key, thing in left.items() if key in marks and now - marks[key] >= _wait(thing))
    held = frozenset(runner.name.lower() for runner in runners)
    kept = {
        thing.key
        for thing in left.values()
        if isinstance(thing, Machine)
        and (name_runners(claim.app, thing.run) & held or _is_hidden(thing, unseen, registrations))
    }
    ready = (thing for thing in due if thing.key not in kept)
    return (*map(Unmark, stale), *map(Mark, fresh), *map(Reap, ready))


def is_stray(runner: Registration, claim: Claim) -> bool:
    """Return whether a runner is ours, belongs to no live run, and does not work.

    One of ours has our App in its name, and carries that as a label; one that people keep does not, whatever they call
    it, and one of another App has that one's.
    """
    name = runner.name.lower()
    found = _RUNNER.fullmatch(name)
    ours = found is not None and found[1] == str(claim.app) and name in {label.lower() for label in runner.labels}
    return ours and not runner.busy and name not in claim.names


def name_runners(app: int, machine: str) -> frozenset[str]:
    """Return what the runner can be called that a machine was started for by an App; see `app.action.record`."""
    found = read_machine(machine)
    if found is None:
        return frozenset()
    run, attempt = found
    short = hashlib.sha256(run.encode()).hexdigest()[:32]
    return frozenset(f"discharge-{app}-{one}-{attempt}" for one in (run, short))


def _find(
    machines: Iterable[Machine], runners: Collection[Registration], claim: Claim
) -> Iterator[Registration | Machine]:
    """Yield what is left over; a machine whose runner works is not, whoever it works for.

    A machine whose runner is registered is marked, and goes after it: it could take a job while its machine ends.
    """
    yield from (runner for runner in runners if is_stray(runner, claim))
    busy = {runner.name.lower() for runner in runners if runner.busy}
    for machine in machines:
        names = name_runners(claim.app, machine.run)
        if names and machine.run not in claim.names and not names & busy:
            yield machine


def _is_hidden(machine: Machine, unseen: Collection[Home], homes: Iterable[Home]) -> bool:
    """Return whether the runner of a machine may be registered where nobody can look: at its repository, or its owner.

    It may be anywhere if its repository is not known, or is none of the homes any more: it may have another name now.
    """
    repository = machine.repository.lower()
    if repository not in {home.name.lower() for home in homes}:
        return bool(unseen)
    own = {repository, repository.partition("/")[0]}
    return any(home.name.lower() in own for home in unseen)


def _wait(thing: Registration | Machine) -> float:
    """Return how many seconds a mark must stand; what may still be booting has as long as a boot takes."""
    if isinstance(thing, Registration):
        return LOOK if thing.online else BOOT
    return max(LOOK, BOOT - thing.age) if thing.age else LOOK
