"""What a follower states of another file: found in its text, amended there, and brought along by a commit. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from contracts.changelog import number
from contracts.document import read as read_contract
from contracts.error import Complaint, EditError, Place, Unreadable
from evidence.quote import code
from evidence.receipt import digest
from spec.document import fits
from spec.escape import inline
from spec.header import Stated, read_versions
from spec.outline import outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.follower import Follower
    from evidence.pattern import Pattern

LARGE = 4 << 20
"""The largest follower that is read, in bytes."""
MOST = 200
"""How many places of one follower may state one thing."""
WORK = 1 << 27
"""How much is searched for all followers of one change on one side, in bytes times instructions of their patterns.

A pattern can make each of its matches cost the whole text once more, and each byte a step for each instruction; a step
takes 7 to 15 ns.
"""


@dataclass(slots=True)
class Allowance:
    """How much may still be searched; every search is taken off before anybody hears of its result."""

    left: int = WORK

    def search(self, data: bytes, pattern: Pattern, most: int) -> list[tuple[tuple[int, int], ...]]:
        """Return at most *most* matches of a pattern.

        Raises:
            Unreadable: they could cost more than is left.
        """
        price = max(len(data), 1) * pattern.size
        affordable = self.left // price
        spans = list(islice(pattern.spans(data), min(most, affordable)))
        self.left -= price * min(len(spans) + 1, most, affordable)
        if len(spans) < most and len(spans) == affordable:
            what = f"{code(pattern.text, 80)} and its like take too much to search here"
            raise Unreadable(what, mend="Write a shorter pattern, or let it follow in a smaller file")
        return spans


@dataclass(frozen=True, slots=True)
class Statement:
    """What one match states: *value*, between the bytes *start* and *end* of the text, on the 1-based *line*."""

    value: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Following:
    """The followers that a change may bring along, in the order of writing, and path → content of those that are there.

    A file that is missing in *texts* is not there, or is larger than `LARGE`.
    """

    followers: tuple[Follower, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Followed:
    """The new content of the followers that move, by path, and why others were left as they are, a sentence each."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    left: tuple[str, ...] = ()


def find(text: str, follower: Follower, allowance: Allowance | None = None) -> tuple[Statement, ...]:
    """Return what the matches of a follower's pattern state, in order; a match without the group states nothing.

    Raises:
        Unreadable: there are too many, or they take too much to find.
    """
    data = text.encode()
    spans = (allowance or Allowance()).search(data, follower.pattern, MOST + 1)
    if len(spans) > MOST:
        raise Unreadable(f"{_quote(follower)} matches more than {MOST} times", Place(follower.path))
    number_ = follower.pattern.names[follower.kind]
    groups = [span[number_] for span in spans if span[number_][0] >= 0]
    return tuple(_state(data, start, end) for start, end in groups)


def _quote(follower: Follower) -> str:
    return code(follower.pattern.text, 80)


def _state(data: bytes, start: int, end: int) -> Statement:
    return Statement(data[start:end].decode(errors="replace"), start, end, data.count(b"\n", 0, start) + 1)


def amend(text: str, follower: Follower, value: str, allowance: Allowance | None = None) -> str:
    """Return a follower's text in which every match states *value*.

    Raises:
        Unreadable: nothing matches, or too much.
        EditError: the new text would state something else, or more than the groups would change.
    """
    data, found = text.encode(), find(text, follower, allowance)
    if not found:
        raise Unreadable(f"{_quote(follower)} matches nothing", Place(follower.path))
    kept = _cut(data, found)
    amended = value.encode().join(kept)
    new = amended.decode(errors="replace")
    again = find(new, follower, allowance)
    if {one.value for one in again} != {value} or new.encode() != amended or _cut(amended, again) != kept:
        what = f"{_quote(follower)} does not match where {value[:80]} stands"
        raise EditError(what, Place(follower.path), "Write the pattern so that it takes every value")
    return new


def _cut(data: bytes, statements: tuple[Statement, ...]) -> list[bytes]:
    """Return what stands before, between and behind the statements."""
    starts = [0, *(one.end for one in statements)]
    ends = [*(one.start for one in statements), len(data)]
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


