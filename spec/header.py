"""The header of a spec: the version it states, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.model import Version
from spec.outline import SECTION, outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.outline import Lines, Outline

NUMBERS = r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,2}(?:[-+][0-9A-Za-z]{1,40}(?:[.+-][0-9A-Za-z]{1,40}){0,9})?"
"""A version as specs write it: two or three numbers and a suffix such as `-draft`."""
_VALUE = re.compile(rf"v?(?P<version>{NUMBERS})(?![0-9A-Za-z_+-]|\.[0-9])")
_LINE = re.compile(
    r"\ufeff?[ ]{0,3}(?:[>*+-][ ]{1,3})?"
    r"(?P<key>[*_]{0,2}(?i:(?:specification|spec|document|doc)[ ])?[Vv](?:ersion|ERSION)[*_]{0,2}[ \t]{0,3}:[*_]{0,2})"
    r"[ \t]{0,8}(?P<open>[*_`]{0,3})",
)
_CHAPTER = re.compile(r"^ {0,3}##[ \t]", re.MULTILINE)
_KEY = re.compile(r"(?P<key>[\"']?[Vv]ersion[\"']?[ \t]{0,8}:)(?=[ \t]|$)[ \t]{0,8}(?P<open>[\"']?)")


@dataclass(frozen=True, slots=True)
class Stated:
    """A version that a line of the header states; *start* to *end* spans its digits and suffix only.

    *rest* is what follows it on the line: ` (DRAFT)`, a closing quote, a comment.
    """

    version: Version
    line: int
    start: int
    end: int
    rest: str


@dataclass(frozen=True, slots=True)
class Misstated:
    """A version line whose value is no version."""

    value: str
    line: int
    start: int


def read_versions(outline: Outline) -> tuple[Stated | Misstated, ...]:
    """Return what the header's version lines state, in order: front matter first, then the words.

    The header ends at the first heading of level 2. A line counts in the spellings `**Version:**`,
    `**Version**:`, `Version:`, `**Specification Version**:` and the front matter's `version:`; code and
    HTML do not count.
    """
    return tuple(_versions(outline))


def peek(text: str) -> Version | None:
    """Return the version that a spec states, read from as little of it as can be; None if it states none.

    What looks like the first heading of level 2 may stand in code, so that all is read where nothing stands before it.
    """
    cut = _CHAPTER.search(text)
    for part in (text[: cut.start()], text) if cut else (text,):
        for stated in read_versions(outline(part)):
            if isinstance(stated, Stated):
                return stated.version
    return None


def header_end(outline: Outline) -> int:
    """Return the 0-based index of the line that ends the header: its first heading of level 2."""
    first = next((heading.line - 1 for heading in outline.headings if heading.level == SECTION), None)
    return len(outline.lines.starts) if first is None else first


def _versions(outline: Outline) -> Iterator[Stated | Misstated]:
    lines = outline.lines
    for index in range(header_end(outline)):
        start, line = lines.starts[index], lines.line(index)
        found = (_KEY if index < outline.front else _LINE).match(line)
        if found is None:
            continue
        inside = index < outline.front or outline.plain.startswith(found["key"], start + found.start("key"))
        if inside and line[found.end() :].strip():
            yield _stated(lines, index, found.end())


def _stated(lines: Lines, index: int, column: int) -> Stated | Misstated:
    line, start = lines.line(index), lines.starts[index]
    found = _VALUE.match(line, column)
    if found is None:
        return Misstated(line[column:].strip()[:60], index + 1, start + column)
    left, right = found.span("version")
    return Stated(Version.parse(found["version"]), index + 1, start + left, start + right, line[right:])
