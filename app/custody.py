"""What a change does to what was measured: evidence that is altered, and promises that are not the measured ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.leg import LARGE
from app.registration import register
from contracts.document import readable
from contracts.error import Complaint, Place
from contracts.revision import Revision
from contracts.rule import Fault, Rule, judge
from evidence.audit import check_files, named
from evidence.receipt import is_receipt
from evidence.receipt import read as read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.change import Change
    from app.config import Configured
    from contracts.document import Document
    from contracts.finding import Finding
    from contracts.model import Ladder

MOST = 50
"""So many receipts of touched folders are held against their files, the first by name."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A receipt and what stands beside it, by file name; *known* says that it was a receipt of ours before."""

    path: str
    receipt: bytes
    files: Mapping[str, bytes]
    known: bool = False


def _alter(folder: Folder) -> Iterator[Fault]:
    """Evidence stays as it was measured.

    A receipt names every log of its folder with its digest. Whoever corrects a log, or a receipt, makes it say
    something that nobody measured: run the smoke again, the old folder stays beside the new one.
    """
    place = Place(folder.path, 1, 1)
    try:
        receipt = read_receipt(folder.receipt, folder.path)
    except Complaint as complaint:
        if folder.known:
            yield Fault(place, f"this receipt cannot be read any more: {complaint.what}")
        return  # other programs write files of that name, too
    yield from (
        Fault(place, found.message) for found in check_files(receipt, folder.receipt, folder.files, folder.path)
    )


ALTERED: Rule[Folder] = Rule("evidence/altered", "error", _alter, standing=True)


@dataclass(frozen=True, slots=True)
class Promises:
    """A contract and the configuration before a change and after it."""

    before: Document
    after: Document
    settings: tuple[Configured, Configured]
    ladder: Ladder


def _outdate(promises: Promises) -> Iterator[Fault]:
    """A discharge is of the promise as it stands.

    Its words, predictions, thresholds, legs and settings were what the run was judged by. After they change, nobody has
    measured what the contract now says is discharged: run it again.
    """
    was, now = promises.settings
    revision = Revision(promises.before, promises.after, ladder=promises.ladder)
    for old, site in revision.pairs:
        kept = {old.falsifier.status, site.falsifier.status} <= set(promises.ladder.discharged)
        id_ = site.falsifier.id.text
        for name in sorted(was.smokes) if kept else ():
            measured, stated = register(was, name, promises.before, id_), register(now, name, promises.after, id_)
            if measured and measured != stated:
                how = "promises something else of it" if stated else f"takes it out of smoke {name}"
                words = f"{id_} is {site.falsifier.status}, and this change {how}: it has to be measured again"
                yield Fault(promises.after.place(site.statuses[0].path), words)


OUTDATED: Rule[Promises] = Rule("evidence/outdated", "warning", _outdate)


def check(change: Change) -> Iterator[Finding]:
    """Yield what a change does to evidence that stood, and to promises that were measured."""
    if change.before is None:
        return
    for path in _find_receipts(change):
        after, before = (_read(change, commit, path) for commit in (change.after, change.before))
        if after is not None:
            yield from judge((ALTERED,), replace(after, known=bool(before and before.files)), before)
    yield from _check_promises(change)


def _find_receipts(change: Change) -> list[str]:
    """Return the receipts in the folders of evidence that the change touches."""
    folders = {path.rpartition("/")[0] for path in change.touched if path.startswith("evidence/")}
    paths = change.workspace.paths if folders else ()
    return [path for path in paths if is_receipt(path) and path.rpartition("/")[0] in folders][:MOST]


def _read(change: Change, commit: str, path: str) -> Folder | None:
    repository, folder = change.repository, path.rpartition("/")[0]
    data = repository.read(commit, [path], large=LARGE).get(path)
    if data is None:
        return None
    try:
        names = named(read_receipt(data, path))
    except Complaint:
        names = frozenset()
    wanted = {f"{folder}/{name}": name for name in names}
    stored = repository.read(commit, sorted(wanted), large=LARGE)
    return Folder(path, data, {wanted[at]: content for at, content in stored.items()})


def _check_promises(change: Change) -> Iterator[Finding]:
    """Yield the discharges that the change words anew; contracts are read only where they or their smokes changed."""
    before, after = change.workspace.configured, change.proposed
    if after is None or not change.based or change.before is None:
        return
    measured = {smoke.contract for side in (before, after) for smoke in side.smokes.values()}
    set_anew = bool((before.files | after.files) & set(change.touched))
    paths = sorted(measured if set_anew else measured & set(change.touched))
    old = change.workspace.read(change.before, paths) if paths else {}
    new = change.workspace.read(change.after, paths) if paths else {}
    for path in paths:
        was, now = readable(old.get(path)), readable(new.get(path))
        if was and now:
            yield from judge((OUTDATED,), Promises(was, now, (before, after), before.config.ladder))
