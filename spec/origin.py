"""What the bot wrote of the parts that people changed since: it stands nowhere else, and the next merge begins with it.

A line keeps one part, packed, in the last paragraph of a commit message.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT = 1 << 20
"""How long one part may be once it is unpacked, in bytes."""
_GONE = "-"
_LINE = re.compile(r"(?P<key>[a-z][a-z0-9-]{0,30}) (?P<packed>-|[A-Za-z0-9+/=]{4,400000})")

Record = Mapping[str, str | None]
"""The bot's own words by the name of the part, None for a part that people took out; what is not in it stands as the
bot wrote it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the bot wrote last on the branch: *text*, in which the section has that *number*.

    *root* is the spec where the branch left the default branch; *record* tells what in *text* is not as the bot
    would have written it, because people's words were in it already. *touched* says that somebody changed the text
    since in the bot's own commit, so that nobody knows which of its words are the bot's.
    """

    root: str
    text: str
    number: int
    record: Record = field(default_factory=dict)
    touched: bool = False


def write(record: Record) -> tuple[str, ...]:
    """Return a record as lines, one a part."""
    return tuple(f"{key} {_GONE if text is None else _pack(text)}" for key, text in sorted(record.items()))


def read(lines: Iterable[str]) -> dict[str, str | None]:
    """Return the record that lines keep; a line that is none, or unpacks to too much, is left out."""
    record: dict[str, str | None] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        text = _unpack(found["packed"]) if found and found["packed"] != _GONE else None
        if found and (text is not None or found["packed"] == _GONE):
            record[found["key"]] = text
    return record


def _pack(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 9)).decode()


def _unpack(packed: str) -> str | None:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.b64decode(packed, validate=True), LIMIT)
        return data.decode("utf-8", "surrogatepass") if unpacker.eof else None
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        return None
