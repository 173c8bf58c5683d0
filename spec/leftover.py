"""What a section leaves open: questions that only a person can answer, and what to pick up next."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from operator import attrgetter
from string import ascii_lowercase
from typing import TYPE_CHECKING

from contracts.rule import Fault, Rule
from spec.outline import SECTION
from spec.sentence import clip
from spec.why import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Section, Spec
    from spec.revision import Revision

_LISTED = 6
_QUESTION = 80
"""How many open questions are named, and how long each may be, in characters."""
_MARK = re.compile(
    r"(?<![^\s*_>])Open(?:[*_]{1,3}|</[a-z]{1,6}>)?:(?=[\s*_<]|\Z)(?:[ \t*_]|</[a-z]{1,6}>){0,9}"
    r"(?P<words>[^_<\r\n]{0,300})"
)
_ITEM = re.compile(r"[ \t]{0,8}(?:[0-9]{1,2}[.)][ \t]|[-*+][ \t]+\*\*|-{3,}[ \t]*\r?$)")
_ASKED = re.compile(r"[ \t]{0,8}(?:[-*+]|[0-9]{1,2}[.)])[ \t]+\*\*(?P<words>[^*\n]{1,300}\?)\*\*")
_NOTHING = " \t\r\n*_.…—–-"
"""What says nothing behind a question."""
_LETTER = re.compile(r"[ \t]{0,8}(?:[-*+•][ \t]+)?(?:\*\*)?\((?P<letter>[a-z])\)[ \t]")


def _open(revision: Revision) -> Iterator[Fault]:
    """Open questions are listed, and fail nothing.

    The bot marks what it cannot know with *Open:*, for instance the answer to a Five Why. Write the answer in its
    place, or comment `/why N because …` on the amendment. An amendment with open questions does not merge by itself.
    """
    spec = revision.after
    for section in spec.sections:
        found = list(find_questions(spec, section))
        if found:
            named = [f"“{clip(words, _QUESTION)}” on line {line}" for line, words in found[:_LISTED]]
            more = [f"{len(found) - _LISTED} more"] if len(found) > _LISTED else []
            words = f"§{section.number} leaves open: {', '.join([*named, *more])}"
            about = "; ".join(words for _, words in found)
            place = spec.place(spec.lines.offset(found[0][0] - 1))
            yield Fault(place, words, about=f"§{section.number}: {about}")


def find_questions(spec: Spec, section: Section) -> Iterator[tuple[int, str]]:
    """Yield (line, words) of each open question: the question itself where there is one, else what is open.

    Open is what is marked so, in whatever emphasis, and a numbered question of the Five Whys with nothing behind it.
    """
    yield from _find(spec, section.heading.body, section.end)


def list_questions(spec: Spec) -> Counter[tuple[str, str]]:
    """Return how often each open question stands in a spec: title of the chapter, numbered or not, and words."""
    chapters = [heading for heading in spec.headings if heading.level <= SECTION]
    starts = [("", 0), *((heading.title, heading.body) for heading in chapters)]
    ends = [*(heading.start for heading in chapters), len(spec.text)]
    spans = ((title, start, end) for (title, start), end in zip(starts, ends, strict=True))
    return Counter((title, words) for title, start, end in spans for _, words in _find(spec, start, end))


def _find(spec: Spec, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield (line, words) of each open question between two offsets."""
    silent = dict(_unanswered(spec, start, end))
    if not silent and spec.plain.find("Open", start, end) < 0:
        return
    for index, first, stop in _lines(spec, start, end):
        mark = _MARK.search(spec.plain, first, stop)
        if mark:
            asked = _ASKED.match(spec.blocked, first, mark.start())
            words = asked["words"] if asked else spec.blocked[mark.start("words") : mark.end("words")].rstrip("*_ \t")
            yield index + 1, " ".join(words.split()) or OPEN.strip()
        elif index in silent:
            yield index + 1, " ".join(silent[index].split())


def _unanswered(spec: Spec, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield (0-based index, words) of each numbered question of a part on whys that nothing stands behind or below."""
    place = attrgetter("start")
    left, right = (bisect_left(spec.headings, offset, key=place) for offset in (start, end))
    for part in spec.headings[left:right]:
        if part.level > SECTION and "why" in part.title.lower():
            yield from _unanswered_in(spec, part.body, min(part.end, end))


def _unanswered_in(spec: Spec, start: int, end: int) -> Iterator[tuple[int, str]]:
    waiting: tuple[int, str] | None = None
    for index, first, stop in _lines(spec, start, end):
        line = spec.blocked[first:stop]
        if waiting and _ITEM.match(line):
            yield waiting
        waiting = None if line.strip() else waiting
        asked = _ASKED.match(line)
        if asked and line.lstrip()[0].isdigit() and not line[asked.end() :].strip(_NOTHING):
            waiting = index, asked["words"]
    if waiting:
        yield waiting


def _letters(revision: Revision) -> Iterator[Fault]:
    """What a section leaves for the next session is lettered without gap: `(a)`, `(b)`, `(c)`.

    Later sections and messages say *closes §42.7 (b)*, which two levers of that letter leave unclear.
    """
    spec = revision.after
    for section in spec.sections:
        for right, (start, letter) in zip(ascii_lowercase, _pickup(spec, section), strict=False):
            if letter != right:
                said = f"({letter}) stands twice" if letter < right else f"({right}) is missing"
                yield Fault(spec.place(start), f"{said} among what §{section.number} leaves to pick up")
                break


def _pickup(spec: Spec, section: Section) -> Iterator[tuple[int, str]]:
    """Yield (offset, letter) of each thing in the part on what to pick up next."""
    for part in section.parts:
        if "pickup" in part.title.lower():
            for _, start, end in _lines(spec, part.body, part.end):
                found = _LETTER.match(spec.plain, start, end)
                if found:
                    yield start, found["letter"]


def _lines(spec: Spec, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (0-based index, start, end) of each line between two offsets; nothing where there is none."""
    for index in range(spec.lines.index(start), spec.lines.index(end - 1) + 1 if end > start else 0):
        yield index, spec.lines.offset(index), spec.lines.offset(index + 1)


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/open-whys", "notice", _open, standing=True),
    Rule("spec/pickup-letters", "notice", _letters, standing=True),
)
