"""The outline of a Markdown text: its real headings, and which of its letters are words rather than code."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Place
from spec.block import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

_NEWLINE = re.compile(r"\r\n?|\n")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_END = re.compile(
    r"(?im)^ {0,3}(?:#{1,6}[ \t]+)?[*_—–\- \t]{0,8}"
    r"END OF (?:THE )?(?:SPECIFICATION|SPEC|DOCUMENT)[^\w\r\n]{0,8}(?=[\r\n]|\Z)",
)
_KEY = re.compile(r"[\"']?[A-Za-z_][\w.-]{0,60}[\"']?[ \t]*:(?:[ \t]|$)")
_INSIDE = re.compile(r"[ \t#\]}]|- |$")
_FRONT_LINES = 200
_MARK = re.compile(r"`+|<!--|-->")
_BLOCKS = frozenset({"fence", "code_block", "html_block"})
_NOT_NEWLINE = re.compile(r"[^\r\n]")
SECTION = 2
"""The level of a section's heading: `##`."""
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lines:
    """A text and the offsets at which its lines start, counted the way Markdown counts lines."""

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Lines:
        """Find the lines of *text*."""
        return cls(text, (0, *(found.end() for found in _NEWLINE.finditer(text))))

    def offset(self, index: int) -> int:
        """Return the offset where the line of that 0-based index starts; past the last line, the text's end."""
        return self.starts[index] if index < len(self.starts) else len(self.text)

    def index(self, offset: int) -> int:
        """Return the 0-based index of the line in which *offset* lies."""
        return bisect_right(self.starts, offset) - 1

    def line(self, index: int) -> str:
        """Return one line without its end."""
        return self.text[self.offset(index) : self.offset(index + 1)].rstrip("\r\n")

    def place(self, offset: int, file: str) -> Place:
        """Return *offset* as file, line and column for people."""
        index = self.index(offset)
        return Place(file, index + 1, offset - self.starts[index] + 1)

    def trim(self, start: int, end: int) -> int:
        """Return where the words between two offsets stop: before trailing blank lines and one `---` among them."""
        if end <= start:
            return start
        first, last = self.index(start), self.index(end - 1) + 1
        stop = self._back(first, last)
        if stop > first and _RULE.fullmatch(self.line(stop - 1)):
            stop = self._back(first, stop - 1)
        return min(self.offset(stop), end)

    def _back(self, first: int, last: int) -> int:
        while last > first and not self.line(last - 1).strip():
            last -= 1
        return last


@dataclass(frozen=True, slots=True)
class Heading:
    """One real heading: `#` style, in no quotation, list, code or HTML.

    *body* is the offset after its line, *end* where the next heading of its level or above begins
    (or the end marker).
    """

    level: int
    title: str
    line: int
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What the blocks of a text are.

    *blocked* is the text at the same offsets, with blanks for code blocks, HTML and front matter;
    *plain* the same with backticks for code and comments within a line. *front* counts the lines of
    the front matter; *end* is the offset of the end marker (`**END OF SPECIFICATION**`), or None.
    """

    lines: Lines
    plain: str
    blocked: str
    headings: tuple[Heading, ...]
    front: int
    end: int | None


def outline(text: str) -> Outline:
    """Find the headings and the words of *text*, with CommonMark's rules for blocks."""
    lines = Lines.of(text)
    front = _front(lines)
    tokens = blocks("\n" * front + _NEWLINE.sub("\n", text[lines.offset(front) :]))
    blocked = _mask(text, [(0, lines.offset(front)), *_blocks(tokens, lines)], " ")
    plain = _mask(blocked, _codes(tokens, lines), "`")
    ends = [found.start() for found in _END.finditer(plain)]
    end = ends[-1] if ends else None
    return Outline(lines, plain, blocked, _headings(tokens, lines, end), front, end)


def _front(lines: Lines) -> int:
    """Return how many lines of YAML front matter there are: `---`, keys, `---`."""
    if lines.line(0).removeprefix("\ufeff").rstrip() != "---":
        return 0
    keys = 0
    for index in range(1, min(len(lines.starts), _FRONT_LINES)):
        line = lines.line(index).rstrip()
        if line in {"---", "..."}:
            return index + 1 if keys else 0
        key = _KEY.match(line)
        if not (key or _INSIDE.match(line)):
            return 0
        keys += bool(key)
    return 0


def _blocks(tokens: Iterable[Token], lines: Lines) -> Iterator[Span]:
    for token in tokens:
        if token.type in _BLOCKS and token.map:
            yield lines.offset(token.map[0]), lines.offset(token.map[1])


def _codes(tokens: Iterable[Token], lines: Lines) -> Iterator[Span]:
    """Yield the spans of code and comments within lines."""
    for token in tokens:
        if token.type == "inline" and token.map and ("`" in token.content or "<!--" in token.content):
            first, last = token.map
            cells = token.content.lstrip().startswith("|")  # in a table, code ends with its row at the latest
            for start, end in ((n, n + 1) for n in range(first, last)) if cells else ((first, last),):
                yield from _code(lines.text, lines.offset(start), lines.offset(end))


def _code(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield code spans and comments between two offsets, as CommonMark pairs runs of backticks."""
    marks = [(found[0], found.start(), found.end()) for found in _MARK.finditer(text, start, end)]
    closing: dict[str, list[int]] = {}
    for mark, left, _ in reversed(marks):
        closing.setdefault(mark, []).append(left)
    done = start
    for mark, left, right in marks:
        closes = closing.get("-->" if mark == "<!--" else mark, [])
        while closes and closes[-1] < right:
            closes.pop()  # behind us for every later mark too, so that the whole search stays linear
        if closes and left >= done and mark != "-->" and text[left - 1 : left] != "\\":
            done = closes[-1] + (3 if mark == "<!--" else len(mark))
            yield left, done


def _mask(text: str, spans: Iterable[Span], fill: str) -> str:
    """Return *text* with every letter in *spans* replaced, line ends and length kept."""
    parts, done = [], 0
    for start, end in spans:
        parts += [text[done:start], _NOT_NEWLINE.sub(fill, text[start:end])]
        done = end
    return "".join((*parts, text[done:]))


def _headings(tokens: Sequence[Token], lines: Lines, marker: int | None) -> tuple[Heading, ...]:
    found = [
        (int(token.tag[1]), tokens[n + 1].content, token.map[0])
        for n, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.markup.startswith("#") and token.map
    ]
    following = [len(lines.text)] * 7
    headings = []
    for level, title, index in reversed(found):
        start, body, end = lines.offset(index), lines.offset(index + 1), following[level]
        if marker is not None and start < marker < end:
            end = marker
        headings.append(Heading(level, title, index + 1, start, body, end))
        following[level:] = [start] * (7 - level)
    return tuple(reversed(headings))
