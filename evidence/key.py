"""Public keys as the configuration spells them: `ed25519:` and 32 bytes in base64. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from contracts.error import Unreadable

KIND = "ed25519"
SIZE = 32
"""The length of an Ed25519 public key in bytes (RFC 8032, section 5.1.5)."""
_LONGEST = 200
_PRIME = 2**255 - 19
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_WEAK = frozenset({0, 1, _PRIME - 1, _PRIME, _PRIME + 1, _ORDER_8, _PRIME - _ORDER_8})
"""The y coordinates of the points whose order divides 8, and their spellings above the prime (RFC 8032, 5.1.3).

A signature can be made up for such a key without any private key, for some messages or for all.
"""
_SPELT = re.compile(r"(?P<kind>[A-Za-z0-9_-]{1,40}):(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key: its 32 bytes."""

    raw: bytes

    @property
    def text(self) -> str:
        """The key as `keys:` of the configuration spells it."""
        return f"{KIND}:{base64.b64encode(self.raw).decode()}"

    @property
    def id(self) -> str:
        """How a signature names the key: the SHA-256 of its bytes in lower-case hex."""
        return hashlib.sha256(self.raw).hexdigest()


def read(text: str) -> PublicKey:
    """Return the key that *text* spells.

    Raises:
        Unreadable: another kind of key, no base64, not 32 bytes, or a key that proves nothing.
    """
    found = _SPELT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    mend = "Write ed25519: and the 32 bytes of the key in base64, as the App's set-up prints them"
    if found is None:
        raise Unreadable(f"“{text[:60]}” is no key", mend=mend)
    if found["kind"] != KIND:
        raise Unreadable(f"“{found['kind']}” is a kind of key that is not known here", mend=mend)
    try:
        raw = base64.b64decode(found["value"], validate=True)
    except ValueError:
        raise Unreadable(f"“{text[:60]}” is no key: that is no base64", mend=mend) from None
    if len(raw) != SIZE or PublicKey(raw).text != f"{KIND}:{found['value']}":
        raise Unreadable(f"“{text[:60]}” is no key: {SIZE} bytes are wanted, and these are {len(raw)}", mend=mend)
    if int.from_bytes(raw, "little") % 2**255 in _WEAK:
        raise Unreadable(f"“{text[:60]}” is no key of anybody: anyone can sign for it", mend=mend)
    return PublicKey(raw)
