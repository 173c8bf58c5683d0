"""What is asked of the history that a contract keeps of itself."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from contracts.change import cut
from contracts.changelog import number
from contracts.correction import rewrite
from contracts.error import Place
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.changelog import Entry
    from contracts.document import Document
    from contracts.model import Version
    from contracts.revision import Revision

_DATE = re.compile(r"\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b")
_HEAD = 400
"""How many characters of an entry are searched for its date."""


def _entries(document: Document) -> tuple[Entry, ...]:
    return document.log.entries if document.log else ()


def _place(document: Document, entry: Entry) -> Place:
    return Place(document.file, entry.node.line, entry.node.column)


def _twice(revision: Revision) -> Iterator[Fault]:
    """A version has one entry in the history.

    Two entries of one version are most often two changes that each took the next number. Some histories note the steps
    within a version on purpose, so this is only told.
    """
    seen: dict[tuple[int, int, int], int] = {}
    for entry in _entries(revision.after):
        if entry.number is None:
            continue
        first = seen.setdefault(entry.number.numbers, entry.node.line)
        if first != entry.node.line:
            said = f"version {entry.number} has two entries, the other one in line {first}"
            yield Fault(_place(revision.after, entry), said, about=f"twice {entry.number}: {cut(entry.text)}")


def _ahead(revision: Revision) -> Iterator[Fault]:
    """The history has no entry for a version that the contract does not have yet.

    Either the version was forgotten, or the entry names the wrong one.
    """
    document = revision.after
    stated = [found for spot in document.versions if (found := number(spot.value)) is not None]
    for entry in _entries(document) if stated else ():
        if entry.number is not None and entry.number > max(stated):
            said = f"this entry is about version {entry.number}, and the contract is at {max(stated)}"
            yield Fault(_place(document, entry), said, about=f"ahead {entry.number}")


def _dates(revision: Revision) -> Iterator[Fault]:
    """A newer version has no older date.

    A date that goes back was copied, or two changes overtook each other; only told, because it may have been so.
    """
    dated = [(entry, _date(entry)) for entry in _entries(revision.after)]
    known = [(entry.number.numbers, date, entry) for entry, date in dated if entry.number and date]
    for (_, earlier, _), (_, later, entry) in pairwise(sorted(known, key=lambda one: one[:2])):
        if later < earlier:
            said = f"version {entry.number} is of {later}, before the version below it, which is of {earlier}"
            yield Fault(_place(revision.after, entry), said)


def _date(entry: Entry) -> str:
    found = _DATE.search(entry.text[:_HEAD])
    return found[0] if found else ""


def _wrong(revision: Revision) -> Iterator[Fault]:
    """A new entry of the history is about the version that the contract moves to.

    The finding has the line with the right version in it.
    """
    if misnamed(revision):
        new = number(revision.after.contract.version) if revision.after.contract else None
        assert new is not None
        for entry in misnamed(revision):
            said = f"the version moved to {new}, and this new entry says {entry.version}"
            yield Fault(_place(revision.after, entry), said, _corrected(revision.after, entry, new))


def misnamed(revision: Revision) -> tuple[Entry, ...]:
    """Return the new entries about another version than the one that a change moves to; none if one is about it."""
    before, after = revision.before, revision.after
    old = number(before.contract.version) if before and before.contract else None
    new = number(after.contract.version) if after.contract else None
    if before is None or old is None or new is None or new <= old:
        return ()
    known = {entry.text for entry in _entries(before)}
    fresh = [(entry, entry.number) for entry in _entries(after) if entry.text not in known]
    if any(found and found.numbers == new.numbers for _, found in fresh):
        return ()
    stated = {found.numbers for entry in _entries(before) if (found := entry.number)}
    return tuple(entry for entry, found in fresh if found and found.numbers not in stated)


def _corrected(document: Document, entry: Entry, version: Version) -> str:
    written = entry.version or ""
    start = document.text.find(written, entry.node.start, entry.node.end)
    return rewrite(document, start, start + len(written), str(version)) if start >= 0 else ""


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/changelog-twice", "notice", _twice, standing=True),
    Rule("contract/changelog-ahead", "warning", _ahead, standing=True),
    Rule("contract/changelog-backdated", "notice", _dates, standing=True),
    Rule("contract/changelog-wrong", "error", _wrong),
)
