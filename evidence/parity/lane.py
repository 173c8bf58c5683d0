"""Rows one after the other on the processor: products in float32, a block at a time, and sums of blocks in float64.

One lane is what one thread needs: two rows and five blocks of scratch, whatever the number of positions. A row that
float32 cannot do justice to goes to `evidence.parity.exact`, so that speed never changes the meaning.

How the numbers stay right: everything is told by the difference d = subject - reference, which floating point gives
exactly where the two are close. Cosine and norm ratio come from |r|², r·d and |d|², so that what is lost is a part of
the *deviation*, not of 1. Before anything is squared, r and d are taken less a pivot, which a sample of the row says:
d becomes δ. KL is log E[exp δ] - E[δ] under softmax(r). Where the sides are close it is taken as log(1 + a + f) - a,
a = E[δ] and f = E[exp δ - 1 - δ]: all terms of f are positive, and a small one comes from its series.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evidence.parity import exact
from evidence.parity.measured import COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float32]

_BLOCK = 1 << 18
"""Ids at a time. With fewer, threads wait for the interpreter between short calls: 512 rows of 152,064 took 0.32 s in
blocks of 32,768, 0.26 s in 65,536, and 0.21 s in one."""
_SMALL = 1 / 16
"""Up to here the series of exp δ - 1 - δ is taken, four terms of it: right to 1e-7 of itself."""
_LARGE = 80.0
"""Above, an exponential comes near the end of float32."""
_LEAST_SQUARE, _LEAST_NORM = 1e-24, 1e-2
"""Mean squares below this lose digits, and so do norms that cancel to this part of their terms."""
_NEAR, _FAR = 100.0, 4.0
"""How many variances the square of a mean may be: of a difference that is small itself, and of anything else."""
_LEAST = -0.7
"""Below, 1 + a + f of the KL has lost digits."""
_SAMPLE, _TOPS = 1024, COLUMNS.index("reference_top")
FEW = 2048
"""Rows of fewer ids are cheap in float64, and have too few for the roundings of float32 to even out."""


_EXCESS = 1e-7
"""A cosine beyond 1 by more shows digits lost where the sides are far apart: doubled rows gave 1 + 2.7e-6 on a Xeon."""


class _Sums(NamedTuple):
    """Sums over a row: of r less its pivot, δ and their products; with the weights exp r, of 1, δ, exp δ - 1 - δ."""

    r: float
    d: float
    rr: float
    rd: float
    dd: float
    p: float
    pd: float
    pf: float


class _Pivots(NamedTuple):
    """What r and d are taken less, and what δ is then at the reference's top; *far*: d is no small part of r."""

    r: np.float32
    d: np.float32
    top: np.float32
    far: bool


class Lane:
    """Buffers for one pair of rows. Fill *reference* and *subject*, then ask for their numbers; not for two threads."""

    def __init__(self, width: int, vocabulary: int, few: int = FEW) -> None:
        """Take *width* ids a row, of which *vocabulary* are compared; in float64 if they are less than *few*."""
        self.reference, self.subject = np.empty(width, np.float32), np.empty(width, np.float32)
        self._vocabulary, self._few = vocabulary, few
        self._scratch = [np.ones(min(_BLOCK, width), np.float32) for _ in range(5)]

    def measure(self) -> tuple[Any, ...]:
        """Return the columns of the pair that stands in the buffers, in the order of `measured.COLUMNS`."""
        with np.errstate(all="ignore"):
            found = self._try() or self._try_kept()
            return found or exact.measure(self.reference, self.subject, self._vocabulary)

    def _try_kept(self) -> tuple[Any, ...] | None:
        """Return the columns of a row where both sides mask the same ids, from those that are left; else None."""
        r, s = self.reference[: self._vocabulary], self.subject[: self._vocabulary]
        masked = np.isneginf(r)
        kept = np.flatnonzero(~masked)
        if not self._few <= len(kept) < len(r) or not np.array_equal(masked, np.isneginf(s)):
            return None
        narrow = Lane(len(kept), len(kept), self._few)
        np.take(r, kept, out=narrow.reference)
        np.take(s, kept, out=narrow.subject)
        found = narrow._try()
        if found is None:
            return None
        tops = (int(kept[found[_TOPS]]), int(kept[found[_TOPS + 1]]))
        tail = exact.measure_tail(self.reference, self.subject, self._vocabulary)
        return *found[:_TOPS], *tops, *found[_TOPS + 2 : -2], *tail

    def _try(self) -> tuple[Any, ...] | None:
        """Return the columns, or None where float32 is not enough."""
        n = self._vocabulary
        r, s = self.reference[:n], self.subject[:n]
        tops = _find_tops(r, s) if n >= self._few else None
        if tops is None:
            return None
        pivots = _choose_pivots(r, s, tops[0])
        least, most = math.inf, -math.inf
        sums = np.zeros(len(_Sums._fields))
        for start in range(0, n, _BLOCK):
            block, low, high = self._sum(r[start : start + _BLOCK], s[start : start + _BLOCK], pivots)
            sums += block
            least, most = min(least, low), max(most, high)
        numbers = _conclude(_Sums(*sums.tolist()), n, (least, most), pivots)
        if numbers is None:
            return None
        tail, leak = exact.measure_tail(self.reference, self.subject, n)
        return *numbers, *tops, n, True, True, True, False, False, tail, leak

    def _sum(self, r: Row, s: Row, pivots: _Pivots) -> tuple[tuple[float, ...], float, float]:
        """Return the sums of one block in the order of `_Sums`, and the least and the largest δ in it."""
        x, d, p, f, ones = (one[: len(r)] for one in self._scratch)
        np.subtract(s, r, out=d)
        np.subtract(d, pivots.d, out=d)
        np.subtract(r, pivots.r, out=x)
        np.exp(x, out=p)
        low, high = float(d.min()), float(d.max())
        _weigh(d, f, pivots, small=max(high, -low) <= _SMALL)
        pairs = ((x, ones), (d, ones), (x, x), (x, d), (d, d), (p, ones), (p, d), (p, f))
        return tuple(float(np.dot(one, two)) for one, two in pairs), low, high


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