def bring(
    text: str, due: Iterable[tuple[Follower, str]], allowance: Allowance | None = None
) -> tuple[str, tuple[str, ...]]:
    """Return the text of one file that states what each of its followers should, and why some of them do not."""
    kept: list[tuple[Follower, str]] = []
    left: list[str] = []
    for follower, value in due:
        try:
            new = amend(text, follower, value, allowance)
            _demand(new, kept, allowance)
        except Complaint as complaint:
            left.append(_lament(follower, complaint))
        else:
            text = new
            kept.append((follower, value))
    return text, tuple(left)


def _demand(text: str, kept: Iterable[tuple[Follower, str]], allowance: Allowance | None) -> None:
    """Demand that a text states what it stated.

    Raises:
        EditError: two patterns want different values in one place.
    """
    for follower, value in kept:
        if {one.value for one in find(text, follower, allowance)} != {value}:
            raise EditError(f"another follower wants {value} from {follower.of} in the same place")


def _lament(follower: Follower, complaint: Complaint) -> str:
    return f"{follower.path} does not follow {follower.of}: {complaint.what}"


def tell(follower: Follower, content: bytes) -> str:
    """Return what a follower must state of a file with this content.

    Raises:
        Complaint: it states no version; Unreadable where it cannot be read at all.
    """
    if follower.kind == "sha256":
        return digest(content)
    text = decode(content, follower.of)
    stated = _read_spec(text) if follower.spec else _read_contract(text, follower.of)
    if number(stated) is None or stated is None:
        raise Complaint(f"{follower.of} states no version", Place(follower.of))
    return stated


def _read_spec(text: str) -> str | None:
    versions = read_versions(outline(text)) if fits(text) else ()
    return next((text[one.start : one.end] for one in versions if isinstance(one, Stated)), None)


def _read_contract(text: str, file: str) -> str | None:
    contract = read_contract(text, file).contract
    return contract.version if contract else None


def decode(content: bytes | None, path: str) -> str:
    """Return the text of a follower, or of what it follows.

    Raises:
        Unreadable: it is not there, or is no UTF-8.
    """
    if content is None:
        raise Unreadable(f"{path} is not there, or is larger than {LARGE >> 20} MiB", Place(path))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is not UTF-8", Place(path)) from None


def follow(files: Mapping[str, bytes], following: Following) -> Followed:
    """Return what becomes of the followers of *files*, the files that a commit writes, and of their followers in turn.

    What cannot be amended stays as it is; nothing of *files* is written twice.
    """
    written: dict[str, bytes] = {}
    left: list[str] = []
    allowance = Allowance()
    for path in dict.fromkeys(follower.path for follower in following.followers):
        current = {**files, **written}
        due = [one for one in following.followers if one.path == path and one.of in current]
        if not due or path in files:
            continue
        old = following.texts.get(path)
        new, reasons = _write(old, [(one, current[one.of]) for one in due], allowance)
        left += reasons
        if new is not None and new != old:
            written[path] = new
    return Followed(written, tuple(left))


def _write(
    old: bytes | None, due: list[tuple[Follower, bytes]], allowance: Allowance
) -> tuple[bytes | None, tuple[str, ...]]:
    """Return a follower's new content, and why it does not state all that it should."""
    known: list[tuple[Follower, str]] = []
    left: list[str] = []
    text = ""
    for follower, content in due:
        try:
            text = decode(old, follower.path)
            known.append((follower, tell(follower, content)))
        except Complaint as complaint:
            left.append(_lament(follower, complaint))
    new, reasons = bring(text, known, allowance)
    return (new.encode() if known else old), (*left, *reasons)


def render(followed: Followed) -> tuple[str, ...]:
    """Return what became of the followers, a line of Markdown each; nothing where there are none."""
    paths = ", ".join(code(path) for path in followed.files)
    return (*([f"Followers updated in the same commit: {paths}"] if paths else []), *map(inline, followed.left))


def append(body: str, followed: Followed) -> str:
    """Return the body of a pull request that says what became of the followers, too."""
    rows = "".join(f"- {line}\n" for line in render(followed))
    return f"{body}\n## Followers\n\n{rows}" if rows else body
