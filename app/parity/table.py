"""The numbers of one comparison as rows of a table: for a terminal, a page and a machine alike. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.parity.verdict import count_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evidence.parity.row import Row, Summary
    from evidence.parity.tier import Bound, Tier

_ROUNDING, _NEAR = 1e-12, 1e-5
_MARKS = {True: "✓", False: "✗", None: "–"}


@dataclass(frozen=True, slots=True)
class Line:
    """One number: the worst of all positions and where it is (None: the mean is bounded), the mean, and the bound.

    *kept* is None where nobody knows: the bound is missed nowhere, and a position has no numbers.
    """

    name: str
    key: str
    worst: float | None
    position: int
    mean: float
    bound: str
    kept: bool | None

    @property
    def cells(self) -> tuple[str, ...]:
        """Name, worst, position, mean and bound, as people read them."""
        where = ("", "") if self.worst is None else (write(self.worst), f"{self.position:,}")
        return (self.name, *where, write(self.mean), self.bound)

    @property
    def mark(self) -> str:
        """Whether the bound is kept, as people read it."""
        return _MARKS[self.kept]


def tabulate(summary: Summary, tier: Tier) -> Iterator[Line]:
    """Yield the numbers that a tier bounds; those that no row has are left out."""
    unmissed = True if summary.compared == summary.positions else None
    for one in tier.bounds:
        metric = getattr(summary, one.key)
        if metric:
            name = f"{one.name}, {one.unit}" if one.unit else one.name
            kept = unmissed if one.least <= metric.worst <= one.most else False
            yield Line(name, one.key, metric.worst, metric.position, metric.mean, _spell(one, tier), kept)
    if summary.kl:
        mean, kept = summary.kl.mean, unmissed if summary.kl.mean <= tier.kl_mean else False
        yield Line("mean KL, nats", "kl_mean", None, -1, mean, f"≤ {tier.kl_mean:g}", kept)


def _spell(bound: Bound, tier: Tier) -> str:
    if math.isinf(bound.least):
        return f"≤ {bound.most:g}"
    return f"≥ {bound.least:.6g}" if math.isinf(bound.most) else f"1 ± {tier.norm:g}"


def write(number: float) -> str:
    """Return a number for people: five digits, enough near 1 to tell it from 1, and no digits of mere rounding."""
    apart = abs(1 - number)
    if _ROUNDING <= apart < _NEAR:
        return f"1 {'-' if number < 1 else '+'} {apart:.1e}"
    if apart < _ROUNDING:
        return "1"
    return f"<{_ROUNDING:g}" if 0 < abs(number) < _ROUNDING else f"{number:.5g}"


def describe_tops(summary: Summary, tier: Tier) -> str:
    """Return how often the top ids agree, as one sentence without its full stop."""
    flips = f"{summary.flips:,} flip{'s' if summary.flips != 1 else ''}"
    near = f"{summary.near_ties:,} near-tie{'s' if summary.near_ties != 1 else ''}"
    return f"{summary.same:,} same · {near} ({count_allowed(summary.positions, tier):,} allowed) · {flips}"


def describe_flip(row: Row, tier: Tier) -> str:
    """Return one position at which the top ids differ."""
    gaps = f"{row.reference_drop:.4g} and {row.subject_drop:.4g} logits"
    return f"{row.position}: {row.reference_top} → {row.subject_top}, {gaps} apart ({_NAMES[row.relate(tier.tau)]})"


def describe_risk(summary: Summary) -> str:
    """Return what so many positions can and cannot show."""
    bad, close = summary.bad, summary.close
    return (
        f"at most {bad.high:.2%} of all such positions are bad, by {bad.number:,} of {bad.of:,} here (95 %); "
        f"in {close.number:,} the reference's two best are so close that rounding alone may swap them"
    )


_NAMES = {"same": "same", "near_tie": "near-tie", "flip": "flip", "none": "not compared"}
