"""JSON as strangers send it: read strictly, so that one text has one meaning for every reader."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from contracts.error import Place, Unreadable


def read(data: bytes, name: str, file: str = "") -> Any:
    """Return the value that *data* spells.

    RFC 8259 leaves to each reader what a key that stands twice means, and Python reads NaN, which JSON does not
    have: whoever signs and whoever verifies must not differ there, so both are refused.

    Args:
        data: the whole text; the caller bounds its size.
        name: what it is, for the sentence: `the receipt`.
        file: where it stands.

    Raises:
        Unreadable: no UTF-8, no JSON, nested too deeply, a key twice, a number that is none or too large, half a
            character.
    """
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise Unreadable(f"{name} is no JSON: {error.msg}", Place(file, error.lineno, error.colno)) from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name} is no UTF-8 at byte {error.start:,}", Place(file)) from None
    except UnicodeEncodeError:
        raise Unreadable(f"{name} holds half a character, which no file can hold", Place(file)) from None
    except RecursionError:
        raise Unreadable(f"{name} is nested too deeply", Place(file)) from None
    except ValueError as error:
        raise Unreadable(f"{name} is no JSON: {error}", Place(file)) from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError("a number is too large")
    return float(text)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
