"""Whether a file that follows another agrees with it: the rules, and what they look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.history import BLOB_LIMIT
from app.imprint import LARGE, Allowance, bring, decode, find, tell
from contracts.error import Complaint, Place, Unreadable
from contracts.rule import Fault, Rule
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.follower import Follower
    from app.history import Repository
    from app.imprint import Statement


Told = dict[tuple[str, str], "str | Complaint"]
"""(path, version or sha256) → what must be stated of that file, or why nobody knows."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A follower beside what it follows.

    *stated* is what it states, *wanted* what should stand there, and *lines* are the lines of the file as it should
    be. *reason* says why one of that cannot be told, empty if it can.
    """

    follower: Follower
    stated: tuple[Statement, ...] = ()
    wanted: str = ""
    lines: tuple[str, ...] = ()
    reason: str = ""


def gather(repository: Repository, commit: str, followers: Sequence[Follower]) -> list[Agreement | None]:
    """Return how each follower stands at a commit; None where it, or what it follows, is not there."""
    paths = {path for follower in followers for path in (follower.path, follower.of)}
    known = repository.read(commit, sorted(paths), large=BLOB_LIMIT) if paths else {}
    told: Told = {}
    allowance = Allowance()
    for one in followers:
        if one.of in known and (one.of, one.kind) not in told:
            told[one.of, one.kind] = _tell(one, known[one.of])
    there = [one if {one.path, one.of} <= known.keys() else None for one in followers]
    return [_look(one, known, told, allowance) if one else None for one in there]


def _tell(follower: Follower, content: bytes) -> str | Complaint:
    """Return what a follower must state, nothing where a finding of its own says that the file cannot be read."""
    try:
        return tell(follower, content)
    except Unreadable:
        return ""
    except Complaint as complaint:
        return complaint


def _look(follower: Follower, known: Mapping[str, bytes], told: Told, allowance: Allowance) -> Agreement:
    wanted, content = told[follower.of, follower.kind], known[follower.path]
    if len(content) > LARGE:
        return Agreement(follower, reason=f"it is larger than {LARGE >> 20} MiB")
    try:
        text = decode(content, follower.path)
        stated = find(text, follower, allowance)
    except Unreadable as reason:
        return Agreement(follower, reason=reason.what)
    if not stated:
        return Agreement(follower, reason=f"{code(follower.pattern.text, 80)} matches nothing")
    if isinstance(wanted, Complaint):
        return Agreement(follower, reason=wanted.what)
    wrong = {one.value for one in stated} != {wanted}
    mended = bring(text, [(follower, wanted)], allowance)[0] if wrong else text
    lines = mended.split("\n") if mended != text and mended.count("\n") == text.count("\n") else []
    return Agreement(follower, stated, wanted, tuple(lines))


def _compare_versions(agreement: Agreement) -> Iterator[Fault]:
    """A follower states the version of what it follows.

    `followers` in the configuration names files that must agree with a contract or a spec: a badge, a sentence in
    another document. Who moves a version moves them in the same change; the app's own commits do. A disagreement that
    stood before a change is a notice.
    """
    if agreement.follower.kind == "version":
        yield from _compare(agreement)


def _compare_digests(agreement: Agreement) -> Iterator[Fault]:
    """A follower states the SHA-256 of what it follows.

    The digest is that of the file's bytes as they are committed, as `sha256sum` prints it. Who edits the file writes
    the new digest in the same change; the app's own commits do.
    """
    if agreement.follower.kind == "sha256":
        yield from _compare(agreement)


def _compare(agreement: Agreement) -> Iterator[Fault]:
    """Yield a fault for every place that states something else.

    What is told apart is the value that stands there, so that one which stood before is known again on another line.
    """
    follower, wanted = agreement.follower, agreement.wanted
    wrong = [one for one in agreement.stated if wanted and one.value != wanted]
    for n, one in enumerate(wrong):
        before = sum(other.value == one.value for other in wrong[:n])
        words = f"{_shorten(one.value)} stands here for {follower.of}, {_name(follower)} is {_shorten(wanted)}"
        line = agreement.lines[one.line - 1].rstrip("\r") if agreement.lines else ""
        about = f"{follower.key} {one.value} {before}"
        yield Fault(Place(follower.path, one.line), words, line, about)


def _name(follower: Follower) -> str:
    return "whose version" if follower.kind == "version" else "whose SHA-256"


def _shorten(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:12]}…"  # noqa: PLR2004 - no version is longer, and a digest is


def _miss(agreement: Agreement) -> Iterator[Fault]:
    """A follower can be held against what it follows.

    Its pattern matches in the file, a bounded number of times; the file is text of at most 4 MiB; and what it follows
    states a version. If not, nobody would see that the two disagree. Mend the pattern under `followers`, or take the
    follower out of the configuration.
    """
    if agreement.reason:
        follower = agreement.follower
        words = f"{follower.path} cannot be held against {follower.of}: {agreement.reason}"
        yield Fault(Place(follower.path, 1), words, about=f"{follower.key}")


UNMATCHED: Rule[Agreement] = Rule("follower/unmatched", "error", _miss, standing=True)
COMPARED: tuple[Rule[Agreement], ...] = (
    Rule("follower/version", "error", _compare_versions, standing=True),
    Rule("follower/digest", "error", _compare_digests, standing=True),
)
RULES = (*COMPARED, UNMATCHED)
