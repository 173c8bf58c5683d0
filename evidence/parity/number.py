"""The numbers of a comparison as a receipt keeps them: few, finite, and enough to see what decided. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.parity.row import Tops  # noqa: TC001 - the reader of receipts asks the dataclasses for their types

if TYPE_CHECKING:
    from evidence.parity.row import Metric, Row
    from evidence.parity.tier import Bound, Tier
    from evidence.parity.verdict import Judgement


@dataclass(frozen=True, slots=True)
class Worst:
    """One number over all positions: the worst, where it is, the mean, and its bound in words; None: not finite."""

    name: str
    value: float | None
    position: int
    mean: float | None
    bound: str


@dataclass(frozen=True, slots=True)
class Flip:
    """One position at which the likeliest ids differ, and what each side loses by the other's, in logits."""

    position: int
    how: Tops
    reference: int
    subject: int
    reference_drop: float | None
    subject_drop: float | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """One comparison in one tier.

    *bad* is the largest share of bad positions that the numbers leave possible, in 95 of 100 samples. *reference* and
    *subject* are the digests of the files.
    """

    tier: str
    verdict: str
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    positions: int
    same: int
    near_ties: int
    flips: int
    bad: float | None
    worst: tuple[Worst, ...]
    listed: tuple[Flip, ...]
    reference: str
    subject: str


def tell(judgement: Judgement, reference: str, subject: str) -> Numbers:
    """Return the numbers of a judgement that measured something, with the digests of the two files."""
    summary, tier = judgement.summary, judgement.tier
    assert summary is not None, "something was measured"
    seen = ((one, getattr(summary, one.key)) for one in tier.bounds)
    return Numbers(
        tier=tier.name,
        verdict=judgement.verdict.value,
        reasons=judgement.reasons,
        remarks=judgement.remarks,
        positions=summary.positions,
        same=summary.same,
        near_ties=summary.near_ties,
        flips=summary.flips,
        bad=_finite(summary.bad.high),
        worst=tuple(_worst(one.name, metric, _spell(one, tier)) for one, metric in seen if metric),
        listed=tuple(_flip(row, tier) for row in summary.listed),
        reference=reference,
        subject=subject,
    )


def _spell(bound: Bound, tier: Tier) -> str:
    if math.isinf(bound.least):
        return f"at most {bound.most:g}" + (f", on average {tier.kl_mean:g}" if bound.key == "kl" else "")
    return f"at least {bound.least:.7g}" if math.isinf(bound.most) else f"{bound.least:g} to {bound.most:g}"


def _worst(name: str, metric: Metric, bound: str) -> Worst:
    return Worst(name, _finite(metric.worst), metric.position, _finite(metric.mean), bound)


def _flip(row: Row, tier: Tier) -> Flip:
    drops = _finite(row.reference_drop), _finite(row.subject_drop)
    return Flip(row.position, row.relate(tier.tau), row.reference_top, row.subject_top, *drops)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
