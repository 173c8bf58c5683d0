"""The banners at the top of a spec: one line for each amendment, the newest first."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from contracts.model import Version
from spec.amendment import numbers
from spec.escape import inline
from spec.header import NUMBERS, header_end
from spec.title import title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Spec
    from spec.model import Amendment, Ship
    from spec.outline import Outline

_BANNER = re.compile(
    rf"\*\*(?P<label>[^*(\r\n]{{1,80}})\((?P<v>v?)(?P<version>{NUMBERS})\)(?P<colon>:\*\*|\*\*:)(?P<gap>[ \t]{{1,3}})"
    r"(?P<bold>(?:\*\*)?)§(?P<number>[0-9]{1,6})(?P<join>[.:]?[ ]{1,2}(?:(?:—|–|--?)[ ]{1,2})?)(?=[^ ])",
)
_SEE = re.compile(r"\((?P<see>see (?:the )?(?:new )?§?)[0-9]{1,6}(?P<where> (?:below|above))?\)")
_WORDS = re.compile(r"(?:[A-Za-z]{1,20} )?(?:[Tt]ally|[Ss]coreboard)")


@dataclass(frozen=True, slots=True)
class Banner:
    """A line such as `**Next action (v2.87.0):** **§42 — title (date)** …`, without its line end."""

    version: Version
    number: int
    line: int
    start: int
    end: int


def read_banners(outline: Outline) -> tuple[Banner, ...]:
    """Return the banners of the header in order of appearance; code and HTML do not count."""
    return tuple(_banners(outline))


def _banners(outline: Outline) -> Iterator[Banner]:
    lines = outline.lines
    for index in range(header_end(outline)):
        start, line = lines.starts[index], lines.line(index)
        found = _BANNER.match(line) if outline.plain.startswith("**", start) else None
        if found:
            version = Version.parse(found["version"])
            yield Banner(version, int(found["number"]), index + 1, start, start + len(line))


def write_banner(spec: Spec, amendment: Amendment, number: int, version: Version) -> str | None:
    """Return the banner of a new section in the form of the top one, or None where a spec keeps none.

    Tally and percentages are stated where the banners of this spec state them, in their order; only
    the new value is bold.
    """
    if not spec.banners:
        return None
    top = spec.text[spec.banners[0].start : spec.banners[0].end]
    form = _BANNER.match(top)
    assert form is not None  # this is how the banner was found
    name = f"§{number}{form['join']}{inline(title(amendment), numbers(amendment))} ({amendment.date})"
    head = f"**{form['label']}({form['v']}{version}){form['colon']}{form['gap']}{form['bold']}{name}{form['bold']}"
    see = _SEE.search(top)
    pointer = f" ({see['see']}{number}{see['where'] or ''})" if see else ""
    return " ".join((f"{head}{pointer}.", *_figures(spec, amendment)))


def _figures(spec: Spec, amendment: Amendment) -> tuple[str, ...]:
    """Return the sentences that state tally and percentages, in the order of the banners there are."""
    tallies = [s.offset for s in spec.tallies if _within(spec, s.offset)]
    ships = [s.offset for s in spec.ships if _within(spec, s.offset)]
    tally = (_tally(spec, amendment, tallies[0]),) if tallies and amendment.tally else ()
    shares = tuple(_ship(ship) for ship in amendment.ships) if ships else ()
    return (*shares, *tally) if ships and tallies and ships[0] < tallies[0] else (*tally, *shares)


def _within(spec: Spec, offset: int) -> bool:
    index = bisect_right(spec.banners, offset, key=attrgetter("start")) - 1
    return index >= 0 and offset < spec.banners[index].end


def _tally(spec: Spec, amendment: Amendment, offset: int) -> str:
    assert amendment.tally is not None
    before, after = amendment.tally
    spaced = next(stated.spaced for stated in spec.tallies if stated.offset == offset)
    named = _WORDS.findall(spec.text[max(0, offset - 50) : offset])
    words = named[-1] if named else "Coverage tally"
    new = after.write(spaced=spaced)
    return f"{words}: {new}." if before == after else f"{words}: {before.write(spaced=spaced)} → **{new}**."


def _ship(ship: Ship) -> str:
    name = f"**{inline(ship.model)} ship %**:"
    if ship.before is None:
        return f"{name} **{ship.after:g}%**."
    if ship.before == ship.after:
        return f"{name} unchanged at **{ship.after:g}%**."
    return f"{name} {ship.before:g}% → **{ship.after:g}%**."
