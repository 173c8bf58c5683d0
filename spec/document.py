"""Markdown text → Spec: version, banners, numbered sections, stated tally and percentages, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from contracts.error import Place, Unreadable
from contracts.progress import Chain, follow, read_ships, read_tallies
from spec.banner import Banner, read_banners
from spec.header import Misstated, Stated, read_versions
from spec.outline import SECTION, Heading, Lines, Outline, outline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.progress import ShipStated, TallyStated

LIMIT = 8 << 20
LINES = 250_000
"""The largest spec that is read, in bytes of UTF-8 and in lines: time grows with both, never faster than they do."""
Order = Literal["ascending", "newest_first", "mixed"]
_NUMBERED = re.compile(
    r"(?:(?P<sign>§)[ \t]?)?(?P<number>[0-9]{1,6})"
    r"(?P<join>[.:)](?:[ \t]{1,4}|$)|[ \t]{1,4}(?:—|–|--?)[ \t]{1,4}|(?(sign)(?:[ \t]{1,4}|$)|(?!)))(?P<title>.*)",
)
_DATED = re.compile(r"\((?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})\)$")


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered section, `## §43. title (date)` or `## 26. Title (date)`.

    *sign* is `§` or empty; *join* stands between number and title (`. ` or ` — `); *ruled* says
    whether `---` ends it; *stop* is the offset where its words stop, before that. *heading* has its
    place, *parts* the headings inside it.
    """

    number: int
    title: str
    date: str
    sign: str
    join: str
    heading: Heading
    stop: int
    ruled: bool
    parts: tuple[Heading, ...]

    @property
    def line(self) -> int:
        """The 1-based line of its heading."""
        return self.heading.line

    @property
    def start(self) -> int:
        """The offset of its heading's line."""
        return self.heading.start

    @property
    def end(self) -> int:
        """The offset where the next heading of level 1 or 2, or the end marker, begins."""
        return self.heading.end


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec as it stands; offsets count characters of *text*.

    *blocked* is the text at the same offsets with code blocks, HTML and front matter blanked, *plain*
    the same without code inside lines; *versions* are the version
    lines of the header that state one, *misstated* those whose value is no version; *end* is the
    offset of the end marker's line, None without one.
    """

    text: str
    file: str
    lines: Lines
    plain: str
    blocked: str
    headings: tuple[Heading, ...]
    front: int
    end: int | None
    versions: tuple[Stated, ...]
    misstated: tuple[Misstated, ...]
    banners: tuple[Banner, ...]
    sections: tuple[Section, ...]
    tallies: tuple[TallyStated, ...]
    ships: tuple[ShipStated, ...]

    @property
    def version(self) -> Stated | None:
        """The version that the spec states, None if it states none."""
        return self.versions[0] if self.versions else None

    @property
    def newest(self) -> Section | None:
        """The section with the highest number."""
        return max(self.sections, key=lambda section: section.number, default=None)

    @property
    def order(self) -> Order:
        """How the numbers of the sections run through the file."""
        numbers = [section.number for section in self.sections]
        pairs = list(pairwise(numbers))
        if all(left < right for left, right in pairs):
            return "ascending"
        return "newest_first" if all(left > right for left, right in pairs) else "mixed"

    def place(self, offset: int) -> Place:
        """Return file, line and column of *offset*."""
        return self.lines.place(offset, self.file)

    def chain(self) -> Chain:
        """Return what the record says now.

        The section with the highest number counts first, then the banner of that number, then older
        ones, then whatever else is stated, the last first. Clashes are those of the newest number.
        """
        told = sorted(self._told(), key=lambda part: part.start)
        newest = max((part.rank for part in told), default=(0, 0))[0]
        chain = _last(told, self.tallies, self.ships, newest)
        for part in sorted(told, key=lambda part: part.rank):
            if part.rank[0] == newest:
                chain = follow(chain, self.plain[part.start : part.end], part.name)
        return chain

    def _told(self) -> Iterator[_Part]:
        for banner in self.banners:
            yield _Part((banner.number, 0), f"the banner of v{banner.version}", banner.start, banner.end)
        for section in self.sections:
            yield _Part((section.number, 1), f"§{section.number}", section.start, section.end)


class _Part(NamedTuple):
    """A banner or a section: the later *rank* counts more."""

    rank: tuple[int, int]
    name: str
    start: int
    end: int


def _last(told: list[_Part], tallies: Sequence[TallyStated], ships: Sequence[ShipStated], below: int) -> Chain:
    """Return what was stated last outside the parts of number *below*; *told* is in order of place."""

    def rank(stated: TallyStated | ShipStated) -> tuple[int, int]:
        index = bisect_right(told, stated.offset, key=lambda part: part.start) - 1
        return told[index].rank if index >= 0 and stated.offset < told[index].end else (-1, 0)

    old = [stated for stated in tallies if rank(stated)[0] != below]
    shares = {ship.model: ship.after for ship in sorted(ships, key=rank) if rank(ship)[0] != below}
    return Chain(max(reversed(old), key=rank).after if old else None, tuple(shares.items()))


def read(text: str, file: str = "") -> Spec:
    """Read a spec; *file* is the name that complaints and places carry.

    Raises:
        Unreadable: *text* is larger than 8 MiB or 250,000 lines, or holds a NUL character.
    """
    _bound(text, file)
    found = outline(text)
    stated = read_versions(found)
    return Spec(
        text=text,
        file=file,
        lines=found.lines,
        plain=found.plain,
        blocked=found.blocked,
        headings=found.headings,
        front=found.front,
        end=found.end,
        versions=tuple(line for line in stated if isinstance(line, Stated)),
        misstated=tuple(line for line in stated if isinstance(line, Misstated)),
        banners=read_banners(found),
        sections=read_sections(found),
        tallies=read_tallies(found.plain),
        ships=tuple(ship for ship in read_ships(found.blocked) if found.plain[ship.offset] != "`"),
    )


def fits(text: str) -> bool:
    """Return whether *text* is within the bounds."""
    short = len(text) <= LIMIT and max(text.count("\n"), text.count("\r")) <= LINES
    return short and len(text.encode("utf-8", "surrogatepass")) <= LIMIT


def _bound(text: str, file: str) -> None:
    if not fits(text):
        mend = "Move its oldest sections to a file of their own"
        raise Unreadable(f"The spec is larger than {LIMIT >> 20} MiB or {LINES:,} lines", Place(file), mend)
    at = text.find("\0")
    if at >= 0:
        mend = "Remove it; Markdown is text without NUL"
        raise Unreadable("The spec holds a NUL character", Lines.of(text).place(at, file), mend)


def read_sections(found: Outline) -> tuple[Section, ...]:
    """Return the numbered sections of level 2, in order of appearance."""
    sections, parts = [], list[Heading]()
    for heading in reversed(found.headings):
        if heading.level > SECTION:
            parts.append(heading)
            continue
        numbered = _NUMBERED.fullmatch(heading.title) if heading.level == SECTION else None
        if numbered:
            sections.append(_section(numbered, heading, parts, found.lines))
        parts = []
    return tuple(reversed(sections))


def _section(numbered: re.Match[str], heading: Heading, parts: list[Heading], lines: Lines) -> Section:
    dated = _DATED.search(numbered["title"])
    stop = lines.trim(heading.body, heading.end)
    return Section(
        number=int(numbered["number"]),
        title=_DATED.sub("", numbered["title"]).strip(),
        date=dated["date"] if dated else "",
        sign=numbered["sign"] or "",
        join=numbered["join"],
        heading=heading,
        stop=stop,
        ruled=bool(lines.text[stop : heading.end].strip()),
        parts=tuple(reversed(parts)),
    )
