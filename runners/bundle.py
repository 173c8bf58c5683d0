"""A bundle: what a machine says that it saw, as a value and as JSON. Pure.

Everything in it is a claim. Reading holds it against the job, so that nothing comes in that was not
asked for; whoever reads it takes secrets out again, and judges.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from evidence import logits, notation, plain
from evidence.host import HostFacts
from evidence.model import Absent, Observation, Seen
from evidence.receipt import Binary, Needed, canonical
from runners.command import fill
from runners.job import Echo  # noqa: TC001 - the reader asks the dataclass for its types

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runners.job import Job
    from runners.smoke import Smoke

LONGEST = 64 << 20
"""The largest bundle, in bytes."""
WORDS = 4000
"""The longest reason, and the longest fact about a machine, in characters."""

_STRUCTURE = 1 << 20
_GROWTH = 8
"""How much longer a text can be than what a leg printed: `[redacted: secret]` is longer than a short secret."""
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_STATUS = 1 << 32
_AGE = 366 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Bundle:
    """What came of a job, and which job that was.

    *repeats* has one mapping of leg → what was seen for each time, without the legs that were
    *reused*: those are in evidence already, for the very *binary* and *needs* found here. Where
    nothing could run, there is one repeat, and every leg in it is absent. *seconds* is what the
    whole job took.
    """

    echo: Echo
    repeats: tuple[Mapping[str, Seen], ...]
    reused: tuple[str, ...]
    binary: Binary | None
    needs: tuple[Needed, ...]
    host: HostFacts
    tool: str
    seconds: float

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Everything that was seen, repeat by repeat."""
        return tuple(seen for repeat in self.repeats for seen in repeat.values())


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A bundle as JSON has it: what was seen says itself of which leg."""

    echo: Echo
    repeats: tuple[tuple[Seen, ...], ...]
    reused: tuple[str, ...]
    binary: Binary | None
    needs: tuple[Needed, ...]
    host: HostFacts
    tool: str
    seconds: float


def fail(job: Job, reason: str, *, tool: str = "", seconds: float = 0.0) -> Bundle:
    """Return the bundle of a job of which nothing ran, and why."""
    absent = {leg: Absent(leg, reason[: WORDS // _GROWTH] or "for no reason that it said") for leg in job.legs}
    return Bundle(job.echo, (absent,), (), None, (), HostFacts(), tool, seconds)


def write(bundle: Bundle) -> bytes:
    """Return a bundle as JSON; a leg whose log has no room any more is absent, and says so."""
    room = LONGEST - _STRUCTURE
    repeats: list[tuple[Seen, ...]] = []
    for repeat in bundle.repeats:
        kept: list[Seen] = []
        for leg, seen in repeat.items():
            size = len(canonical(plain.write(seen)))
            over = f"the logs of this run are larger than {LONGEST >> 20} MiB together"
            kept.append(seen if size <= room else Absent(leg, over))
            room -= size if size <= room else 0
        repeats.append(tuple(kept))
    about = (bundle.reused, bundle.binary, bundle.needs, bundle.host, bundle.tool, bundle.seconds)
    return canonical(plain.write(_Sheet(bundle.echo, tuple(repeats), *about))) + b"\n"


def read(data: bytes, job: Job) -> Bundle:
    """Read what came of *job*, strictly.

    Raises:
        Unreadable: too large, no JSON, a key too many or too few, a value of another type or out of
            bounds, or an answer to something else than the job.
    """
    if len(data) > LONGEST:
        raise Unreadable(f"a bundle of {len(data):,} bytes is too large: at most {LONGEST:,} are read")
    if _is_crowded(data):
        raise Unreadable("the bundle has too many values")
    sheet = plain.read(_Sheet, notation.read(data, "the bundle"), "the bundle")
    fault = next(_faults(sheet, job), None)
    if fault:
        raise Unreadable(f"the bundle does not answer the job: {fault}")
    repeats = tuple({seen.leg: seen for seen in repeat} for repeat in sheet.repeats)
    about = (sheet.reused, sheet.binary, sheet.needs, sheet.host, sheet.tool, sheet.seconds)
    return Bundle(sheet.echo, repeats, *about)


def _is_crowded(data: bytes) -> bool:
    """Return whether JSON has more beside its texts than a bundle can: millions of values would fill the memory."""
    end = beside = 0
    for text in _TEXT.finditer(data):
        beside += text.start() - end + 2
        end = text.end()
        if beside > _STRUCTURE:
            return True
    return beside + len(data) - end > _STRUCTURE


def _faults(sheet: _Sheet, job: Job) -> Iterator[str]:
    """Yield what cannot be an answer to *job*."""
    yield from _faults_of_echo(sheet.echo, job.echo)
    if not (math.isfinite(sheet.seconds) and 0 <= sheet.seconds <= _AGE):
        yield "its seconds are no time"
    host = sheet.host
    if any(len(text) > WORDS for text in (*host.texts, sheet.tool)):
        yield "it says too much about its machine"
    yield from _faults_of_legs(sheet, job)
    yield from _faults_of_subject(sheet, job)
    for seen in (seen for repeat in sheet.repeats for seen in repeat):
        yield from _faults_of_absent(seen) if isinstance(seen, Absent) else _faults_of(seen, job.smoke)


def _faults_of_echo(echo: Echo, asked: Echo) -> Iterator[str]:
    """Yield what a bundle is about instead."""
    if echo.run != asked.run:
        yield "it is about another run"
    if echo.commit != asked.commit:
        yield "it is about another commit"
    if (echo.contract, echo.smoke) != (asked.contract, asked.smoke):
        yield "it is about another smoke"
    if echo.version != asked.version:
        yield "it is about another version of the contract"
    if not compare_digest(echo.nonce.encode(), asked.nonce.encode()):
        yield "it does not repeat the nonce of the job"


def _faults_of_legs(sheet: _Sheet, job: Job) -> Iterator[str]:
    """Yield where legs or repeats are not those that were asked for, each once."""
    rest = sorted(set(job.legs) - set(sheet.reused))
    reusable = {known.leg for known in job.known if (known.binary, known.needs) == (sheet.binary, sheet.needs)}
    if len(set(sheet.reused)) < len(sheet.reused) or not set(sheet.reused) <= reusable:
        yield "it reuses a leg that is not in evidence for this program"
    if any(sorted(seen.leg for seen in repeat) != rest for repeat in sheet.repeats):
        yield "its legs are not those that were asked for"
    times = len(sheet.repeats)
    if times != (job.repeat if rest else 1) and not (times == 1 and _is_empty(sheet)):
        yield f"its legs ran {times} times, and {job.repeat} were asked for"


def _is_empty(sheet: _Sheet) -> bool:
    """Return whether nothing ran, and nothing stands in evidence."""
    absent = all(isinstance(seen, Absent) for repeat in sheet.repeats for seen in repeat)
    return absent and not sheet.reused


def _faults_of_subject(sheet: _Sheet, job: Job) -> Iterator[str]:
    """Yield where the program or a file is not the one that the smoke names; where nothing ran, none need be known."""
    smoke = job.smoke
    if _is_empty(sheet) and (sheet.binary, sheet.needs) == (None, ()):
        return
    if (sheet.binary.path if sheet.binary else "") != smoke.binary:
        yield "its program is not that of the smoke"
    if [(need.name, need.path) for need in sheet.needs] != [(need.name, need.path) for need in smoke.needs]:
        yield "its files are not those of the smoke"
    for found, asked in zip(sheet.needs, smoke.needs, strict=False):
        if asked.sha256 and found.sha256 != asked.sha256.lower():
            yield "a file has another digest than the smoke states"
    digests = [need.sha256 for need in sheet.needs] + ([sheet.binary.sha256] if sheet.binary else [])
    if not all(map(_DIGEST.fullmatch, digests)):
        yield "a digest is none"


def _faults_of_absent(seen: Absent) -> Iterator[str]:
    if not 0 < len(seen.reason) <= WORDS:
        yield f"leg {seen.leg} says no reason of at most {WORDS:,} characters"


def _faults_of(seen: Observation, smoke: Smoke) -> Iterator[str]:
    """Yield what a leg that ran here, within the bounds of its smoke, cannot look like."""
    if seen.origin != "ran" or seen.source:
        yield f"leg {seen.leg} did not run there"
    if not _is_asked(seen, smoke):
        yield f"leg {seen.leg} has another command line"
    bound = smoke.output_limit * _GROWTH
    if len(seen.merged) > bound or len(seen.stdout) + len(seen.stderr) > bound or len(seen.failure) > WORDS:
        yield f"leg {seen.leg} says more than it may"
    if seen.logits and (seen.leg not in smoke.compared or len(seen.logits) > logits.LONGEST):
        yield f"leg {seen.leg} tells more of its logits than was asked for"
    if seen.seconds is None or not (math.isfinite(seen.seconds) and 0 <= seen.seconds <= _AGE):
        yield f"the seconds of leg {seen.leg} are no time"
    if seen.exit is None and not seen.failure:
        yield f"leg {seen.leg} neither ended nor failed"
    if seen.exit is not None and not -_STATUS < seen.exit < _STATUS:
        yield f"the status of leg {seen.leg} is none"


def _is_asked(seen: Observation, smoke: Smoke) -> bool:
    """Return whether a command line is the leg's; what lies in a home folder may stand elsewhere on that machine."""
    leg = smoke.leg(seen.leg)
    if leg is None or len(leg.argv) != len(seen.argv):
        return False
    homes = [f"{{{need.name}}}" for need in smoke.needs if need.path.startswith("~")]
    try:
        words = zip(fill(leg.argv, smoke.places), leg.argv, seen.argv, strict=True)
    except Complaint:
        return False
    return all(wanted == said or (len(said) <= WORDS and any(h in word for h in homes)) for wanted, word, said in words)
