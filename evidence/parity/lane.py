"""Rows one after the other on the processor: float32 in blocks that stay in its cache, sums in float64.

One lane is what one thread needs: two rows and three blocks of scratch, whatever the number of positions. A row that
float32 cannot do justice to goes to `evidence.parity.exact`, so that speed never changes the meaning.

How the numbers stay right: everything is told by the difference d = subject - reference, which floating point gives
exactly where the two are close. Cosine and norm ratio come from |r|², r·d and |d|², so that what is lost is a part of
the *deviation*, not of 1. KL is log(1 + a + f) - a with a = E[δ], f = E[exp δ - 1 - δ] under softmax(r), where δ is d
less its value at the reference's top: all terms of f are positive, and a small one is taken from its series.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evidence.parity import exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float32]

_BLOCK = 32_768
_SMALL = 1 / 16
"""Up to here the series of exp δ - 1 - δ is taken, four terms of it: right to 1e-7 of itself."""
_LARGE = 80.0
"""Above, exp δ comes near the end of float32."""
_LEAST_SQUARE, _MOST_MEAN, _LEAST_NORM = 1e-24, 100.0, 1e-2
"""Mean squares below this lose digits; so do variances under this many squares of the mean, and norms that cancel."""


class _Sums(NamedTuple):
    """Sums over a row: of r, δ and their products, and under exp(r - its maximum) of 1, δ, exp δ - 1 - δ."""

    r: float
    d: float
    rr: float
    rd: float
    dd: float
    p: float
    pd: float
    pf: float


class Lane:
    """Buffers for one pair of rows. Fill *reference* and *subject*, then ask for their numbers; not for two threads."""

    def __init__(self, width: int, vocabulary: int) -> None:
        """Take *width* ids a row, of which *vocabulary* are compared."""
        self.reference, self.subject = np.empty(width, np.float32), np.empty(width, np.float32)
        self._vocabulary = vocabulary
        self._d, self._p, self._f, self._ones = (np.ones(min(_BLOCK, width), np.float32) for _ in range(4))

    def measure(self) -> tuple[Any, ...]:
        """Return the columns of the pair that stands in the buffers, in the order of `measured.COLUMNS`."""
        with np.errstate(all="ignore"):
            return self._try() or exact.measure(self.reference, self.subject, self._vocabulary)

    def _try(self) -> tuple[Any, ...] | None:
        """Return the columns, or None where float32 is not enough."""
        n = self._vocabulary
        r, s = self.reference[:n], self.subject[:n]
        tops = _find_tops(r, s)
        if tops is None:
            return None
        top, peak = tops[0], float(r[tops[0]])
        pivot = s[top] - r[top]
        least, most = math.inf, -math.inf
        sums = np.zeros(8)
        for start in range(0, n, _BLOCK):
            block, low, high = self._sum(r[start : start + _BLOCK], s[start : start + _BLOCK], pivot, np.float32(peak))
            sums += block
            least, most = min(least, low), max(most, high)
        numbers = _conclude(_Sums(*sums.tolist()), n, (least, most), float(pivot))
        if numbers is None:
            return None
        tail, leak = exact.measure_tail(self.reference, self.subject, n)
        return *numbers, *tops, n, True, True, True, False, False, tail, leak

    def _sum(self, r: Row, s: Row, pivot: np.float32, peak: np.float32) -> tuple[tuple[float, ...], float, float]:
        """Return the sums of one block in the order of `_Sums`, and the least and the largest δ in it."""
        n = len(r)
        d, p, f, ones = self._d[:n], self._p[:n], self._f[:n], self._ones[:n]
        np.subtract(s, r, out=d)
        np.subtract(d, pivot, out=d)
        low, high = float(d.min()), float(d.max())
        np.subtract(r, peak, out=p)
        np.exp(p, out=p)
        if max(high, -low) <= _SMALL:
            np.multiply(d, 1 / 60, out=f)  # δ²/2 + δ³/6 + δ⁴/24 + δ⁵/120, as δ²/2 · (1 + δ/3 + δ²/12 + δ³/60)
            for term in (1 / 12, 1 / 3):
                np.add(f, np.float32(term), out=f)
                np.multiply(f, d, out=f)
            np.add(f, np.float32(1), out=f)
            np.multiply(f, d, out=f)
            np.multiply(f, d, out=f)
            np.multiply(f, np.float32(0.5), out=f)
        else:
            np.exp(d, out=f)
            np.subtract(f, np.float32(1), out=f)
            np.subtract(f, d, out=f)
        pairs = ((r, ones), (d, ones), (r, r), (r, d), (d, d), (p, ones), (p, d), (p, f))
        return tuple(float(np.dot(x, y)) for x, y in pairs), low, high


def _find_tops(r: Row, s: Row) -> tuple[int, int, float, float, float, float] | None:
    """Return tops, gaps and drops; None where a value is not finite, or where ties make it a matter of sets."""
    if len(r) < 2:  # noqa: PLR2004 - there is a second best
        return None
    (one, best, second), (two, top, next_) = _find_top(r), _find_top(s)
    if not (math.isfinite(second) and math.isfinite(next_) and math.isfinite(best) and math.isfinite(top)):
        return None
    if one == two:
        return one, two, best - second, top - next_, 0.0, 0.0
    if best == second or top == next_:
        return None
    return one, two, best - second, top - next_, best - float(r[two]), top - float(s[one])


def _find_top(x: Row) -> tuple[int, float, float]:
    """Return the id of the highest value, that value and the second highest; *x* is as before afterwards."""
    top = int(x.argmax())
    best = x[top]
    x[top] = -math.inf
    second = float(x.max())
    x[top] = best
    return top, float(best), second


def _conclude(sums: _Sums, n: int, span: tuple[float, float], pivot: float) -> tuple[float, ...] | None:
    """Return cosine, norm ratio, KL, max-abs, NMSE and shift; None where the sums have lost too many digits."""
    mean = sums.d / n
    r_r = sums.rr - sums.r * sums.r / n
    r_d = sums.rd - sums.r * mean
    d_d = max(0.0, sums.dd - sums.d * mean)
    s_s = r_r + 2 * r_d + d_d
    trusted = (
        math.isfinite(sums.rr + sums.dd + sums.pf),
        _is_spread(sums.r, r_r, n),
        span[0] == span[1] or _is_spread(sums.d, d_d, n),
        s_s > _LEAST_NORM * (r_r + d_d),
        span[1] <= _LARGE,
    )
    if not all(trusted):
        return None
    if span[0] == span[1]:
        return 1.0, 1.0, 0.0, 0.0, 0.0, pivot + mean
    cosine = (r_r + r_d) / math.sqrt(r_r * s_s)
    kl = _diverge(sums.pd / sums.p, sums.pf / sums.p)
    return cosine, math.sqrt(s_s / r_r), kl, max(span[1] - mean, mean - span[0]), d_d / r_r, pivot + mean


def _is_spread(total: float, square: float, n: int) -> bool:
    """Return whether a variance is neither lost beside the mean nor too small for float32's squares."""
    return square > _LEAST_SQUARE * n and total * total / n <= _MOST_MEAN * square


def _diverge(a: float, f: float) -> float:
    return max(0.0, math.log1p(a + f) - a)
