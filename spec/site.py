"""Where in a spec the next section goes, and how its neighbours are written."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from contracts.error import EditError, Place
from contracts.model import Part, Version
from spec.model import Style
from spec.outline import SECTION

if TYPE_CHECKING:
    from spec.document import Section, Spec

EFFECTS = ("Ship % effects", "Net effects")
"""The two names under which sections state what moved."""
_BACK_MATTER = re.compile(
    r"(?i)(?:appendix|appendices|annex|references?|bibliography|glossary|see also|change ?log"
    r"|(?:revision|version|change) history)\b",
)


@dataclass(frozen=True, slots=True)
class Site:
    """The place of the next section.

    *at* is the offset before which it goes; *lead* and *trail* are the blank lines (and `---`)
    between it and its neighbours; *opening* begins its heading (`## §43. `); *airy* says whether a
    blank line follows the heading. *version* is the version that the amended spec states.
    """

    number: int
    version: Version
    at: int
    lead: str
    trail: str
    opening: str
    airy: bool
    newline: str
    style: Style


class _Block(NamedTuple):
    title: str
    start: int
    stop: int
    end: int


def place(spec: Spec) -> Site:
    """Return where the next section goes: above the highest number, and before or after it as the file runs.

    If a lower number follows the highest one, the file runs newest first there and the new section
    goes directly before it, else directly after it; the first section of all goes behind the last
    real one, before references and appendices.

    Raises:
        EditError: the spec states no version, or a section number twice.
    """
    version = _version(spec)
    _refuse_twice(spec)
    newest, blocks = spec.newest, _blocks(spec)
    first = newest is not None and spec.sections[-1] is not newest
    index = _neighbour(spec, blocks, newest)
    gap = _gap(spec, blocks, index, above=first)
    number = newest.number + 1 if newest else 1
    sign, join = (newest.sign, newest.join) if newest else ("§", ". ")
    return Site(
        number=number,
        version=version.bump(Part.MINOR, rollover=True),
        at=blocks[index].start if first else blocks[index].stop,
        lead="" if first else gap,
        trail=gap if first else "",
        opening=f"## {sign}{number}{join}" + ("" if join[-1:].isspace() else " "),
        airy=newest is None or not spec.lines.line(newest.line).strip(),
        newline=_newline(spec.text),
        style=Style(number, sign, _spaced(spec), _effects(spec), rule=bool(gap.strip())),
    )


def _version(spec: Spec) -> Version:
    if spec.version:
        return spec.version.version
    if spec.misstated:
        wrong = spec.misstated[0]
        mend = "Write it as two or three numbers, for instance 1.4.0"
        raise EditError(f"“{wrong.value}” is no version", spec.place(wrong.start), mend)
    mend = "Add a line such as **Version:** 1.0.0 under its title"
    raise EditError("The spec states no version in its header", Place(spec.file, 1), mend)


def _refuse_twice(spec: Spec) -> None:
    seen: dict[int, Section] = {}
    for section in spec.sections:
        other = seen.setdefault(section.number, section)
        if other is not section:
            what = f"Section {section.number} stands twice: on line {other.line} and on line {section.line}"
            raise EditError(what, spec.place(section.start), "Give one of them a number of its own")


def _newline(text: str) -> str:
    windows = text.count("\r\n")
    return "\r\n" if windows * 2 > text.count("\n") else "\n"


def _blocks(spec: Spec) -> list[_Block]:
    """Return the header, then each chapter up to the next one or the end marker."""
    chapters = [heading for heading in spec.headings if heading.level <= SECTION]
    first = next((n for n, heading in enumerate(chapters) if heading.level == SECTION), len(chapters))
    front = spec.lines.offset(spec.front)
    starts = [("", front, front), *((h.title, h.start, h.body) for h in chapters[first:])]
    ends = [*(start for _, start, _ in starts[1:]), len(spec.text)]
    return [_block(spec, *start, end) for start, end in zip(starts, ends, strict=True)]


def _block(spec: Spec, title: str, start: int, body: int, end: int) -> _Block:
    if spec.end is not None and start < spec.end < end:
        end = spec.end
    return _Block(title, start, spec.lines.trim(body, end), end)


def _neighbour(spec: Spec, blocks: list[_Block], newest: Section | None) -> int:
    """Return the index of the block beside which the new section goes."""
    if newest:
        return bisect_left(blocks, newest.start, key=attrgetter("start"))
    limit = len(spec.text) if spec.end is None else spec.end
    real = len(blocks)
    while real > 1 and (blocks[real - 1].start > limit or _BACK_MATTER.match(blocks[real - 1].title)):
        real -= 1
    return real - 1


def _gap(spec: Spec, blocks: list[_Block], index: int, *, above: bool) -> str:
    """Return what stands between two chapters here; the gap below the header is no example for it."""
    for n in (index, index - 1) if above else (index - 1, index):
        if 0 < n < len(blocks) - 1 and blocks[n].end == blocks[n + 1].start:
            return spec.text[blocks[n].stop : blocks[n].end]
    return _newline(spec.text)


def _spaced(spec: Spec) -> bool:
    """Return whether the newest section that states a tally writes it `15 + 33`; else as stated first."""
    offset = attrgetter("offset")
    for section in sorted(spec.sections, key=attrgetter("number"), reverse=True):
        index = bisect_left(spec.tallies, section.end, key=offset) - 1
        if index >= 0 and spec.tallies[index].offset > section.start:
            return spec.tallies[index].spaced
    return bool(spec.tallies) and spec.tallies[0].spaced


def _effects(spec: Spec) -> str:
    """Return the name of the part on effects, as the newest section that has one names it."""
    for section in sorted(spec.sections, key=attrgetter("number"), reverse=True):
        for part in section.parts:
            named = next((name for name in EFFECTS if name.lower() in part.title.lower()), None)
            if named:
                return named
    return EFFECTS[0]
