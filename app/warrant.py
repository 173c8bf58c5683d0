"""The receipts that a change brings: which of them count, and which statuses they warrant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.leg import LARGE
from app.registration import fingerprint
from contracts.error import Complaint, Place, Unreadable
from contracts.rule import Fault, Rule
from evidence.acceptance import Filed, accept
from evidence.audit import check_files, check_verdicts, named
from evidence.receipt import SCHEMA, is_receipt, name_envelope
from evidence.receipt import read as read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.finding import Severity
    from contracts.promise import Site
    from evidence.receipt import Judged, Receipt


LATEST = 50
"""So many latest changes of a receipt, and of a contract, are looked at."""


@dataclass(frozen=True, slots=True)
class Warrants:
    """What the receipts of a change say: (contract, falsifier, status) that held, and why others do not count.

    *fallen* are those that were falsified, with the status that they go back to.
    """

    held: frozenset[tuple[str, str, str | None]]
    refused: tuple[str, ...]
    fallen: frozenset[tuple[str, str, str | None]] = frozenset()


def read(workspace: Workspace, commit: str, path: str, *, signed: bool) -> tuple[Receipt, dict[str, bytes]]:
    """Return a receipt that counts and agrees with its folder, and file name → content of what it names.

    Args:
        workspace: its configuration says which keys and which origins count.
        commit: where the receipt stands.
        path: the receipt.
        signed: whether origin and signature are looked at.

    Raises:
        Complaint: it does not count, or its folder or its verdicts are not what it says.
        Unreadable: there is no such receipt, it cannot be read, or is of form 1.
    """
    beside = name_envelope(path)
    found = workspace.repository.read(commit, [path, beside], large=LARGE)
    if path not in found:
        raise Unreadable(f"there is no such receipt at {commit[:12]}", Place(path))
    receipt = read_receipt(found[path], path)
    if receipt.schema != SCHEMA:
        raise Unreadable("a receipt of form 1 says too little to be judged again", Place(path), "Run it again")
    config = workspace.configured.config
    if signed:
        filed = Filed(path, found[path], workspace.repository.name())
        reason = accept(filed, found.get(beside), config.public_keys, config.evidence.accept)
        if reason:
            raise Complaint(f"this receipt does not count: {reason}", Place(path), "Run it again")
    folder = path.rpartition("/")[0]
    wanted = {f"{folder}/{name}": name for name in named(receipt)}
    stored = workspace.repository.read(commit, list(wanted), large=LARGE)
    files = {wanted[at]: content for at, content in stored.items()}
    faults = (*check_files(receipt, found[path], files, path), *check_verdicts(receipt, files, path))
    if faults:
        raise Complaint(faults[0].message, Place(path), "Run it again")
    return receipt, files


def gather(workspace: Workspace, base: str | None, commit: str, paths: Iterable[str]) -> Warrants:
    """Return what the receipts among *paths* say at *commit*, by the keys and origins of the workspace.

    Only those count that the change brings: with bytes that never stood there up to *base*
    (None: nothing was before), and of a promise that nobody took back since it was measured.
    """
    told: dict[str, set[tuple[str, str, str | None]]] = {"held": set(), "falsified": set()}
    done, refused = workspace.configured.config.ladder.discharged, []
    for path in filter(is_receipt, paths):
        try:
            receipt, _ = read(workspace, commit, path, signed=True)
            demand_new(workspace, base, commit, path)
            kept = _keep(workspace, commit, receipt)
            back = find_taken_back(workspace, base, receipt) if base else frozenset[str]()
        except Complaint as complaint:
            refused.append(str(complaint))
            continue
        late = [j.falsifier for j in kept if j.verdict == "held" and j.falsifier in back]
        refused += [f"{path}: {id_} was taken back after this was measured" for id_ in late]
        for verdict, moves in told.items():
            counted = [j for j in kept if j.verdict == verdict and j.falsifier not in late]
            moves |= {(receipt.contract, j.falsifier, j.after) for j in counted}
        if len(kept) < len(receipt.falsifiers):
            refused.append(f"{path}: what it measured is promised otherwise by now")
    fallen = frozenset(move for move in told["falsified"] if move[2] not in done)
    return Warrants(frozenset(told["held"]), tuple(refused), fallen)


def demand_new(workspace: Workspace, base: str | None, commit: str, path: str) -> None:
    """Refuse a receipt that stood at its path before, up to *base*: touched, or taken away and put back, it is no run.

    Raises:
        Complaint: with the commit that it came with.
    """
    repository = workspace.repository
    content = repository.read(commit, [path], large=LARGE).get(path)
    for old in repository.touching(path, base)[:LATEST] if base else ():
        if repository.read(old, [path], large=LARGE).get(path) == content:
            raise Complaint(f"this receipt is not new: it stood here at {old[:12]}", Place(path), "Run it again")


def find_taken_back(workspace: Workspace, base: str, receipt: Receipt) -> frozenset[str]:
    """Return the falsifiers whose discharge was taken back up to *base*, by any commit that the run did not know.

    Looked at are the `LATEST` commits that changed the contract; one that cannot be read discharges nothing.
    """
    repository, found = workspace.repository, frozenset[str]()
    for commit in repository.touching(receipt.contract, base)[:LATEST]:
        if repository.contains(receipt.commit, commit):
            break
        parent = repository.parent(commit)
        before = _list_discharged(workspace, parent, receipt.contract) if parent else frozenset[str]()
        found |= before - _list_discharged(workspace, commit, receipt.contract)
    return found


def _list_discharged(workspace: Workspace, commit: str, path: str) -> frozenset[str]:
    document, done = workspace.read(commit, [path]).get(path), workspace.configured.config.ladder.discharged
    contract = None if document is None or isinstance(document, Unreadable) else document.contract
    return frozenset(one.id.text for one in contract.falsifiers if one.status in done) if contract else frozenset()


def _keep(workspace: Workspace, commit: str, receipt: Receipt) -> list[Judged]:
    """Return what a receipt says of promises that stand as they did when they were measured."""
    smoke = workspace.configured.smokes.get(receipt.smoke)
    if smoke is None or smoke.contract != receipt.contract:
        return []
    document = workspace.document(commit, receipt.contract)
    return [j for j in receipt.falsifiers if fingerprint(smoke, document, j.falsifier) == j.preregistered]


@dataclass(frozen=True, slots=True)
class Discharges:
    """What a change discharges of one contract, and what its receipts say; *severity* is what it means to lack one."""

    document: Document
    moved: tuple[Site, ...]
    warrants: Warrants
    severity: Severity


def _lack(discharges: Discharges) -> Iterator[Fault]:
    """A discharge comes with its receipt.

    The receipt stands in the same change, counts by the keys and origins at the change's base, agrees with its folder,
    and measured the promise as it stands now: with the predictions that stood there before the run. It is an error
    where `keys` are configured, and a warning where nobody demands a signature.
    """
    warrants = discharges.warrants
    for site in discharges.moved:
        falsifier = site.falsifier
        if (discharges.document.file, falsifier.id.text, falsifier.status) not in warrants.held:
            why = f": {warrants.refused[0]}" if warrants.refused else ""
            words = f"{falsifier.id} moved to {falsifier.status}, and no receipt of this change says that it held{why}"
            place = discharges.document.place(site.statuses[0].path)
            yield Fault(place, words, severity=discharges.severity)


UNWARRANTED: Rule[Discharges] = Rule("evidence/unwarranted", "error", _lack)
