"""How numbers are stored in files and in tensors, and how they become float32 without losing anything."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RAW: dict[str, np.dtype[Any]] = {
    "float64": np.dtype("<f8"),
    "float32": np.dtype("<f4"),
    "float16": np.dtype("<f2"),
    "bfloat16": np.dtype("<u2"),
    "float8_e4m3fn": np.dtype("u1"),
    "float8_e5m2": np.dtype("u1"),
}
"""The kinds that are read, named as torch names them, and what numpy reads of each: bits, where it has no such kind."""
_EIGHT = {"float8_e4m3fn": (4, 7, 0x7F), "float8_e5m2": (5, 15, 0x7C)}
"""Of one byte: bits of the exponent, its bias, and the first pattern (less its sign) that is no finite number."""


def decode(kind: str, raw: NDArray[Any], out: NDArray[np.float32]) -> None:
    """Write the numbers that *raw* stores into *out*; float64 is not for it, for it would be rounded.

    Raises:
        KeyError: the kind is none of `RAW`, or float64.
    """
    if kind == "bfloat16":
        bits = out.view(np.uint32)
        np.copyto(bits, raw)
        np.left_shift(bits, 16, out=bits)
    elif kind in {"float32", "float16"}:
        np.copyto(out, raw)
    else:
        np.take(_list_eight(kind), raw, out=out, mode="clip")


@cache
def _list_eight(kind: str) -> NDArray[np.float32]:
    """Return the value of each of the 256 patterns of one byte."""
    wide, bias, edge = _EIGHT[kind]
    narrow = 7 - wide
    bits = np.arange(256)
    exponent, fraction = (bits & 0x7F) >> narrow, bits & ((1 << narrow) - 1)
    normal = exponent > 0
    size = (normal + fraction / (1 << narrow)) * 2.0 ** (np.maximum(exponent, 1) - bias)
    beyond = (bits & 0x7F) >= edge
    size[beyond] = np.where((bits[beyond] & 0x7F == edge) & (kind == "float8_e5m2"), np.inf, np.nan)
    signed: NDArray[np.float32] = (size * np.where(bits & 0x80, -1, 1)).astype(np.float32)
    return signed
