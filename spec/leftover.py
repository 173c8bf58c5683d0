"""What a section leaves open: questions that only a person can answer, and what to pick up next."""

from __future__ import annotations

import re
from string import ascii_lowercase
from typing import TYPE_CHECKING

from contracts.rule import Fault, Rule
from spec.sentence import clip
from spec.why import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Section, Spec
    from spec.revision import Revision

_LISTED = 6
_QUESTION = 80
"""How many open questions are named, and how long each may be, in characters."""
_MARK = re.compile(rf"(?<![^\s*_]){re.escape(OPEN)}(?P<words>[^_\r\n]{{0,300}})")
_ASKED = re.compile(r"[ \t]{0,8}(?:[-*+]|[0-9]{1,2}[.)])[ \t]+\*\*(?P<words>[^*\n]{1,300}\?)\*\*")
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
    """Yield (line, words) of each open question: the question itself where there is one, else what is open."""
    if spec.plain.find(OPEN, section.start, section.end) < 0:
        return
    for index, start, end in _lines(spec, section.heading.body, section.end):
        mark = _MARK.search(spec.plain, start, end)
        if mark:
            asked = _ASKED.match(spec.blocked, start, mark.start())
            words = asked["words"] if asked else spec.blocked[mark.start("words") : mark.end("words")]
            yield index + 1, " ".join(words.split())


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
