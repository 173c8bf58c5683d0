"""The JSON of a delivery, read strictly: every value is of the type and within the bounds that are asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 25 << 20
"""The largest delivery, in bytes: GitHub sends none above 25 MB."""
NUMBERS = 1 << 63
"""Ids on GitHub are below this."""

_SURROGATES = re.compile("[\ud800-\udfff\x00]")
_MEND = "Compare it with GitHub's description of the webhook"


@dataclass(frozen=True, slots=True)
class Body:
    """One object of the payload, and its path for complaints."""

    values: Mapping[str, Any]
    path: str = ""

    @classmethod
    def decode(cls, data: bytes) -> Body:
        """Read the bytes of a delivery.

        Raises:
            Unreadable: it is too large, no UTF-8, no JSON, too deep, or no object.
        """
        if len(data) > LARGEST:
            raise Unreadable(f"a payload of {len(data):,} bytes is too large: at most {LARGEST:,} are read")
        try:
            values = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_constant)
        except RecursionError:
            raise Unreadable("the payload is nested too deeply") from None
        except ValueError as error:  # also what JSON and UTF-8 readers raise
            raise Unreadable(f"the payload is no JSON: {str(error)[:120]}") from None
        if not isinstance(values, dict):
            _refuse("the payload", "an object", values)
        return cls(values)

    def child(self, key: str) -> Body:
        """Return an object that must be there."""
        return self.maybe(key) or _refuse(self._at(key), "an object", self.values.get(key))

    def maybe(self, key: str) -> Body | None:
        """Return an object; None where it is null or not there."""
        found = self.values.get(key)
        if found is not None and not isinstance(found, dict):
            _refuse(self._at(key), "an object", found)
        return None if found is None else Body(found, self._at(key))

    def each(self, key: str) -> tuple[Body, ...]:
        """Return the objects of a list; none where it is null or not there."""
        found = self.values.get(key)
        if found is not None and not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
            _refuse(self._at(key), "a list of objects", found)
        return tuple(Body(one, f"{self._at(key)}[{n}]") for n, one in enumerate(found or ()))

    def words(self, key: str, most: int, limit: int) -> tuple[str, ...]:
        """Return at most *most* texts of a list, each of at most *limit* characters."""
        found = self.values.get(key)
        whole = isinstance(found, list) and len(found) <= most
        if not whole or not all(isinstance(one, str) and len(one) <= limit for one in found or ()):
            _refuse(self._at(key), f"a list of at most {most} texts", found)
        return tuple(_SURROGATES.sub("\ufffd", one) for one in found or ())

    def text(self, key: str, limit: int) -> str:
        """Return free text of at most *limit* characters; what UTF-8 cannot say becomes U+FFFD."""
        found = self.values.get(key)
        if not isinstance(found, str) or len(found) > limit:
            _refuse(self._at(key), f"a text of at most {limit:,} characters", found)
        return _SURROGATES.sub("\ufffd", found)

    def match(self, key: str, pattern: re.Pattern[str], what: str) -> str:
        """Return a text that the whole *pattern* matches."""
        found = self.values.get(key)
        if not isinstance(found, str) or not pattern.fullmatch(found):
            _refuse(self._at(key), what, found)
        return found

    def number(self, key: str) -> int:
        """Return an id: a whole number from 1."""
        found = self.values.get(key)
        if type(found) is not int or not 0 < found < NUMBERS:
            _refuse(self._at(key), "a whole number from 1", found)
        return found

    def flag(self, key: str) -> bool:
        """Return true or false."""
        found = self.values.get(key)
        if not isinstance(found, bool):
            _refuse(self._at(key), "true or false", found)
        return found

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}".lstrip(".")


def _refuse(path: str, wanted: str, found: Any) -> NoReturn:
    small = found is None or isinstance(found, bool | float | int)
    shown = json.dumps(found) if small else repr(found[:40]) if isinstance(found, str) else f"a {type(found).__name__}"
    raise Unreadable(f"{path} should be {wanted}, but is {shown[:60]}", mend=_MEND)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
