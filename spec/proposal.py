"""The pull request that proposes an amendment: its title and its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.group import UNBOUND, group
from spec.amendment import PICKUP, WHYS, closed, landed_table, named, numbers, percent, pickup, place, scoreboard, whys
from spec.escape import inline, still
from spec.sentence import clip
from spec.title import title
from spec.why import chain, count

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from contracts.model import Version
    from spec.model import Amendment, Row, Ship, Style

TITLE_LIMIT = 240
"""GitHub cuts titles at 256 characters; the squash adds the number."""
ROOM = (4_000, 26_000, 10_000, 10_000, 6_000, 4_000)
"""How long each part may be, in characters: together less than the 65,536 that GitHub takes, and room for trailers."""


def pull_request(
    amendment: Amendment,
    style: Style,
    before: Version,
    after: Version,
    checked: Sequence[str],
) -> tuple[str, str]:
    """Return title and body of the pull request that brings the spec from *before* to *after*.

    *checked* are sentences about what really was checked; nothing else gets a ticked box.
    """
    known, section = numbers(amendment), named(style.number, style)
    parts = {
        "Summary": _summary(amendment, section, before, after),
        f"What {section} records": landed_table(amendment, linked=False),
        "Net effects": _effects(amendment, known),
        f"{WHYS} (in {named(place(WHYS, style), style)})": whys(amendment.whys, known),
        f"{PICKUP} ({named(place(PICKUP, style), style)})": _pickup(amendment, known),
        "Test plan": "\n".join(f"- [x] {inline(told)}" for told in checked) or "Nothing has been checked yet.",
    }
    told = ((head, fit(part, room, section)) for (head, part), room in zip(parts.items(), ROOM, strict=True))
    body = "\n\n".join(f"## {head}\n\n{part}" for head, part in told) + "\n"
    head = section if style.sign else f"{section}:"
    name = f"spec({amendment.spec}): v{after} — {head} {title(amendment)}"
    return clip(still(name, known), TITLE_LIMIT), body


def fit(part: str, room: int, section: str) -> str:
    """Return as many lines of a part as fit into *room* characters, and how many do not, and where they stand.

    The section itself keeps every line; only what GitHub shows of it has an end.
    """
    if len(part) <= room:
        return part
    lines, kept, used = part.split("\n"), 0, 0
    while used + len(lines[kept]) + 1 <= room:
        used += len(lines[kept]) + 1
        kept += 1
    left = sum(bool(line.strip()) for line in _rows(lines[kept:]))
    rows = "row" if lines[kept].startswith("|") else "line"
    more = f"{count(left, f'more {rows}')} did not fit here. {section} on this branch has them all."
    return "\n".join([*lines[:kept], "", more]).lstrip("\n")


def _rows(lines: Sequence[str]) -> list[str]:
    """Return lines without the heads of tables."""
    heads = {n for n, line in enumerate(lines[1:]) if line.startswith("|-")}
    return [line for n, line in enumerate(lines) if n not in heads and not line.startswith("|-")]


def _summary(amendment: Amendment, section: str, before: Version, after: Version) -> str:
    landed = amendment.landed
    records = f"the {len(landed)}-PR chain ({chain(landed)})" if landed else "statuses; no pull request landed"
    direct = count(len(amendment.direct), "commit") + " without a pull request"
    more = f", and {direct}" if amendment.direct else ""
    return f"{inline(amendment.spec)} v{before} → v{after}: {section} records {records}{more}."


def _effects(amendment: Amendment, known: Collection[int]) -> str:
    rows = [_flip(row) for row in amendment.rows if row.before != row.after] or ["No status moved."]
    rows += [f"Coverage tally: {scoreboard(amendment)}"] if amendment.tally else []
    rows += [_ship(ship, known) for ship in amendment.ships]
    return "\n".join(f"- {row}" for row in [*rows, *(inline(clash, known) for clash in amendment.clashes)])


def _flip(row: Row) -> str:
    ids, before, after = (inline(text) for text in (group(row.falsifiers), row.before or UNBOUND, row.after or UNBOUND))
    return f"{ids}: {before} → **{after}**"


def _ship(ship: Ship, known: Collection[int]) -> str:
    reason = f" ({inline(ship.reason, known)})" if ship.reason else ""
    return f"{inline(ship.model)} ship %: {percent(ship)}{reason}"


def _pickup(amendment: Amendment, known: Collection[int]) -> str:
    told = (*pickup(amendment.pickup, known), *closed(amendment.closed, known))
    return "\n".join(f"- {words}" for words in told) or "Nothing was named."
