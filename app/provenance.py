"""What a repository says of a receipt: what was promised before the run, and the contract's row after it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.registration import fingerprint
from app.workspace import configure
from contracts.changelog import number
from contracts.error import Complaint, Place
from contracts.finding import Finding
from evidence.audit import tell
from evidence.difference import find
from evidence.receipt import SCHEMA, digest
from evidence.replay import unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.model import Falsifier
    from evidence.receipt import Judged, Receipt
    from runners.smoke import Smoke

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A receipt, the path at which it stands in its repository, and the digest of the contract that was signed."""

    receipt: Receipt
    path: str
    contract: str

    @property
    def folder(self) -> str:
        """The evidence folder."""
        return self.path.rpartition("/")[0]


def notice(file: str, message: str) -> Finding:
    """Return what could not be checked, and why."""
    return Finding("evidence/unchecked", "notice", Place(file), message)


def check_registered(workspace: Workspace, stored: Stored) -> Iterator[Finding]:
    """Yield where the receipt's promises are not those that stood at the tested commit and at its first parent."""
    receipt, repository = stored.receipt, workspace.repository
    try:
        commit = repository.commit(receipt.commit) if _HASH.fullmatch(receipt.commit) else ""
    except Complaint:
        gone = f"commit {receipt.commit[:12]} is not in this repository"
        yield notice(stored.path, f"{gone}: what was promised before it was not looked at")
        return
    if not commit:
        yield tell("registered", stored.path, f"commit: expected a full hash, seen “{receipt.commit[:60]}”")
        return
    moved = any(judged.before != judged.after for judged in receipt.falsifiers)
    if moved and not repository.contains(workspace.commit, commit):
        yield tell("registered", stored.path, f"commit: expected one of {workspace.branch}, seen {commit[:12]}")
    for at in (commit, repository.parent(commit)):
        yield from _check_promises(workspace, at, stored)


def _check_promises(workspace: Workspace, commit: str | None, stored: Stored) -> Iterator[Finding]:
    smoke, document = _promised(workspace, commit, stored.receipt) if commit else (None, None)
    where = f"at {commit[:12]}" if commit else "before the first commit"
    for n, judged in enumerate(stored.receipt.falsifiers):
        if unseen(judged):
            continue
        field = f"falsifiers[{n}].preregistered"
        promised = fingerprint(smoke, document, judged.falsifier) if smoke and document else ""
        for difference in find(promised or "nothing", judged.preregistered, field):
            yield tell("registered", stored.path, f"{difference} ({where})")
        if promised and smoke and commit == stored.receipt.commit:
            yield from _check_words(smoke, judged, n, stored)


def _check_words(smoke: Smoke, judged: Judged, n: int, stored: Stored) -> Iterator[Finding]:
    """Yield where the receipt judges by other words than those that the digest is of."""
    promise, receipt = smoke.promise(judged.falsifier), stored.receipt
    pairs = {
        f"falsifiers[{n}].predictions": bool(promise and promise.predictions == judged.predictions),
        f"falsifiers[{n}].branch": bool(promise and promise.holds == judged.branch),
        f"falsifiers[{n}].gone": bool(promise and promise.gone == judged.gone),
    }
    if receipt.schema == SCHEMA:
        pairs |= {"extract": smoke.extract == receipt.extract, "proof": smoke.proof == receipt.proof}
    for field, same in pairs.items():
        if not same:
            yield tell("registered", stored.path, f"{field}: it is not what the configuration of that commit says")


def _promised(workspace: Workspace, commit: str, receipt: Receipt) -> tuple[Smoke | None, Document | None]:
    """Return smoke and contract as they stood at *commit*; None of what did not stand there, or cannot be read."""
    try:
        smoke = configure(workspace.repository, commit)[0].smokes.get(receipt.smoke)
        document = workspace.document(commit, receipt.contract)
    except Complaint:
        return None, None
    return (smoke if smoke and smoke.contract == receipt.contract else None), document


def check_row(workspace: Workspace, commit: str, stored: Stored) -> Iterator[Finding]:
    """Yield where the contract at *commit* does not tell what the receipt did to it."""
    receipt, file = stored.receipt, stored.receipt.contract
    try:
        document = workspace.document(commit, file)
    except Complaint as error:
        yield tell("contract", file, f"the contract cannot be read: {error.what}")
        return
    contract = document.contract
    done = workspace.configured.config.ladder.discharged
    for judged in receipt.falsifiers:
        falsifier = contract.falsifier(judged.falsifier) if contract else None
        if judged.verdict == "falsified" and judged.after in done and judged.before not in done:
            yield tell("contract", stored.path, f"{judged.falsifier} was falsified, and the receipt discharges it")
        if judged.before != judged.after:
            yield from _check_falsifier(file, falsifier, judged, stored)
    version = contract.version if contract else None
    least, stated = number(receipt.version_after), number(version)
    if least and (stated is None or stated < least):
        yield tell("contract", file, f"version: expected {receipt.version_after} or later, seen {version or 'none'}")
    yield from _check_landed(workspace, commit, stored)


def _check_falsifier(file: str, falsifier: Falsifier | None, judged: Judged, stored: Stored) -> Iterator[Finding]:
    if falsifier is None:
        yield tell("contract", file, f"{judged.falsifier}: expected a falsifier of this id, seen none")
        return
    place = Place(file, falsifier.line)
    later = falsifier.evidence[-1] if falsifier.evidence else ""
    if judged.verdict == "held" and "-live-undischarge-" in later and f"{stored.folder}/" not in later:
        yield Finding("evidence/withdrawn", "notice", place, f"{judged.falsifier} was taken back later: {later[:300]}")
        return
    for difference in find(judged.after, falsifier.status, f"{judged.falsifier} status"):
        yield Finding("evidence/contract", "error", place, str(difference))
    if not any(f"{stored.folder}/" in line for line in falsifier.evidence):
        what = f"{judged.falsifier} evidence: expected a line that names {stored.folder}/, seen none"
        yield Finding("evidence/contract", "error", place, what)


def _check_landed(workspace: Workspace, commit: str, stored: Stored) -> Iterator[Finding]:
    """Yield a warning where the contract came in with the receipt, but not as it was signed."""
    arrivals = workspace.repository.touching(stored.path, commit) if stored.contract else ()
    file = stored.receipt.contract
    content = workspace.repository.read(arrivals[-1], [file]).get(file, b"") if arrivals else b""
    if arrivals and digest(content) != stored.contract:
        seen = f"expected sha256 {stored.contract[:12]}…, seen {digest(content)[:12]}…"
        what = f"it came in with {arrivals[-1][:12]} otherwise than it was signed: {seen}"
        yield Finding("evidence/contract", "warning", Place(file), what)
