"""The marks around what the bot wrote: HTML comments that say which part stands there, and what it said then.

A block begins with `<!-- discharge:begin KEY sha256:HEX -->` and ends with `<!-- discharge:end KEY -->`, each on a
line of its own. The digest is that of the words between, so that an edit by hand shows. Reading takes whatever people
have made of the marks: those that do not pair, or stand in a code fence, are words like any others.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec.block import blocks
from spec.outline import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = ("opening", "landed", "flips", "matter", "whys", "effects", "pickup")
"""The names of the blocks of a section, in the order in which it is rendered; they do not depend on its number."""
FIGURES = frozenset({"landed", "flips", "effects"})
"""The blocks that state what was measured."""
BEGIN = "<!-- discharge:begin "
DIGITS = 16

_MARK = re.compile(
    r"<!-- discharge:(?:begin (?P<begun>[a-z][a-z0-9-]{0,30}) sha256:(?P<digest>[0-9a-f]{16,64})"
    r"|end (?P<ended>[a-z][a-z0-9-]{0,30})) -->[ \t]*"
)
_NUMBER = re.compile(r"\A(#{1,6}[ \t]+)[0-9]{1,6}(?=\.[0-9])")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: *start* to *end* span it with its marks, without the last line end; *text* are the words between.

    *digest* is what the mark says of the words as the bot wrote them.
    """

    key: str
    digest: str
    start: int
    end: int
    text: str

    @property
    def intact(self) -> bool:
        """Whether the words are the bot's own still."""
        return digest(self.text).startswith(self.digest[:DIGITS])


def digest(text: str) -> str:
    """Return the digest of a block's words: 16 hex digits.

    Neither the number of its heading nor the line ends nor blank lines around count, so that a section that gets
    another number has no block that looks as if somebody had edited it.
    """
    return hashlib.sha256(lift(text).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def lift(text: str) -> str:
    """Return a block's words without what does not count: line ends as line feeds, the heading's number as `§`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    while lines and not lines[-1].strip():
        lines.pop()
    return _NUMBER.sub(r"\1§", "\n".join(lines))


def enclose(key: str, text: str, stamp: str = "", newline: str = "\n") -> str:
    """Return *text* between its marks; *stamp* is the digest to state, that of *text* if it is not given."""
    begun, ended = f"{BEGIN}{key} sha256:{stamp or digest(text)} -->", f"<!-- discharge:end {key} -->"
    return (newline * 2).join((begun, text, ended))


def read(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text, in order and none inside another; the first of each name counts, the others do not.

    A mark without its partner is no mark, and where blocks lie in one another the outer one counts. The cost grows
    with the text, whatever stands in it.
    """
    if BEGIN not in text:
        return ()
    first: dict[str, Block] = {}
    for block in _pair(text):
        first.setdefault(block.key, block)
    return tuple(first.values())


def _pair(text: str) -> list[Block]:
    """Return every pair of marks, the outermost only."""
    closed: list[Block] = []
    opened: list[tuple[re.Match[str], int]] = []
    waiting: Counter[str] = Counter()
    for mark, start in _marks(text):
        if mark["begun"]:
            opened.append((mark, start))
            waiting[mark["begun"]] += 1
        elif waiting[mark["ended"]]:
            begun, first = _close(opened, waiting, mark["ended"])
            while closed and closed[-1].start > first:
                closed.pop()
            inner = text[first + len(begun[0]) : start].strip("\r\n")
            end = start + len(mark[0].rstrip(" \t"))
            closed.append(Block(mark["ended"], begun["digest"], first, end, inner))
    return closed


def _close(opened: list[tuple[re.Match[str], int]], waiting: Counter[str], key: str) -> tuple[re.Match[str], int]:
    """Take the last begun block of that name, and those begun since, which nothing ends."""
    while True:
        begun, start = opened.pop()
        waiting[begun["begun"]] -= 1
        if begun["begun"] == key:
            return begun, start


def _marks(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the lines that are marks, with their offsets; those in code fences are not."""
    lines = Lines.of(text)
    tokens = blocks(text.replace("\r\n", "\n").replace("\r", "\n"))
    fenced = [token.map for token in tokens if token.type == "fence" and token.map]
    for index, start in enumerate(lines.starts):
        while fenced and fenced[0][1] <= index:
            del fenced[0]
        found = _MARK.fullmatch(lines.line(index)) if text.startswith("<!-- discharge:", start) else None
        if found and not (fenced and fenced[0][0] <= index):
            yield found, start
