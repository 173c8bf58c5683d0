"""One request as it goes to GitHub: its path with the names filled in, and a body that can be encoded. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from evidence.quote import encodable

_SLASHES = {"repository": "/", "branch": "/", "path": "/"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A request: *route* is its path before the names were filled in, *host* where a file goes, empty for the API.

    *aside*: its answer may be another address.
    """

    method: str
    path: str
    route: str
    data: object
    write: bool
    host: str = ""
    aside: bool = False


def spell(data: object) -> object:
    """Return a body whose every text can be encoded: half of a pair, which JSON would escape, GitHub cannot read."""
    if isinstance(data, str):
        return encodable(data)
    if isinstance(data, Mapping):
        return {key: spell(value) for key, value in data.items()}
    return [spell(value) for value in data] if isinstance(data, list | tuple) else data


def fill(route: str, parts: Mapping[str, str | int]) -> str:
    """Return the path of a route; slashes stay only in `repository`, `branch` and `path`."""
    return route.format(**{name: quote(str(part), safe=_SLASHES.get(name, "")) for name, part in parts.items()})
