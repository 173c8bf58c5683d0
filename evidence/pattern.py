"""Configured patterns: RE2 only, whose time grows with the text and never explodes with the pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import re2

from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 4_000
"""The longest pattern that is taken, in characters."""
MEMORY = 8 << 20
"""What one compiled pattern and its automata may use, in bytes; RE2 refuses what needs more."""
MOST = 2_000
"""The most hits that are looked at. One search is linear, but a pattern can make each hit cost one
whole search (`x*y|x`), so that only a bound on the hits bounds the time."""

_LACKING = ("invalid perl operator", "invalid escape sequence")


@dataclass(frozen=True, slots=True)
class Hit:
    """One match: the 1-based line where it begins, the matched text, and its groups (None: not taken)."""

    line: int
    text: str
    groups: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; *names* maps the names of groups to their 1-based numbers."""

    text: str
    groups: int
    names: dict[str, int]
    _compiled: Any

    @property
    def size(self) -> int:
        """How many instructions its program has: a search takes at most so many steps for each byte."""
        return int(max(self._compiled.programsize, self._compiled.reverseprogramsize))

    def spans(self, data: bytes) -> Iterator[tuple[tuple[int, int], ...]]:
        """Yield for every match the byte spans of the whole and of each group; (-1, -1): not taken."""
        for found in self._compiled.finditer(data):
            yield tuple(found.span(group) for group in range(self.groups + 1))

    def hits(self, text: str) -> Iterator[Hit]:
        """Yield every match in *text*, in order and without overlap."""
        data = text.encode("utf-8", "replace")
        line, counted = 1, 0
        for whole, *groups in self.spans(data):
            line += data.count(b"\n", counted, whole[0])
            counted = whole[0]
            yield Hit(line, _slice(data, whole) or "", tuple(_slice(data, group) for group in groups))

    def found(self, text: str) -> bool:
        """Return whether the pattern matches anywhere in *text*."""
        return next(self.hits(text), None) is not None

    def fullmatch(self, text: str) -> bool:
        """Return whether the pattern matches the whole of *text*."""
        return self._compiled.fullmatch(text.encode("utf-8", "replace")) is not None


def compile(pattern: str, *, lines: bool = True) -> Pattern:  # noqa: A001 - the word of both `re` and `re2`
    """Compile a configured pattern (RE2 syntax, https://github.com/google/re2/wiki/Syntax).

    With *lines*, as in `capture` and `device`, `^` and `$` stand for the ends of a line and `.`
    stops there. Without, as in `extract`, they stand for the ends of the text and `.` matches any
    character.

    Raises:
        Unreadable: the pattern is too long, too large, or no RE2 pattern.
    """
    if len(pattern) > LONGEST:
        what = f"a pattern of {len(pattern):,} characters is too long: at most {LONGEST:,} are taken"
        raise Unreadable(what, mend="Write a shorter pattern")
    flags = "(?m)" if lines else "(?s)"
    try:
        compiled = re2.compile(flags + pattern, options=_options())
    except (re2.error, UnicodeEncodeError) as error:
        raise _complaint(pattern, error) from None
    return Pattern(pattern, compiled.groups, compiled.groupindex, compiled)


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    return options


def _complaint(pattern: str, error: Exception) -> Unreadable:
    words = error.args[0].decode("utf-8", "replace") if isinstance(error, re2.error) else "it is no valid Unicode"
    shown = pattern[:80].encode("utf-8", "replace").decode()
    if words.startswith(_LACKING):
        words += " (RE2 has no look-ahead, no look-behind and no back-references)"
    elif "too large" in words or "repetition size" in words:
        words += " (the pattern is too large: repetitions go to 1000, and nested ones multiply)"
    mend = "Write the pattern in RE2 syntax, https://github.com/google/re2/wiki/Syntax"
    return Unreadable(f"“{shown}” is no pattern: {words}", mend=mend)


def _slice(data: bytes, span: tuple[int, int]) -> str | None:
    return None if span[0] < 0 else data[span[0] : span[1]].decode("utf-8", "replace")
