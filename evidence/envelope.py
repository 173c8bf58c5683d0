"""The signature on a receipt: a DSSE envelope around an in-toto statement, beside the receipt.

What the signature says: the app that holds this key was told these logs by its runner, took the secrets out,
judged them against these predictions, and left this receipt, this page, these logs and this contract.

What it does not say: that a log is what the program printed, or that commit, program, model, machine and seconds
are as the runner told them. A runner's claims are input, and no runner is given the key; but legs of the engine
`local` run as the app's own user, which could read it: see the README, *Whom you let in*. Nor does it say when: the
date is the app's word, no witness countersigns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError

from contracts.error import Complaint, Place, Unreadable
from evidence import notation
from evidence.receipt import canonical, digest, name_envelope
from evidence.receipt import read as read_receipt
from evidence.signer import arm
from evidence.statement import state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securesystemslib.signer import Signer

    from evidence.key import PublicKey

PAYLOAD = "application/vnd.in-toto+json"
"""The media type of an in-toto statement (its specification, envelope v1)."""
LONGEST = 8 << 20
"""The largest envelope that is read, in bytes."""
MOST = 16
"""How many signatures one envelope may hold."""


def seal(path: str, receipt: bytes, contract: bytes, signer: Signer) -> tuple[str, bytes]:
    """Return path and bytes of the envelope of a receipt; the same input gives the same bytes.

    Args:
        path: of the receipt in its repository.
        receipt: its bytes.
        contract: the contract file as the discharge leaves it.
        signer: the app's key.

    Raises:
        Complaint: the app did not judge this, so that it has nothing to sign.
        Unreadable: the bytes are no receipt.
    """
    origin = read_receipt(receipt, path).origin
    if origin != "app":
        raise Complaint(f"a receipt of origin {origin} is not the app's to sign", Place(path))
    return name_envelope(path), sign(state(path, receipt, digest(contract)), signer)


def sign(payload: bytes, signer: Signer) -> bytes:
    """Return an envelope around *payload*, as it is stored."""
    envelope = Envelope(payload, PAYLOAD, {})
    envelope.sign(signer)
    return _write(envelope)


def read(data: bytes, file: str = "") -> Envelope:
    """Return the envelope that *data* spells in the only spelling there is.

    Base64 leaves bits that no reader looks at, and JSON white space: an envelope that would be written otherwise
    is refused, so that no byte of a signed folder can change unseen.

    Raises:
        Unreadable: too large, no envelope, no in-toto statement in it, no signature or too many, another spelling.
    """
    if len(data) > LONGEST:
        raise Unreadable(f"an envelope of {len(data):,} bytes is too large: at most {LONGEST:,} are read", Place(file))
    values = notation.read(data, "the envelope", file)
    try:
        envelope = Envelope.from_dict(values)
        same = _write(envelope) == data
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Unreadable(f"this is no DSSE envelope: {type(error).__name__} {error}"[:200], Place(file)) from None
    if envelope.payload_type != PAYLOAD:
        raise Unreadable(f"the envelope holds “{str(envelope.payload_type)[:60]}”, not {PAYLOAD}", Place(file))
    if not 1 <= len(envelope.signatures) <= MOST:
        what = f"the envelope has {len(envelope.signatures)} signatures; from 1 to {MOST} are read"
        raise Unreadable(what, Place(file))
    if not same or any(one.unrecognized_fields for one in envelope.signatures.values()):
        raise Unreadable("the envelope is not spelt as one that is written here: it was changed", Place(file))
    return envelope


def verify(envelope: Envelope, keys: Sequence[PublicKey]) -> str:
    """Return why no signature of *envelope* can be believed, empty if one can.

    One by a known key is enough, and each that claims to be by a known key must be: a bad one is a sign of
    tampering, whatever stands beside it. Signatures by other keys are not looked at.
    """
    known = [key for key in keys if key.id in envelope.signatures]
    if not known:
        names = ", ".join(f"{str(id_)[:12]}…" for id_ in envelope.signatures)
        return f"it is signed by key {names}, which is none of those that count"
    for key in known:
        try:
            envelope.verify([arm(key)], 1)
        except VerificationError:
            return f"the signature by key {key.id[:12]}… is not one of what is signed"
    return ""


def _write(envelope: Envelope) -> bytes:
    return canonical(envelope.to_dict()) + b"\n"
