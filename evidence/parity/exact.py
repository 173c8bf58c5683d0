"""One row, measured in float64: the meaning of every number, and what a fast backend falls back on.

Slow, about 5 ms for 152,064 ids. A fast backend takes it for the rows that its own arithmetic cannot do: masks, NaN,
values near the ends of float32, a shift that float32 would cancel out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]


class Top(NamedTuple):
    """One side's tops against the other's: the id, the gap to the second best, and the drop."""

    id: int
    gap: float
    drop: float


def measure(reference: Floats, subject: Floats, vocabulary: int) -> tuple[Any, ...]:
    """Return the columns of one row, in the order of `measured.COLUMNS`; *vocabulary* ids of it are compared."""
    with np.errstate(all="ignore"):
        r, s = (side.astype(np.float64) for side in (reference, subject))
        tail, leak = measure_tail(reference, subject, vocabulary)
        return (*_measure_head(r[:vocabulary], s[:vocabulary]), tail, leak)


def _measure_head(r: NDArray[np.float64], s: NDArray[np.float64]) -> tuple[Any, ...]:
    masked = np.isneginf(r), np.isneginf(s)
    finite = bool(np.isfinite(r[~masked[0]]).all()), bool(np.isfinite(s[~masked[1]]).all())
    equal, kept = bool((masked[0] == masked[1]).all()), ~masked[0]
    tops = _compare_tops(r, s, finite)
    if not (all(finite) and equal and kept.any()):
        compared: tuple[Any, ...] = (*(math.nan,) * 6, (False, False))
    else:
        compared = _compare(r[kept], s[kept])
    *numbers, flat = compared
    return *numbers, *tops, int(kept.sum()) if equal else 0, *finite, equal, *flat


def _compare(r: NDArray[np.float64], s: NDArray[np.float64]) -> tuple[Any, ...]:
    """Return cosine, norm ratio, KL, max-abs, NMSE, shift, and which sides are flat, of two rows without a mask."""
    d = s - r
    shift = float(d.mean())
    kl = divergence(r, d)
    (r, scale), (s, scale_s) = _centre(r), _centre(s)
    rr, ss, flat = float(r @ r), float(s @ s), (not r.any(), not s.any())
    unit = scale_s / scale if all((scale, scale_s)) else 1.0
    if any(flat):
        beyond = math.inf if flat[0] and not flat[1] else 0.0
        both = all(flat)
        ratio, nmse = (1.0 if both else beyond), (beyond if flat[0] else 1.0)
        return float(both), ratio, kl, float(np.abs(d - shift).max()), nmse, shift, flat
    cosine = float(r @ s) / (math.sqrt(rr) * math.sqrt(ss))
    e = s * unit - r
    return cosine, math.sqrt(ss / rr) * unit, kl, float(np.abs(d - shift).max()), float(e @ e) / rr, shift, flat


def _centre(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the centred row over its largest value, and that value; zeros and 0.0 for a flat one.

    Flat is what has one value throughout: a mean of equal numbers need not be exactly that number.
    """
    if x.max() == x.min():
        return np.zeros_like(x), 0.0
    centred = x - x.mean()
    scale = float(np.abs(centred).max())
    return centred / scale, scale


def divergence(r: NDArray[np.float64], d: NDArray[np.float64]) -> float:
    """Return KL of softmax(r) ‖ softmax(r + d).

    With δ = d less its mean under p = softmax(r) it is log E[exp δ], and E[exp δ - 1 - δ] has no cancellation: it is
    right to the last digits where the sides all but agree, and never below 0. NaN where float64 has no room for δ.
    """
    p = np.exp(r - r.max())
    p /= p.sum()
    delta = d - float(p @ d)
    peak = float(delta.max())
    if peak < 1:
        return math.log1p(float(p @ (np.expm1(delta) - delta)))
    log_p = r - r.max()
    log_p -= math.log(float(np.exp(log_p).sum()))
    joint = log_p + delta
    top = float(joint.max())
    return float(np.maximum(0.0, top + math.log(float(np.exp(joint - top).sum()))))  # Python's max turns NaN into 0


def _compare_tops(
    r: NDArray[np.float64], s: NDArray[np.float64], finite: tuple[bool, bool]
) -> tuple[int, int, float, float, float, float]:
    """Return tops, gaps and drops: of each the reference's, then the subject's."""
    one, two = (_find_top(x, y, ok=ok, sure=all(finite)) for x, y, ok in ((r, s, finite[0]), (s, r, finite[1])))
    if one.drop == 0 and two.drop == 0 and one.id >= 0:
        shared = int(np.flatnonzero((r == r[one.id]) & (s == s[two.id]))[0])
        return shared, shared, one.gap, two.gap, 0.0, 0.0
    return one.id, two.id, one.gap, two.gap, one.drop, two.drop


def _find_top(x: NDArray[np.float64], other: NDArray[np.float64], *, ok: bool, sure: bool) -> Top:
    """Return the top of *x*; *ok*: it is finite, *sure*: the other side is, too."""
    if not ok or not x.size or np.isneginf(x.max()):
        return Top(-1, math.nan, math.nan)
    top = int(x.argmax())
    rest = np.delete(x, top)
    second = float(rest.max()) if rest.size else -math.inf
    theirs = x[other == other.max()] if sure else x[:0]
    drop = float(x[top] - theirs.max()) if theirs.size else math.nan
    return Top(top, float(x[top]) - second, drop)


def measure_tail(reference: Floats, subject: Floats, vocabulary: int) -> tuple[float, bool]:
    """Return how far the padded tails are apart at most, and whether the subject's beats all compared ids."""
    one, two = reference[vocabulary:].astype(np.float64), subject[vocabulary:].astype(np.float64)
    if not one.size:
        return 0.0, False
    apart = np.where(one == two, 0.0, np.abs(two - one))
    widest = math.inf if np.isnan(apart).any() else float(apart.max())
    return widest, bool((two > subject[:vocabulary].max(initial=-math.inf)).any())
