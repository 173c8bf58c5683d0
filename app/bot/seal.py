"""Values that we write where people can write, too, and believe again only if nobody changed them.

The text is one line of ASCII. It holds nothing that means anything in Markdown or HTML: no `--`, `<`, `>`,
`` ` ``, `@` or `#`. The seal is an HMAC-SHA256 over the kind and the text, so a text of one kind or place
is none of another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

SEAL = "[0-9a-f]{64}"
"""What a seal looks like, as a pattern."""

_ACTIVE = re.compile("--|[<>&`@#]")


def write(kind: str, values: Any, key: bytes) -> tuple[str, str]:
    """Return *values* as canonical JSON, and its seal."""
    plain = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    text = _ACTIVE.sub(lambda found: "".join(f"\\u{ord(letter):04x}" for letter in found[0]), plain)
    return text, _seal(kind, text, key)


def read(kind: str, text: str, seal: str, key: bytes) -> Any:
    """Return the values; None where the seal is not that of the text.

    Nothing of a text is parsed before its seal is proven.
    """
    if not hmac.compare_digest(_seal(kind, text, key).encode(), seal.encode("utf-8", "replace")):
        return None
    return json.loads(text)


def vouch(kind: str, values: Any, key: bytes) -> str:
    """Return the seal alone, for values that can be read where it is proven."""
    return write(kind, values, key)[1]


def holds(kind: str, values: Any, seal: str, key: bytes) -> bool:
    """Return whether a seal is that of *values*."""
    return hmac.compare_digest(vouch(kind, values, key).encode(), seal.encode("utf-8", "replace"))


def name(kind: str, text: str, key: bytes) -> str:
    """Return a name for *text* that nobody but us knows before we write it where people read it."""
    return _seal(kind, text, key)[:16]


def _seal(kind: str, text: str, key: bytes) -> str:
    return hmac.new(key, f"{kind}\n{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
