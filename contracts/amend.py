"""Edits → text: pieces are spliced in, and nothing is returned unless exactly the intended values differ."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from contracts import evidence, insertion, status
from contracts.counter import recount
from contracts.document import Document, read
from contracts.edit import AddEntry, AppendEvidence, BumpVersion, Edit, FlipStatus
from contracts.entry import record
from contracts.error import EditError, Unreadable
from contracts.leaf import one_line
from contracts.model import Version
from contracts.node import find
from contracts.splice import Add, Insert, Patch, Set, intend, order, splice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.error import Place
    from contracts.node import Path
    from contracts.promise import Site, Spot

__all__ = ["AddEntry", "Amended", "AppendEvidence", "BumpVersion", "Delta", "Edit", "FlipStatus", "amend"]

_STATUS = re.compile(r"[A-Z][A-Z0-9_]*")
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


@dataclass(frozen=True, slots=True)
class Delta:
    """One value that an edit changed: its path and its 1-based line in the new text; *before* is None if it is new."""

    path: Path
    before: Any
    after: Any
    line: int


@dataclass(frozen=True, slots=True)
class Amended:
    """The new text, what changed in it, and the text as it reads now."""

    text: str
    changes: tuple[Delta, ...]
    document: Document


def amend(text: str, edits: Sequence[Edit], file: str = "") -> Amended:
    """Return *text* with the edits made; only intended lines change, every other character stays.

    Counters that a flip makes false are corrected with it (see `recount`).

    Raises:
        Unreadable: the text cannot be read.
        EditError: the text is no contract, an edit cannot be made or changes nothing, two edits
            overlap, or the new text would not read as intended; nothing is returned.
    """
    before = read(text, file)
    if before.contract is None:
        raise EditError(f"there is no contract to edit: {before.reason}", before.place(()), "Name a contract file")
    ordered = order(_patches(before, edits))
    new = splice(text, ordered)
    after = _verified(before, ordered, new)
    return Amended(new, tuple(_deltas(before, ordered, after)), after)


def _patches(document: Document, edits: Sequence[Edit]) -> list[Patch]:
    _once(document, edits)
    flips = {edit.falsifier: edit.after for edit in edits if isinstance(edit, FlipStatus)}
    lines: dict[str, list[str]] = {}
    for edit in edits:
        if isinstance(edit, AppendEvidence):
            lines.setdefault(edit.falsifier, []).append(_said(document, edit.line, edit.falsifier))
    patches: list[Patch] = []
    for id_ in dict.fromkeys([*flips, *lines]):
        patches += _falsifier(document, _site(document, id_), flips.get(id_), lines.get(id_, []))
    for edit in edits:
        patches += _record(document, edit) if isinstance(edit, AddEntry) else []
        patches += _bump(document, edit) if isinstance(edit, BumpVersion) else []
    return [*patches, *recount(document, flips)] if flips else patches


def _once(document: Document, edits: Sequence[Edit]) -> None:
    if not edits:
        raise EditError("no edit was asked for", document.place(()), "Name at least one")
    flipped = Counter(edit.falsifier for edit in edits if isinstance(edit, FlipStatus))
    twice = next((id_ for id_, times in flipped.items() if times > 1), None)
    if twice is not None:
        raise EditError(f"two edits flip {twice}", document.place(()), "Ask for one of them")
    for kind, name in ((BumpVersion, "bump the version"), (AddEntry, "add a changelog entry")):
        if sum(isinstance(edit, kind) for edit in edits) > 1:
            raise EditError(f"two edits {name}", document.place(()), "Ask for one of them")


def _site(document: Document, id_: str) -> Site:
    found = [site for site in document.sites if site.falsifier.id.text == id_]
    if len(found) == 1:
        return found[0]
    if found:
        lines = " and ".join(str(site.falsifier.line) for site in found)
        what = f"the id {id_} stands more than once, in lines {lines}"
        raise EditError(what, document.place(found[1].path), "Give each falsifier an id of its own first")
    known = ", ".join(site.falsifier.id.text for site in document.sites[:6])
    more = ", …" if len(document.sites) > 6 else ""  # noqa: PLR2004 - as many as were just named
    mend = f"Its falsifiers are {known}{more}" if known else "It has no falsifiers"
    raise EditError(f"this contract has no falsifier {id_[:80]}", document.place(()), mend)


def _falsifier(document: Document, site: Site, after: str | None, lines: list[str]) -> list[Patch]:
    if after is not None:
        _flippable(document, site, after)
    patches = []
    nested = status.nest(document, site, after, evidence.leaves(document, site, lines))
    if nested is not None:
        assert isinstance(nested.intent, Add)
        patches.append(nested)
        after = None if "status" in nested.intent.value else after
        lines = [] if "evidence" in nested.intent.value else lines
    patches += status.flip(document, site, after) if after is not None else []
    return [*patches, *(evidence.append(document, site, lines) if lines else [])]


def _flippable(document: Document, site: Site, after: str) -> None:
    place = document.place(site.statuses[0].path if site.statuses else site.path)
    if not _STATUS.fullmatch(after):
        mend = "Write it in capitals, digits and underscores, for instance DISCHARGED"
        raise EditError(f"“{after[:60]}” is no status", place, mend)
    if after == site.falsifier.status:
        raise EditError(f"{site.falsifier.id} is {after} already", place, "Leave this edit out")


def _said(document: Document, line: str, id_: str) -> str:
    said = one_line(line)
    if not said:
        raise EditError(f"the evidence line for {id_} is empty", document.place(()), "Say what was seen")
    return said


def _record(document: Document, edit: AddEntry) -> list[Patch]:
    place = document.place(document.log.path if document.log else ("metadata",))
    edit = replace(edit, version=str(_version(edit.version, place)))
    if not _DATE.fullmatch(edit.date):
        raise EditError(f"“{edit.date[:60]}” is no date", place, "Write it as 2026-05-04")
    if not one_line(edit.text):
        raise EditError("the changelog entry is empty", place, "Say what changed")
    return record(document, edit)


def _bump(document: Document, edit: BumpVersion) -> list[Patch]:
    if not document.versions or document.versions[0].value is None:
        place = document.place(("metadata",))
        raise EditError("the contract states no version", place, "Add `version: 1.0.0` to its metadata first")
    spot = document.versions[0]
    place = document.place(spot.path)
    _version(str(spot.value), place)
    after = str(_version(edit.after, place))
    if after == spot.value:
        raise EditError(f"the version is {after} already", place, "Leave this edit out")
    moving: list[Spot] = [other for other in document.versions if other.value == spot.value]
    return [insertion.rewrite(other.path, other.node, after) for other in moving]


def _version(text: str, place: Place) -> Version:
    try:
        return Version.parse(text)
    except Unreadable as complaint:
        raise EditError(complaint.what, place, complaint.mend) from None


def _verified(before: Document, ordered: list[Patch], new: str) -> Document:
    """Return the new text as read, or fail: its values must be the old ones with the intents applied.

    The representations are compared, because they tell 1 from 1.0 and True, keep the order of
    keys, and hold NaN equal to itself.
    """
    mend = "Make this edit by hand"
    try:
        after = read(new, before.file)
    except Unreadable as complaint:
        what = f"the edit would leave a text that cannot be read ({complaint.what})"
        raise EditError(what, complaint.place, mend) from None
    if repr(intend(before.data, ordered)) != repr(after.data):
        raise EditError("the edit would change more than it means to", before.place(()), mend)
    return after


def _deltas(before: Document, ordered: list[Patch], after: Document) -> list[Delta]:
    deltas, inserted = [], Counter[tuple[str | int, ...]]()
    for patch in ordered:
        intent = patch.intent
        if isinstance(intent, Set):
            path, old = intent.path, find(before.root, intent.path)
            deltas.append(_delta(after, path, old.value if old else None))
        elif isinstance(intent, Insert):
            deltas.append(_delta(after, (*intent.path, intent.index + inserted[intent.path]), None))
            inserted[intent.path] += 1
        elif isinstance(intent, Add):
            deltas.append(_delta(after, (*intent.path, intent.key), None))
    return deltas


def _delta(after: Document, path: Path, before: Any) -> Delta:
    node = find(after.root, path)
    assert node is not None
    return Delta(path, before, node.value, node.line)
