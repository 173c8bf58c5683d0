"""The body of a commit message: the passages under the headings that people write, and nothing else.

A heading is a Markdown heading, a bold line, or a bare line. What is not the author's prose ends a
passage or falls out of it: code fences, comments, trailers, and the `* title` lines of a squash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT = 1 << 16
"""How much of a body is read, in characters."""

Title = Literal["five whys", "net effect", "summary", "pickup", ""]

_TITLES: dict[str, Title] = {"fiv": "five whys", "net": "net effect", "sum": "summary", "nex": "pickup"}
_HEADING = re.compile(
    r"(?:§?[ \t]?\d{1,3}(?:\.\d{1,3}){0,3}\.?[ \t]+)?"
    r"(?P<name>five[- ]whys?|net[- ]effects?|summary|next[- ]session[- ]pick-?up)(?!\w)"
    r"(?:[ \t]*\([^()]{0,80}\)|[ \t]+[—–-][ \t][^:]{0,200})?[ \t]*(?::(?P<rest>.*))?",
    re.IGNORECASE,
)
_HASHES = re.compile(r" {0,3}#{1,6}[ \t]+(?P<text>.+)")
_BOLD = re.compile(r" {0,3}\*\*(?P<text>[^*]{1,200})\*\*:?(?P<rest>.*)")
_FENCE = re.compile(r"[ \t]{0,12}(?P<run>`{3,}|~{3,})(?P<info>[^`]*)$")
_RULE = re.compile(r" {0,3}(?:-{3,}|={3,}|_{3,}|\*{3,})[ \t]*")
_TRAILER = re.compile(
    r"(?:[A-Za-z]{1,20}-){1,3}by:|(?:Refs?|Closes|Fixes|Resolves|Change-Id|Cc|Spec|Spec-Amendment):[ \t]|🤖 ",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Passage:
    """The lines under one heading; *title* is empty for what stands under none that is known."""

    title: Title
    lines: list[str] = field(default_factory=list)


def passages(body: str) -> tuple[Passage, ...]:
    """Cut a body into passages, in order. Reads `LIMIT` characters, in one pass."""
    lines = list(_prose(_uncommented(body[:LIMIT].replace("\r\n", "\n"))))
    found = [Passage("")]
    for index, line in enumerate(lines):
        free = index == 0 or not lines[index - 1].strip()
        last = index + 1 == len(lines) or not lines[index + 1].strip()
        head = _heading(line, free=free)
        if head:
            found.append(head)
        elif _TRAILER.match(line) or (line.startswith("* ") and free and last):
            found.append(Passage(""))
        elif not _RULE.fullmatch(line):
            found[-1].lines.append("" if _bold_label(line) else line)
        elif free:
            found.append(Passage(""))
    return tuple(found)


def _heading(line: str, *, free: bool) -> Passage | None:
    """Read a line as a heading; a bare one must stand after an empty line."""
    if marked := _HASHES.fullmatch(line):
        known = _HEADING.match(marked["text"].replace("**", ""))
        return Passage(_title(known["name"]) if known else "")
    bold = _BOLD.fullmatch(line)
    bare = line if free and line[:1].isupper() else ""
    known = _HEADING.fullmatch(bold["text"] if bold else bare)
    if known is None:
        return None
    rest = (bold["rest"] if bold else known["rest"]) or ""
    return Passage(_title(known["name"]), [rest.lstrip(" \t:—–-")])


def _title(name: str) -> Title:
    return _TITLES[name[:3].lower()]


def _bold_label(line: str) -> bool:
    """Tell whether a line is a bold label of its own rather than a bold sentence."""
    bold = _BOLD.fullmatch(line)
    return bool(bold and not bold["rest"].strip() and not bold["text"].rstrip().endswith((".", "!", "?")))


def _uncommented(text: str) -> str:
    """Return *text* without HTML comments; one that is never closed stays."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join([*kept, text[at:]])


def _prose(text: str) -> Iterator[str]:
    """Yield the lines, those of code fences as empty ones."""
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        run = found["run"] if found else ""
        if fence:
            yield ""
            closes = found is not None and run.startswith(fence) and not found["info"].strip()
            fence = "" if closes else fence
        else:
            yield "" if run else line
            fence = run


def under(body: str, title: Title) -> Iterator[list[str]]:
    """Yield the lines of each passage under *title* that has any."""
    return (passage.lines for passage in passages(body) if passage.title == title and any(passage.lines))


def join(lines: Iterable[str]) -> str:
    """Join wrapped lines to one."""
    return " ".join(" ".join(lines).split())
