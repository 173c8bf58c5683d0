"""The last line of a section that the bot wrote: up to which commit it records, and later, as what it landed.

A section cannot name the commit that it becomes. The next amendment knows it, and fills it in: this line changes, with
the digest of the marks around it, and no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import EditError
from spec.marker import digest, enclose

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "recorded"
"""The name of the block that the line stands in."""
SHOWN = 9
"""How many digits of a commit's hash are shown."""
UNKNOWN = "landed as: not known yet."
_HASH = r"[0-9a-f]{7,64}"
_LINE = re.compile(
    rf"^(?P<words>Recorded up to `(?P<commit>{_HASH})`; landed as)"
    rf"(?P<rest>: not known yet\.| `{_HASH}`(?: \(#\d{{1,9}}\))?\.)(?=[ \t]*\r?$)",
    re.MULTILINE,
)
_BEGUN = re.compile(rf"<!-- discharge:begin {KEY} sha256:(?P<digest>[0-9a-f]{{16}}) -->\s{{1,8}}\Z")
_BEFORE = 200


@dataclass(frozen=True, slots=True)
class Colophon:
    """One such line: the commit that it names, whether its landing is known, and its span without a line end."""

    commit: str
    known: bool
    start: int
    end: int


def write(commit: str) -> str:
    """Return the line of a section that records everything up to *commit*, between its marks."""
    return enclose(KEY, f"Recorded up to `{commit[:SHOWN]}`; {UNKNOWN}")


def read(text: str) -> tuple[Colophon, ...]:
    """Return the lines of a text, in order."""
    return tuple(_read(text))


def _read(text: str) -> Iterator[Colophon]:
    for found in _LINE.finditer(text):
        yield Colophon(found["commit"], not found["rest"].startswith(":"), found.start(), found.end())


def fill(text: str, colophon: Colophon, landed: str, number: int) -> str:
    """Return *text* with the commit (and pull request, 0 for none) that the section of *colophon* landed as.

    Raises:
        EditError: the line is not that of *text*, or its landing is known already.
    """
    line = text[colophon.start : colophon.end]
    found = _LINE.fullmatch(line)
    if found is None or colophon.known:
        raise EditError("the line that says up to what a section records is not there, or is filled in already")
    filled = f"{found['words']} `{landed[:SHOWN]}`{f' (#{number})' if number else ''}."
    begun = _BEGUN.search(text, max(0, colophon.start - _BEFORE), colophon.start)
    head = text[: colophon.start]
    if begun and digest(line).startswith(begun["digest"]):
        head = f"{head[: begun.start('digest')]}{digest(filled)}{head[begun.end('digest') :]}"
    return f"{head}{filled}{text[colophon.end :]}"
