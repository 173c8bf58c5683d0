"""The tables of a section: which pull requests it says landed, and which statuses it says moved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.group import UNBOUND
from contracts.model import FalsifierId, Flip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.model import Ladder
    from spec.document import Section, Spec

_ROW = re.compile(r" {0,3}\|")
_RULE = re.compile(r"[ \t]*:?-+:?[ \t]*")
_CELL = re.compile(r"(?<!\\)\|")
_PULL = re.compile(
    r"\[#?(?P<linked>[0-9]{1,9})\]\((?P<url>[^()\s]{0,400})\)|(?<![\w/#-])#(?P<bare>[0-9]{1,9})(?!\w)",
)
_OPEN = re.compile(
    r"(?i)(?:open|draft|pending|planned|queued|in[ -](?:flight|review|progress)|this pr|not merged(?: yet)?)\W{0,3}"
)
_IDS = re.compile(
    r"(?<![\w-])(?P<stem>(?:[A-Z][A-Z0-9]*-)+)(?P<numbers>[0-9]{1,4}(?:/[0-9]{1,4}){0,99})(?![\w/]|-[A-Z0-9])"
)
_SPAN = re.compile(r"[0-9][ \t]{0,2}(?:–|—|\.\.|…|to\b|through\b)")
_CONTRACT = re.compile(r"\([^()]{1,200}\)")
_STATUS = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,60}(?![A-Za-z0-9_-])")
_NONE = frozenset({"", "—", "–", "-", "none", UNBOUND, "absent"})
_MARKS = "*_`~ \t✅"
_OWNER = 3
"""Where an address's owner stands at the earliest: behind scheme, nothing and host."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells as written, and the offset of its line."""

    cells: tuple[str, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the names of its columns in small letters, and its rows."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A pull request in a section's table of what landed; *start* is the offset of its row.

    *home* is `owner/name` where a link says whose it is; *open* says that the row itself calls it not merged.
    """

    number: int
    start: int
    home: str
    open: bool


def read_landed(spec: Spec, section: Section) -> Iterator[Named]:
    """Yield the pull requests of the tables whose first column is `PR`, or `#` and then `PR`; code does not count."""
    for table in _tables(spec, section, spec.plain):
        column = 1 if table.head[:2] == ("#", "pr") else 0
        if table.head[column : column + 1] != ("pr",):
            continue
        for row in table.rows:
            waits = any(_OPEN.fullmatch(cell.strip(_MARKS)) for cell in row.cells)
            for found in _PULL.finditer("".join(row.cells[column : column + 1])):
                yield Named(int(found["linked"] or found["bare"]), row.start, _home(found["url"] or ""), waits)


def _home(url: str) -> str:
    """Return `owner/name` of a pull request's address, empty where it is none."""
    parts = url.split("/")
    at = next((n for n, part in enumerate(parts) if part in {"pull", "pulls", "issues"}), 0)
    return "/".join(parts[at - 2 : at]) if "://" in url and at - 2 >= _OWNER else ""


def read_flips(spec: Spec, section: Section, ladder: Ladder) -> tuple[Flip, ...] | None:
    """Return what the section's tables of falsifiers say moved, first state to last; None where that cannot be told.

    Those tables have a first column `Falsifier`, and columns with *before* and *after* in their names. A status may be
    shortened (`PARTIAL`) and explained (`unbound (drift)`); one that is not of the ladder cannot be told.
    """
    tables = _flip_tables(spec, section)
    states: dict[tuple[str, str], Flip] = {}
    for _, flips in (row for table in tables for row in _told(table, ladder)):
        if not flips:
            return None
        for key, flip in flips.items():
            first = states.get(key, flip)
            states[key] = Flip("", flip.falsifier, first.before, flip.after)
    return tuple(flip for flip in states.values() if flip.before != flip.after) if tables else None


def read_rows(spec: Spec, section: Section, ladder: Ladder) -> Iterator[tuple[int, Flip]]:
    """Yield what each row of those tables says of each falsifier, with the offset of the row; rows that can be told."""
    for table in _flip_tables(spec, section):
        for start, flips in _told(table, ladder):
            yield from ((start, flip) for flip in (flips or {}).values())


def _flip_tables(spec: Spec, section: Section) -> list[Table]:
    return [table for table in _tables(spec, section, spec.blocked) if table.head[:1] == ("falsifier",)]


def _told(table: Table, ladder: Ladder) -> Iterator[tuple[int, dict[tuple[str, str], Flip] | None]]:
    """Yield (offset, flips) of each row; None where it cannot be told."""
    was, now = (next((n for n, name in enumerate(table.head) if word in name), 0) for word in ("before", "after"))
    for row in table.rows:
        yield row.start, _flips(row, was, now, ladder) if was and now and len(row.cells) > max(was, now) else None


def _flips(row: Row, was: int, now: int, ladder: Ladder) -> dict[tuple[str, str], Flip] | None:
    """Return the flip of each falsifier that a row names, by its id and its contract; None where one is unclear."""
    name = row.cells[0]
    bare = _CONTRACT.sub("", name)
    before, after = (_status(row.cells[column], ladder) for column in (was, now))
    if _SPAN.search(bare) or before is None or after is None:
        return None
    contract = "".join(_CONTRACT.findall(name))
    ids = [f"{one['stem']}{number}" for one in _IDS.finditer(bare) for number in one["numbers"].split("/")]
    return {(id_, contract): Flip("", FalsifierId(id_), before or None, after or None) for id_ in ids}


def _status(cell: str, ladder: Ladder) -> str | None:
    """Return the status that a cell states, empty for unbound; None where it states none of the ladder."""
    words = cell.strip(_MARKS)
    found = _STATUS.match(words)
    token = found[0] if found else words
    if token.lower() in _NONE:
        return ""
    steps = (*ladder.partial, *ladder.discharged)
    short = [step for step in steps if step == token] or [step for step in steps if step.startswith(f"{token}_")]
    return short[0] if len(short) == 1 else None


def _tables(spec: Spec, section: Section, text: str) -> Iterator[Table]:
    """Yield the tables of a section in *text*, one of the spec's texts at the same offsets."""
    rows: list[Row] = []
    for index in range(section.line, spec.lines.index(max(section.start, section.end - 1)) + 1):
        start = spec.lines.offset(index)
        line = text[start : spec.lines.offset(index + 1)].rstrip()
        if _ROW.match(line):
            rows.append(Row(tuple(cell.strip() for cell in _CELL.split(line.removesuffix("|"))[1:]), start))
        else:
            yield from _table(rows)
            rows = []
    yield from _table(rows)


def _table(rows: Sequence[Row]) -> Iterator[Table]:
    """Yield the rows as a table, if the second one is the line below a head."""
    if len(rows) > 1 and rows[1].cells and all(_RULE.fullmatch(cell) for cell in rows[1].cells):
        yield Table(tuple(cell.strip(_MARKS).lower() for cell in rows[0].cells), tuple(rows[2:]))
