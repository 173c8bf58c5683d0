"""Which receipts count: those of an accepted origin, and of the app only those that it signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence.envelope import read as open_envelope
from evidence.envelope import verify
from evidence.receipt import name_envelope, read
from evidence.statement import compare

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from evidence.key import PublicKey
    from evidence.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Filed:
    """A file as it stands in a repository: its path there, its bytes, and `owner/name`, empty if not known."""

    path: str
    data: bytes
    repository: str = ""


def accept(receipt: Filed, envelope: bytes | None, keys: Sequence[PublicKey], accepted: Collection[str]) -> str:
    """Return why a receipt does not count, empty if it does.

    Keys and accepted origins are those of the configuration at the base, so that nobody can bring both a receipt
    and the rule that lets it pass. A receipt of another origin than the app's is as good as the branch on which it
    stands: configuration that accepts it says so on purpose.

    Args:
        receipt: the receipt; a signature holds in this repository and at this path only.
        envelope: the bytes of its envelope, None if none stands beside it.
        keys: the public keys that count.
        accepted: the origins that count (`evidence: {accept: …}`).
    """
    try:
        record = read(receipt.data, receipt.path)
        if record.origin not in accepted:
            known = ", ".join(accepted) or "none"
            return f"origin: a receipt of origin {record.origin} does not count; accepted are: {known}"
        return _examine(receipt, record, envelope, keys) if record.origin == "app" else ""
    except Unreadable as error:
        return str(error)


def _examine(receipt: Filed, record: Receipt, envelope: bytes | None, keys: Sequence[PublicKey]) -> str:
    """Return why a receipt of the app's does not count, empty if it does."""
    if envelope is None:
        return "origin: it says that the app judged it, and no signature of the app stands beside it"
    if receipt.repository and record.repository.lower() != receipt.repository.lower():
        judged = record.repository[:100] or "none"
        return f"repository: expected {receipt.repository}, seen {judged}: it was renamed, or this is a copy"
    opened = open_envelope(envelope, name_envelope(receipt.path))
    differing = compare(opened.payload, receipt.path, receipt.data)
    if differing:
        return f"the signature beside it is of something else: {differing[0]}"
    return verify(opened, keys)
