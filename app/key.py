"""Making the app's signing key: the one place where its randomness comes from."""

from __future__ import annotations

from securesystemslib.signer import CryptoSigner


def make() -> str:
    """Return a new Ed25519 private key as PEM (PKCS#8, no passphrase): a secret, for the app's own settings.

    `evidence.signer.read` makes a signer of it, and `evidence.signer.publish` names the public key that belongs
    into `keys:` of every configuration that shall believe this app.
    """
    return CryptoSigner.generate_ed25519().private_bytes.decode()
