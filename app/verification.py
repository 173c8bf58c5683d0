"""`discharge verify`: whether evidence is what it says, offline, with the folder and what is around it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from app.folder import read as read_folder
from app.provenance import Stored, check_registered, check_row, notice
from app.surroundings import look
from contracts.error import Unreadable
from evidence.acceptance import Filed, accept
from evidence.audit import check_files, check_verdicts, named, tell
from evidence.envelope import read as open_envelope
from evidence.key import read as read_key
from evidence.receipt import is_envelope, is_receipt, name_envelope
from evidence.receipt import read as read_receipt
from evidence.statement import compare
from evidence.statement import read as read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.folder import Folder
    from app.surroundings import Surroundings
    from contracts.finding import Finding
    from evidence.key import PublicKey
    from evidence.model import Word
    from evidence.receipt import Receipt

MOST = 100
"""How many disagreements about one receipt are told."""
Signature = Literal["signed", "accepted", "unsigned", "unchecked", "refused"]
"""What is known of who judged: *signed* by a key that counts; *accepted* unsigned, because the configuration
accepts its origin; *unsigned*, and nothing says that it counts; *unchecked*, as no key is known; *refused*."""
_HOME = "evidence/"
"""Where a repository keeps the evidence that its contracts speak of."""
_KNOWN: tuple[Signature, ...] = ("signed", "accepted", "refused")


@dataclass(frozen=True, slots=True)
class Checked:
    """One receipt: where it stands, whose it is, who signed it, what it says of each falsifier."""

    file: str
    origin: str
    signature: Signature
    verdicts: tuple[tuple[str, Word], ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it: every receipt that could be read, every disagreement, and what could not be checked."""

    path: str
    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]

    @property
    def status(self) -> int:
        """The exit status: 2 unreadable, 1 something disagrees, 3 signature or verdicts not checked, 0 all agrees."""
        rules = {finding.rule for finding in self.findings}
        if "evidence/unreadable" in rules:
            return 2
        if any(finding.severity == "error" for finding in self.findings):
            return 1
        known = all(one.signature in _KNOWN for one in self.checked)
        return 0 if known and "evidence/unjudged" not in rules else 3


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What one receipt is checked with."""

    folder: Folder
    around: Surroundings
    keys: tuple[PublicKey, ...]
    repository: str

    @property
    def accepted(self) -> tuple[str, ...]:
        """The origins that count; without a configuration only the app's."""
        workspace = self.around.workspace
        return workspace.configured.config.evidence.accept if workspace else ("app",)

    def at(self, name: str) -> str:
        """Return how a file of the folder is named: from the root of its repository, if there is one."""
        return f"{self.around.place}/{name}"


def verify(
    path: Path, *, keys: Sequence[str] = (), base: str | None = None, rev: str | None = None, repository: str = ""
) -> Verification:
    """Check the evidence at *path* against its own digests, signatures, predictions, and the repository around it.

    Args:
        path: an evidence folder, or one receipt or envelope in it.
        keys: public keys that count (`ed25519:…`); none: those of the configuration at *base*.
        base: the revision of the configuration that counts; None for the head of the default branch.
        rev: the revision whose contracts must tell what the receipts did; None for what is checked out.
        repository: `owner/name` for which the app must have judged; empty for that of the remote origin.

    Raises:
        Unreadable: *path* is no such thing, a key is none, *base* or *rev* no revision.
    """
    place, only = _find(path)
    given = tuple(read_key(text) for text in keys)
    around = look(place, base, rev)
    configured = around.workspace.configured.config.public_keys if around.workspace else ()
    known = around.workspace.repository.name() if around.workspace else ""
    bundle = _Bundle(read_folder(place), around, given or configured, repository or known)
    names = [name for name in bundle.folder.files if is_receipt(name)]
    if not names and not any(map(is_envelope, bundle.folder.files)):
        raise Unreadable(f"{path} holds no receipt", mend="Name a folder below evidence/, or a receipt in it")
    records = dict(_read(bundle, names))
    checked, findings = [], list(_check_names(bundle, records))
    for name, record in records.items():
        if isinstance(record, Unreadable):
            findings += [tell("unreadable", bundle.at(name), record.what)]
        elif only in ("", name):
            signature, found = _check_signature(bundle, name, record)
            findings += [*islice(_check(bundle, name, record), MOST), *found]
            verdicts = tuple((judged.falsifier, judged.verdict) for judged in record.falsifiers)
            checked.append(Checked(bundle.at(name), record.origin, signature, verdicts))
    return Verification(str(path), tuple(checked), tuple(findings))


def _find(path: Path) -> tuple[Path, str]:
    """Return the folder, and the one receipt in it that is meant; empty for all."""
    if path.is_symlink():
        raise Unreadable(f"{path} is a link", mend="Name what it leads to")
    if path.is_dir():
        return path, ""
    if not path.is_file():
        raise Unreadable(f"{path} does not exist", mend="Name a folder below evidence/, or a receipt in it")
    name = path.name.removesuffix(".dsse.json") + ".json" if is_envelope(path.name) else path.name
    if not is_receipt(name):
        raise Unreadable(f"{path} is neither a receipt nor its envelope", mend="Name receipt.json, or its folder")
    return path.parent, name


