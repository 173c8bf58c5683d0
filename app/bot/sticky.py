"""The one status comment of a pull request: what people read, and the state that it is written anew from.

The state is hidden in the comment's first line. It is sealed for its place (`owner/name#number`), so that nobody
who can edit comments can make one up, or move one to another pull request.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.bot import seal
from app.effect import PULL
from app.github import BODY_LIMIT
from evidence import plain
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = 300
"""How many characters of a title or state are kept where there is no room."""

KEY = "discharge:status"
"""What stands in the hidden mark of every status comment."""

_FOLD = "<details><summary>the answer</summary>"
_NUMBER = r"#\d{1,9}|the pull request"
_LINE = re.compile(rf"<!-- {KEY} v1 (?P<text>[^\r\n]+) (?P<seal>{seal.SEAL}) -->(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One run or answer as people see it. *title*, *state*, *lines* are Markdown, escaped already, one line each.

    *passing* is an answer that matters to who asked, once: it is folded where something newer stands above it.
    """

    run: str
    title: str
    state: str
    lines: tuple[str, ...] = ()
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Sticky:
    """The entries of a comment, oldest first, each run once; *older* counts those that had no room."""

    entries: tuple[Entry, ...] = ()
    older: int = 0

    def put(self, entry: Entry) -> Sticky:
        """Return the comment with this entry in the place of the same run's, or as the newest."""
        if all(one.run != entry.run for one in self.entries):
            return replace(self, entries=(*self.entries, entry))
        return replace(self, entries=tuple(entry if one.run == entry.run else one for one in self.entries))


def render(sticky: Sticky, key: bytes, place: str) -> str:
    """Return the comment, in at most `BODY_LIMIT` characters.

    The oldest entries go first: what is left out is counted. Of an entry that has no room alone, the last
    lines go, and they are counted, too.
    """

    def fits(one: Sticky) -> bool:
        return len(_write(one, key, place)) <= BODY_LIMIT

    oldest = bisect_left(range(len(sticky.entries)), 1, key=lambda count: fits(_without(sticky, count)))
    left = _without(sticky, oldest)
    if sticky.entries and not left.entries:
        left = _shorten(_without(sticky, oldest - 1), fits)
    return _write(left, key, place)


def read(text: str, key: bytes, place: str) -> Sticky | None:
    """Return the state of a comment; None if it is no status comment, or not as we wrote it for this place.

    What was tampered with is worth nothing: GitHub and git have the facts, and a new comment tells them.
    """
    line = _LINE.match(text)
    values = seal.read(_kind(place), line["text"], line["seal"], key) if line else None
    if values is None:
        return None
    for entry in values.get("entries", []):
        entry.setdefault("passing", False)  # comments of before say nothing of it
    sticky = plain.read(Sticky, values, "the status comment")
    return replace(sticky, entries=tuple(_name(entry, text) for entry in sticky.entries))


def _name(entry: Entry, text: str) -> Entry:
    """Return an entry with the pull requests that it speaks of: their numbers came late, and stand in the text."""
    said = PULL.split("\n".join(entry.lines))[::2]
    found = re.search(f"({_NUMBER})".join(map(re.escape, (f"{_head(entry)}\n\n{said[0]}", *said[1:]))), text)
    if found is None or len(said) == 1:
        return entry
    numbers = iter(found.groups())
    return replace(entry, lines=tuple(PULL.sub(lambda _: next(numbers), line) for line in entry.lines))


def _without(sticky: Sticky, oldest: int) -> Sticky:
    return Sticky(sticky.entries[oldest:], sticky.older + oldest)


def _shorten(sticky: Sticky, fits: Callable[[Sticky], bool]) -> Sticky:
    """Return a comment of one entry without the last lines of it, as few as can be."""
    only = sticky.entries[0]

    def cut(count: int) -> Sticky:
        kept = only.lines[: len(only.lines) - count]
        lines = (*kept, f"… and {count} more lines") if count else kept
        return replace(
            sticky, entries=(replace(only, title=clip(only.title, TITLE), state=clip(only.state, TITLE), lines=lines),)
        )

    return cut(bisect_left(range(len(only.lines)), 1, key=lambda count: fits(cut(count))))


def _write(sticky: Sticky, key: bytes, place: str) -> str:
    text, proof = seal.write(_kind(place), plain.write(sticky), key)
    runs = "older run is" if sticky.older == 1 else "older runs are"
    older = [f"{sticky.older} {runs} not shown."] if sticky.older else []
    newest = len(sticky.entries) - 1
    while newest > 0 and sticky.entries[newest].passing and sticky.entries[newest - 1].passing:
        newest -= 1  # answers in a row are open together: one comment can ask for many
    newest_first = [_tell(e, fold=n < newest) for n, e in reversed(list(enumerate(sticky.entries)))]
    return "\n\n".join([f"<!-- {KEY} v1 {text} {proof} -->", *newest_first, *older]) + "\n"


def _tell(entry: Entry, *, fold: bool) -> str:
    if not entry.lines:
        return _head(entry)
    lines = [_FOLD, "", *entry.lines, "", "</details>"] if entry.passing and fold else entry.lines
    return "\n".join([_head(entry), "", *lines])


def _head(entry: Entry) -> str:
    return f"**{entry.title}** · {entry.state}"


def _kind(place: str) -> str:
    return f"{KEY} v1 {place}"
