"""The private key that receipts are signed with, out of its PEM text. Where that is kept is not known here."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner, SSlibKey

from contracts.error import Unreadable
from evidence.key import KIND, PublicKey


def read(pem: str | bytes) -> CryptoSigner:
    """Return what signs with the Ed25519 key of a PEM text (PKCS#8, no passphrase).

    Raises:
        Unreadable: no private key, one with a passphrase, another kind of key. The text is in no sentence.
    """
    data = pem.encode("utf-8", "replace") if isinstance(pem, str) else pem
    mend = "Give the Ed25519 key in PEM that the App's set-up makes"
    try:
        private = load_pem_private_key(data, password=None)
    except TypeError:
        raise Unreadable("the signing key has a passphrase, which nobody is here to type", mend=mend) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unreadable("the signing key is no private key in PEM", mend=mend) from None
    if not isinstance(private, Ed25519PrivateKey):
        kind = type(private).__name__.removesuffix("PrivateKey").strip("_") or "of another kind"
        raise Unreadable(f"the signing key is {kind}; receipts are signed with Ed25519", mend=mend)
    raw = private.public_key().public_bytes_raw()
    return CryptoSigner(private, arm(PublicKey(raw)))


def publish(signer: CryptoSigner) -> PublicKey:
    """Return the public key that verifies what *signer* signs."""
    return PublicKey(bytes.fromhex(signer.public_key.keyval["public"]))


def arm(key: PublicKey) -> SSlibKey:
    """Return the key as the library that verifies takes it."""
    return SSlibKey(key.id, KIND, KIND, {"public": key.raw.hex()})
