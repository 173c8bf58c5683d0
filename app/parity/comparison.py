"""A comparison of files: their labels, their numbers, and the verdict. It needs numpy, extra `parity`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Complaint
from evidence.parity.label import choose, doubt, find_vocabulary, object_to, object_to_vocabulary, remark
from evidence.parity.repeat import Noise, agree
from evidence.parity.summary import summarise
from evidence.parity.tier import STRICT, TIERS
from evidence.parity.verdict import Judgement, Verdict, judge
from runners.logits import digest, find
from runners.parity import measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evidence.parity.measured import Measured
    from evidence.parity.tier import Tier
    from runners.logits import Logits

BACKENDS = ("numpy", "torch", "triton")
"""What can measure; all mean the same."""
_WITH_ITSELF = "A file always agrees with itself: name what another run wrote"
_ONE_GO = "A go that never was would be counted: name for each what it wrote"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: two files, or one and several goes of the other.

    *tier* is a name (empty: that of the subject), *vocabulary* how many ids are compared (None: as the reference says,
    else all), *device* the kind of device that the subject must have been computed on (empty: any), *backend* what
    measures.
    """

    reference: Path
    subjects: tuple[Path, ...]
    tier: str = ""
    vocabulary: int | None = None
    device: str = ""
    backend: str = BACKENDS[0]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One subject beside the reference; *measured* is None where nothing was."""

    reference: Logits
    subject: Logits
    judgement: Judgement
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All subjects beside the reference, what they come to together and why; *noise* is None for a single one."""

    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    reason: str
    noise: Noise | None = None


def compare(request: Request) -> Outcome:
    """Measure and judge.

    Raises:
        Complaint: a file cannot be read or is given twice, or the tier is none.
    """
    for kind, asked, known in (("tier", request.tier or STRICT.name, TIERS), ("backend", request.backend, BACKENDS)):
        if asked not in known:
            raise Complaint(f"there is no {kind} {asked[:40]}", mend=f"There are {', '.join(known)}")
    reference, subjects = find(request.reference), [find(path) for path in request.subjects]
    _tell_apart((request.reference, *request.subjects))
    comparisons = tuple(_compare(reference, subject, request) for subject in subjects)
    verdict, reason = agree([one.judgement for one in comparisons])
    noise = _listen(comparisons, request.backend) if len(comparisons) > 1 else None
    return Outcome(comparisons, verdict, reason, noise)


def _tell_apart(paths: Sequence[Path]) -> None:
    """Refuse a file that is given twice, under whatever names; the first is the reference."""
    met: dict[tuple[int, int], Path] = {}
    for path in paths:
        about = path.stat()
        first = met.get(key := (about.st_dev, about.st_ino))
        if first is not None:
            what = f"{path} is given twice" if path == first else f"{first} and {path} are one file"
            raise Complaint(what, mend=_WITH_ITSELF if first is paths[0] else _ONE_GO)
        met[key] = path


def _compare(reference: Logits, subject: Logits, request: Request) -> Comparison:
    tier = TIERS[request.tier] if request.tier else choose(subject.label, subject.kind) or STRICT
    vocabulary = find_vocabulary(reference.label, reference.width, request.vocabulary)
    for verdict, reasons in (
        (Verdict.INVALID_COMPARISON, tuple(_object(reference, subject, request.vocabulary, tier))),
        (Verdict.NOT_MEASURED, tuple(doubt(subject.label, request.device))),
    ):
        if reasons:
            return Comparison(reference, subject, Judgement(verdict, tier, reasons))
    measured = _measure(reference, subject, vocabulary, request.backend)
    remarks = (*remark(reference.label, subject.label),)
    return Comparison(reference, subject, judge(summarise(measured, tier), tier, remarks=remarks), measured)


def _measure(reference: Logits, subject: Logits, vocabulary: int, backend: str) -> Measured:
    if backend == "numpy":
        return measure(reference, subject, vocabulary)
    from runners import tensor  # noqa: PLC0415 - torch, only where somebody asks for it

    return tensor.measure(reference, subject, vocabulary, "triton" if backend == "triton" else "torch")


def _object(reference: Logits, subject: Logits, asked: int | None, tier: Tier) -> Iterator[str]:
    """Yield why the files are not of one question."""
    one, two = ((side.positions, side.width) for side in (reference, subject))
    if one != two:
        yield f"the reference has {one[0]:,} × {one[1]:,} logits, the subject {two[0]:,} × {two[1]:,}"
    yield from object_to(reference.label, subject.label, tier)
    yield from object_to_vocabulary(reference.label, subject.label, reference.width, asked)


def _listen(comparisons: Sequence[Comparison], backend: str) -> Noise:
    """Return what several goes say of themselves."""
    first, *others = comparisons
    digests = tuple(digest(one.subject) for one in comparisons)
    if any(one.measured is None for one in comparisons):
        return Noise(digests)
    apart = (other for other, seen in zip(others, digests[1:], strict=True) if seen != digests[0])
    vocabulary = first.measured.vocabulary if first.measured else 0
    tier = first.judgement.tier
    floor = (_measure(first.subject, other.subject, vocabulary, backend) for other in apart)
    return Noise(digests, tuple(summarise(one, tier) for one in floor))
