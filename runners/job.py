"""A job: what one machine is asked to do, as a value and as JSON. Pure.

It holds no secret: what a runner needs to know is a repository on its disk, a commit, and a smoke.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from contracts.error import Unreadable
from evidence import notation, plain
from evidence.receipt import Binary, Needed, canonical
from runners.smoke import Smoke  # noqa: TC001 - the reader asks the dataclass for its types

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 4 << 20
"""The largest job, in bytes."""
NOTE = 4096
"""The longest note, in bytes."""
MOST = 100
"""The most repeats; the configuration allows no more."""
ALLOWANCE = 900.0
"""Seconds for what no timeout of a smoke speaks of: checking out, and the digests of models."""

_RUN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NONCE = re.compile(r"[0-9a-f]{0,64}")
_VERSION = 200
_USER = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_.-]{0,31})?")
_GRACE = 10.0
_WEEK = 7 * 24 * 3600.0
_OUTPUT = 64 << 20
_PATH = 4096


@dataclass(frozen=True, slots=True)
class Known:
    """A leg that stands in accepted evidence: it need not run if the program and the files are these.

    *source* is the log's path in the repository, for people.
    """

    leg: str
    argv: tuple[str, ...]
    binary: Binary | None
    needs: tuple[Needed, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Echo:
    """What comes back with the answer to a job, so that no other answer is taken for it.

    *version* is that of the contract, *smoke* the name of the smoke, *nonce* what nobody could tell before the job.
    """

    run: str
    commit: str
    contract: str
    version: str
    smoke: str
    nonce: str


Network = Literal["host", "none", "auto"]
"""What of the network legs have: all, nothing, or nothing where the kernel allows that."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What legs may not do; *user* is who they are on the machine, empty: the user that does the job."""

    network: Network = "host"
    user: str = ""


FREE = Confinement()
"""Nothing that a leg may not do."""


@dataclass(frozen=True, slots=True)
class Job:
    """Legs of a smoke to run at a commit.

    *run* names the job for ever: the same name is the same job. *source* is the folder of a git
    repository that holds every file of *commit*. *repeat* says how often each leg runs, whatever
    the smoke says. *note* comes back as it was given. *version* is that of the contract, empty if it states none;
    *nonce* what nobody can know before the job does, as hex.
    """

    run: str
    source: str
    commit: str
    smoke: Smoke
    legs: tuple[str, ...]
    known: tuple[Known, ...]
    repeat: int
    note: str = ""
    version: str = field(default="", metadata=plain.LEAN)
    nonce: str = field(default="", metadata=plain.LEAN)
    confinement: Confinement = field(default=FREE, metadata=plain.LEAN)

    @property
    def echo(self) -> Echo:
        """What the answer must repeat."""
        return Echo(self.run, self.commit, self.smoke.contract, self.version, self.smoke.name, self.nonce)

    @property
    def deadline(self) -> float:
        """Seconds after which the job is ended: every leg and build step within its timeout, and an allowance."""
        steps = len(self.legs) * self.repeat + len(self.smoke.build)
        return steps * (self.smoke.timeout + _GRACE) + ALLOWANCE


def write(job: Job) -> bytes:
    """Return a job as JSON.

    Raises:
        Unreadable: it is one that `read` would refuse.
    """
    return canonical(plain.write(_checked(job))) + b"\n"


def read(data: bytes) -> Job:
    """Read a job, strictly.

    Raises:
        Unreadable: it is too large, no JSON, has a key too many or too few, or a value out of its bounds.
    """
    if len(data) > LONGEST:
        raise Unreadable(f"a job of {len(data):,} bytes is too large: at most {LONGEST:,} are read")
    return _checked(plain.read(Job, notation.read(data, "the job"), "the job"))


def is_run(name: str) -> bool:
    """Return whether *name* can name a run: lower-case letters, digits, `-` and `_`, at most 64; safe as a file's."""
    return _RUN.fullmatch(name) is not None


def _checked(job: Job) -> Job:
    fault = next(_faults(job), None)
    if fault:
        raise Unreadable(f"the job cannot be taken: {fault}")
    return job


def _faults(job: Job) -> Iterator[str]:
    if not is_run(job.run):
        yield "its run is no name of at most 64 lower-case letters, digits, - and _"
    if not _COMMIT.fullmatch(job.commit):
        yield "its commit is no full hash"
    if not job.source.startswith("/") or len(job.source) > _PATH or "\0" in job.source:
        yield "its source is no absolute path"
    if len(job.note.encode("utf-8", "replace")) > NOTE:
        yield f"its note is longer than {NOTE:,} bytes"
    if len(job.version) > _VERSION:
        yield f"the version of its contract is longer than {_VERSION} characters"
    if not _NONCE.fullmatch(job.nonce):
        yield "its nonce is not at most 64 hexadecimal digits"
    if not _USER.fullmatch(job.confinement.user):
        yield "its user is no name of one"
    if not 1 <= job.repeat <= MOST:
        yield f"it repeats its legs {job.repeat} times, and {MOST} is the most"
    yield from _faults_of_legs(job)
    yield from _faults_of_bounds(job.smoke)


def _faults_of_legs(job: Job) -> Iterator[str]:
    names = [leg.name for leg in job.smoke.legs]
    if not job.legs:
        yield "it has no legs"
    if len(set(job.legs)) < len(job.legs) or len(set(names)) < len(names):
        yield "a leg stands there twice"
    if not set(job.legs) <= set(names):
        yield "it asks for a leg that its smoke does not have"
    if not {known.leg for known in job.known} <= set(job.legs):
        yield "it knows a leg that it does not ask for"
    if job.known and job.repeat != 1:
        yield "it repeats its legs, and knows one that ran once"


def _faults_of_bounds(smoke: Smoke) -> Iterator[str]:
    if not (math.isfinite(smoke.timeout) and 0 < smoke.timeout <= _WEEK):
        yield "its timeout is no time of at most a week"
    if not 0 < smoke.output_limit <= _OUTPUT:
        yield f"its output limit is not between 1 and {_OUTPUT:,} bytes"
