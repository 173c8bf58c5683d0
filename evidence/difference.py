"""Where two JSON values differ, field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """One field (`legs[0].exit`), what was expected there and what was seen, both as short JSON."""

    field: str
    expected: str
    seen: str

    def __str__(self) -> str:
        """Return the sentence of it."""
        return f"{self.field[:_LONG]}: expected {self.expected}, seen {self.seen}"


def find(expected: Any, seen: Any, field: str = "") -> Iterator[Difference]:
    """Yield every field in which two JSON values differ, deepest first named; 1, 1.0 and true are three values."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        for key in dict.fromkeys((*expected, *seen)):
            where = f"{field}.{key}".strip(".")
            yield from find(expected.get(key, _NOTHING), seen.get(key, _NOTHING), where)
    elif isinstance(expected, list) and isinstance(seen, list):
        for n in range(max(len(expected), len(seen))):
            one, other = (some[n] if n < len(some) else _NOTHING for some in (expected, seen))
            yield from find(one, other, f"{field}[{n}]")
    elif type(expected) is not type(seen) or expected != seen:
        yield Difference(field, _show(expected), _show(seen))


class _Nothing:
    """What stands where a field is missing."""


_NOTHING = _Nothing()


def _show(value: Any) -> str:
    text = "nothing" if value is _NOTHING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
