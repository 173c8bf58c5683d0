"""The numbers of all positions as JSON can say them, and back. It needs numpy, extra `parity`."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from contracts.error import Unreadable
from evidence.parity.measured import COLUMNS, Measured, allocate

if TYPE_CHECKING:
    from evidence.logits import Beside, Column

_DIGITS = 12
_BEYOND = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_WORDS = {"b": bool, "i": int}


def spell(measured: Measured) -> tuple[Column, ...]:
    """Return the columns in the order of `COLUMNS`: twelve digits of a number, a word for what JSON has none for."""
    return tuple(tuple(map(_spell, measured[name].tolist())) for name in COLUMNS)


def restore(beside: Beside, positions: int) -> Measured:
    """Return what was measured, from what a machine says of it.

    Raises:
        Unreadable: a column is missing, too long or too short, or holds something else than numbers of its kind.
    """
    if len(beside.columns) != len(COLUMNS):
        raise Unreadable(f"there are {len(beside.columns)} columns, and {len(COLUMNS)} are measured")
    table = allocate(positions)
    for name, column in zip(COLUMNS, beside.columns, strict=True):
        kind = table.dtype[name].kind
        if len(column) != positions:
            raise Unreadable(f"column {name} has {len(column):,} rows of {positions:,}")
        if not all(_fits(one, kind) for one in column):
            raise Unreadable(f"column {name} holds something else than its numbers")
        table[name] = [_BEYOND[one] if isinstance(one, str) else one for one in column]
    return Measured(table, beside.vocabulary, beside.tail_width, beside.backend)


def _spell(value: Any) -> float | int | bool | str:
    if not isinstance(value, float):
        return bool(value) if isinstance(value, bool | np.bool_) else int(value)
    if math.isfinite(value):
        return float(f"{value:.{_DIGITS}g}")
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _fits(value: object, kind: str) -> bool:
    if kind == "f":
        if type(value) is int:
            return abs(value) <= sys.float_info.max
        return type(value) is float or (isinstance(value, str) and value in _BEYOND)
    return type(value) is _WORDS[kind] and (kind == "b" or abs(int(str(value))) < 1 << 48)
