"""The numbers of a comparison as a receipt keeps them: few, finite, and enough to see what decided. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.parity.row import Tops  # noqa: TC001 - the reader of receipts asks the dataclasses for their types

if TYPE_CHECKING:
    from evidence.parity.row import Metric, Row
    from evidence.parity.tier import Tier
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
    bounds = (
        ("KL", summary.kl, f"at most {tier.kl:g}, on average {tier.kl_mean:g}"),
        ("centred cosine", summary.cosine, f"at least {tier.cosine:.7g}"),
        ("norm ratio", summary.norm_ratio, f"{1 - tier.norm:g} to {1 + tier.norm:g}"),
        ("max-abs", summary.max_abs, f"at most {tier.max_abs:g}"),
        ("NMSE", summary.nmse, f"at most {tier.nmse:g}"),
    )
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
        worst=tuple(_worst(name, metric, bound) for name, metric, bound in bounds if metric),
        listed=tuple(_flip(row, tier) for row in summary.listed),
        reference=reference,
        subject=subject,
    )


def _worst(name: str, metric: Metric, bound: str) -> Worst:
    return Worst(name, _finite(metric.worst), metric.position, _finite(metric.mean), bound)


def _flip(row: Row, tier: Tier) -> Flip:
    drops = _finite(row.reference_drop), _finite(row.subject_drop)
    return Flip(row.position, row.relate(tier.tau), row.reference_top, row.subject_top, *drops)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