def _weigh(d: Row, f: Row, pivots: _Pivots, *, small: bool) -> None:
    """Write exp δ - 1 - δ of a block into *f*, or plain exp(δ - its value at the top) where δ is far."""
    if pivots.far:
        np.subtract(d, pivots.top, out=f)
        np.exp(f, out=f)
    elif small:
        np.multiply(d, np.float32(1 / 60), out=f)  # δ²/2 + δ³/6 + δ⁴/24 + δ⁵/120 as δ²/2 · (1 + δ/3 + δ²/12 + δ³/60)
        for term in (1 / 12, 1 / 3, 1):
            np.add(f, np.float32(term), out=f)
            np.multiply(f, d, out=f)
        np.multiply(f, d, out=f)
        np.multiply(f, np.float32(0.5), out=f)
    else:
        np.exp(d, out=f)
        np.subtract(f, np.float32(1), out=f)
        np.subtract(f, d, out=f)


def _choose_pivots(r: Row, s: Row, top: int) -> _Pivots:
    """Return pivots: the mean of a sample of r, and of d its value at the top or, where d is far, its mean.

    With the value at the top a small KL has no terms that cancel; the mean keeps the digits of squares that are large.
    """
    step = max(1, len(r) // _SAMPLE)
    ours = r[::step]
    apart = s[::step] - ours
    mean, shift = ours.mean(), apart.mean()
    ours, apart = ours - mean, apart - shift
    far = bool(np.dot(apart, apart) > _LEAST_NORM * np.dot(ours, ours))
    mean = max(mean, r[top] - np.float32(_LARGE))
    pivot, there = (shift, s[top] - r[top] - shift) if far else (s[top] - r[top], np.float32(0))
    return _Pivots(mean, pivot, there, far)


def _conclude(sums: _Sums, n: int, span: tuple[float, float], pivots: _Pivots) -> tuple[float, ...] | None:
    """Return cosine, norm ratio, KL, max-abs, NMSE and shift; None where the sums have lost too many digits."""
    mean = sums.d / n
    r_r = sums.rr - sums.r * sums.r / n
    r_d = sums.rd - sums.r * mean
    d_d = max(0.0, sums.dd - sums.d * mean)
    s_s = r_r + 2 * r_d + d_d
    trusted = (
        math.isfinite(sums.rr + sums.dd + sums.pd + sums.pf),
        _is_spread(sums.r, r_r, n, _FAR),
        span[0] == span[1] or _is_spread(sums.d, d_d, n, _FAR if pivots.far else _NEAR),
        s_s > _LEAST_NORM * (r_r + d_d),
    )
    kl = _diverge(sums.pd / sums.p, sums.pf / sums.p, pivots) if all(trusted) else None
    if kl is None:
        return None
    shift = float(pivots.d) + mean
    if span[0] == span[1]:
        return 1.0, 1.0, 0.0, 0.0, 0.0, shift
    cosine = (r_r + r_d) / math.sqrt(r_r * s_s)
    if cosine > 1 + _EXCESS:
        return None
    return cosine, math.sqrt(s_s / r_r), kl, max(span[1] - mean, mean - span[0]), d_d / r_r, shift


def _is_spread(total: float, square: float, n: int, most: float) -> bool:
    """Return whether a variance is neither lost beside the mean nor too small for float32's squares."""
    return square > _LEAST_SQUARE * n and total * total / n <= most * square


def _diverge(a: float, f: float, pivots: _Pivots) -> float | None:
    """Return KL from the means of δ and of what `_weigh` wrote; None where they all but cancel."""
    if pivots.far:
        return max(0.0, math.log(f) - a + float(pivots.top)) if f > 0 else None
    return max(0.0, math.log1p(a + f) - a) if a + f > _LEAST else None
