"""The numbers of one row by their definitions, in Python's own floats and exact sums: what every backend must equal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evidence.parity.lane import Lane
from evidence.parity.measured import Measured, allocate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]

NUMBERS = ("cosine", "norm_ratio", "kl", "max_abs", "nmse", "shift")


def measure(reference: Sequence[float], subject: Sequence[float]) -> dict[str, float]:
    """Return the numbers of two finite rows that are not flat; equal masks are left out."""
    pairs = [(r, s) for r, s in zip(reference, subject, strict=True) if r != -math.inf]
    r, s = ([pair[side] for pair in pairs] for side in (0, 1))
    n, d = len(pairs), [b - a for a, b in pairs]
    mean_r, mean_s = math.fsum(r) / n, math.fsum(s) / n
    ours, theirs = [x - mean_r for x in r], [x - mean_s for x in s]
    r_r, s_s = math.fsum(x * x for x in ours), math.fsum(x * x for x in theirs)
    apart = [b - a for a, b in zip(ours, theirs, strict=True)]
    return {
        "cosine": math.fsum(a * b for a, b in zip(ours, theirs, strict=True)) / math.sqrt(r_r) / math.sqrt(s_s),
        "norm_ratio": math.sqrt(s_s / r_r),
        "kl": _diverge(r, s),
        "max_abs": max(map(abs, apart)),
        "nmse": math.fsum(x * x for x in apart) / r_r,
        "shift": math.fsum(d) / n,
    }


def _diverge(r: list[float], s: list[float]) -> float:
    log_p, log_q = _normalise(r), _normalise(s)
    return math.fsum(math.exp(a) * (a - b) for a, b in zip(log_p, log_q, strict=True))


def _normalise(x: list[float]) -> list[float]:
    top = max(x)
    total = math.log(math.fsum(math.exp(one - top) for one in x))
    return [one - top - total for one in x]


def measure_by_lane(reference: Rows, subject: Rows, vocabulary: int | None = None) -> Measured:
    """Return what the lane of a thread measures of rows in memory, in float32 however narrow they are."""
    positions, width = reference.shape
    compared = width if vocabulary is None else vocabulary
    table, lane = allocate(positions), Lane(width, compared, few=0)
    for n in range(positions):
        lane.reference[:], lane.subject[:] = reference[n], subject[n]
        table[n] = lane.measure()
    return Measured(table, compared, width - compared)