def _read(bundle: _Bundle, names: Sequence[str]) -> Iterator[tuple[str, Receipt | Unreadable]]:
    for name in names:
        try:
            yield name, read_receipt(bundle.folder.files[name], bundle.at(name))
        except Unreadable as error:
            yield name, error


def _check_names(bundle: _Bundle, records: dict[str, Receipt | Unreadable]) -> Iterator[Finding]:
    """Yield every file that nothing names; what an unreadable receipt names is not known."""
    receipts = [record for record in records.values() if not isinstance(record, Unreadable)]
    known = {*records, *map(name_envelope, records)}.union(*map(named, receipts))
    pages = {name for name in bundle.folder.files if name.startswith("findings") and name.endswith(".md")}
    old = pages if any(record.schema == 1 for record in receipts) else set()
    for name, reason in bundle.folder.odd.items():
        yield tell("file", bundle.at(name), reason)
    for name in bundle.folder.files:
        if name not in known | old:
            yield tell("file", bundle.at(name), "no receipt of this folder names this file")
        elif name not in known:
            yield notice(bundle.at(name), "a receipt of form 1 states no digest of its page: it was not looked at")


def _check(bundle: _Bundle, name: str, record: Receipt) -> Iterator[Finding]:
    files, at, around = bundle.folder.files, bundle.at(name), bundle.around
    yield from check_files(record, files[name], files, at)
    yield from check_verdicts(record, files, at)
    if around.workspace is None or around.commit is None:
        left = "where it stands, what was promised before, and the contract's row were not looked at"
        yield notice(at, f"{around.reason}: {left}")
        return
    if record.origin == "app" and not bundle.repository:
        yield notice(at, f"no remote names this repository: whether it is {record.repository[:100]} is not known")
    stored = Stored(record, at, _signed_contract(bundle, name, record))
    yield from check_registered(around.workspace, stored)
    if at not in around.workspace.repository.paths(around.commit):
        yield notice(at, f"it does not stand at {around.commit[:12]}: the contract's row there was not looked at")
    elif not around.place.startswith(_HOME):
        yield notice(at, f"it stands outside of {_HOME}, as a copy does: the contract's row was not looked at")
    else:
        yield from check_row(around.workspace, around.commit, stored)


def _signed_contract(bundle: _Bundle, name: str, record: Receipt) -> str:
    """Return the digest of the contract that the envelope states; empty where it states none."""
    try:
        opened = open_envelope(bundle.folder.files.get(name_envelope(name), b""))
        return read_statement(opened.payload)[1].get(record.contract, "")
    except Unreadable:  # told where the signature is checked
        return ""


def _check_signature(bundle: _Bundle, name: str, record: Receipt) -> tuple[Signature, list[Finding]]:
    """Return what is known of the signature of a receipt, and what disagrees."""
    beside = name_envelope(name)
    envelope = bundle.folder.files.get(beside)
    filed = Filed(_stand(bundle, name, envelope), bundle.folder.files[name], bundle.repository)
    found = [] if envelope is None else list(_check_statement(bundle.at(beside), filed, record, envelope))
    reason = accept(filed, envelope, bundle.keys, bundle.accepted)
    if found:
        return "refused", found
    if not reason:
        return ("signed" if record.origin == "app" else "accepted"), []
    if bundle.keys or (record.origin == "app" and envelope is None):
        return "refused", [tell("signature", bundle.at(beside if envelope is not None else name), reason)]
    if envelope is not None:
        return "unchecked", [notice(bundle.at(beside), "no key is known: the signature was not checked")]
    return "unsigned", [notice(bundle.at(name), f"it is unsigned, of origin {record.origin}: who judged is not known")]


def _stand(bundle: _Bundle, name: str, envelope: bytes | None) -> str:
    """Return the path at which a receipt must have been signed.

    It is its own; for a copy outside of any repository's evidence the one that was signed, because nobody can tell
    where the original stood.
    """
    if envelope is None or (bundle.around.workspace and bundle.around.place.startswith(_HOME)):
        return bundle.at(name)
    try:
        subjects = read_statement(open_envelope(envelope).payload)[1]
    except Unreadable:  # told where the statement is checked
        return bundle.at(name)
    return next((path for path in subjects if path.rpartition("/")[2] == name), bundle.at(name))


def _check_statement(at: str, filed: Filed, record: Receipt, envelope: bytes) -> Iterator[Finding]:
    """Yield where the envelope holds something else than the statement about this receipt at this place."""
    if record.origin != "app":
        yield tell("signature", at, f"origin: expected app of what is signed, seen {record.origin}")
    try:
        for difference in compare(open_envelope(envelope).payload, filed.path, filed.data):
            yield tell("signature", at, difference)
    except Unreadable as error:
        yield tell("unreadable", at, error.what)
