"""From the columns of all positions to one summary, for one tier. It needs numpy, extra `parity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evidence.parity.bound import bound
from evidence.parity.row import LISTED, Count, Metric, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evidence.parity.measured import Measured
    from evidence.parity.row import Row
    from evidence.parity.tier import Tier

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

_ROUNDING, _NOISE = 1e-6, 1e-12


@np.errstate(all="ignore")
def summarise(measured: Measured, tier: Tier) -> Summary:
    """Return what all rows come to: the worst of each number with its position, means, counts, bounds.

    Raises:
        ArithmeticError: a number is impossible, so that the judge itself is wrong.
    """
    _check(measured)
    comparable, leaks = find_comparable(measured), _find_leaks(measured, tier)
    differ, flips = _find_differing(measured, tier.tau)
    finite = measured["reference_finite"], measured["subject_finite"]
    both, of = finite[0] & finite[1], len(measured)
    return Summary(
        positions=of,
        compared=int(comparable.sum()),
        vocabulary=measured.vocabulary,
        cosine=_find_worst(measured["cosine"], comparable, 1 - measured["cosine"]),
        norm_ratio=_find_worst(measured["norm_ratio"], comparable, np.abs(measured["norm_ratio"] - 1)),
        kl=_find_worst(measured["kl"], comparable),
        max_abs=_find_worst(measured["max_abs"], comparable),
        nmse=_find_worst(measured["nmse"], comparable),
        shift=_find_worst(measured["shift"], comparable, np.abs(measured["shift"])),
        same=int((comparable & ~differ).sum()),
        near_ties=int((differ & ~flips).sum()),
        flips=int(flips.sum()),
        listed=_list(measured, differ, flips),
        close=bound(int((comparable & (measured["reference_gap"] <= tier.tau)).sum()), of),
        differing=bound(int(differ.sum()), of),
        bad=bound(int(find_bad(measured, tier).sum()), of),
        reference_nonfinite=_count(~finite[0]),
        subject_nonfinite=_count(finite[0] & ~finite[1]),
        masks_differ=_count(both & ~measured["mask_equal"]),
        fell_flat=_count(comparable & measured["subject_flat"] & ~measured["reference_flat"]),
        reference_flat=_count(comparable & measured["reference_flat"]),
        empty=_count(both & measured["mask_equal"] & (measured["width"] == 0)),
        tail_width=measured.tail_width,
        tail=_find_worst(measured["tail"], both) if measured.tail_width else None,
        leaks=_count(leaks[0]),
        common_leaks=_count(leaks[1]),
        tails_differ=_count(finite[0] & ~np.isfinite(measured["tail"])),
    )


def find_comparable(measured: Measured) -> Bools:
    """Return which rows have numbers."""
    finite = measured["reference_finite"] & measured["subject_finite"]
    found: Bools = finite & measured["mask_equal"] & (measured["width"] > 0)
    return found


def find_bad(measured: Measured, tier: Tier) -> Bools:
    """Return which rows miss a bound of the tier, or cannot be compared for what the subject did.

    A NaN keeps no bound. A row whose reference is broken, or all masked on both sides, says nothing of the subject.
    """
    kept = find_comparable(measured) & (measured["cosine"] >= tier.cosine)
    kept &= np.abs(measured["norm_ratio"] - 1) <= tier.norm
    for name in ("kl", "max_abs", "nmse"):
        kept &= measured[name] <= getattr(tier, name)
    kept &= (measured["reference_top"] == measured["subject_top"]) | _find_near(measured, tier.tau)
    empty = measured["subject_finite"] & measured["mask_equal"] & (measured["width"] == 0)
    spoilt = _find_leaks(measured, tier)[0] | ~np.isfinite(measured["tail"])
    bad: Bools = measured["reference_finite"] & (~kept & ~empty | spoilt)
    return bad


def find_flips(measured: Measured, tau: float) -> tuple[frozenset[int], frozenset[int]]:
    """Return the positions of the near-ties, and those of the flips beyond."""
    differ, flips = _find_differing(measured, tau)
    both = (np.flatnonzero(differ & ~flips), np.flatnonzero(flips))
    return frozenset(both[0].tolist()), frozenset(both[1].tolist())


def _find_differing(measured: Measured, tau: float) -> tuple[Bools, Bools]:
    """Return where the tops differ, and where they do by more than a near-tie."""
    differ = find_comparable(measured) & (measured["reference_top"] != measured["subject_top"])
    return differ, differ & ~_find_near(measured, tau)


def _find_near(measured: Measured, tau: float) -> Bools:
    """Return where the other side's top is the second best at most and within *tau*, on both sides: `Row.relate`."""
    near = np.ones(len(measured), np.bool_)
    for side in ("reference", "subject"):
        drop = measured[f"{side}_drop"]
        near &= (drop <= measured[f"{side}_gap"]) & (drop <= tau)
    return near


@np.errstate(all="ignore")
def _find_leaks(measured: Measured, tier: Tier) -> tuple[Bools, Bools]:
    """Return where an id of the subject's padded tail is above all compared ones, and where the reference's is, too.

    The reference's is for certain where the tails are apart by no more than all logits are shifted and the tier bears.
    """
    leak = measured["reference_finite"] & measured["leak"]
    common = measured["tail"] - measured["shift"] <= tier.max_abs
    return leak & ~common, leak & common


def _find_worst(column: Floats, where: Bools, badness: Floats | None = None) -> Metric | None:
    """Return the number of the largest *badness*, 0 at best, among the rows of *where*; a NaN is worse than all.

    The position is the first that is as bad to seven digits: what rounding alone tells apart is not told apart.
    """
    if not where.any():
        return None
    rank = np.where(where, column if badness is None else badness, -np.inf)
    rank[np.isnan(rank)] = np.inf
    rank[np.abs(rank) < _NOISE] = 0
    position = int(rank.astype(np.float32).argmax())
    return Metric(float(column[rank.argmax()]), position, float(column[where].mean()))


def _list(measured: Measured, differ: Bools, flips: Bools) -> tuple[Row, ...]:
    drop = np.fmax(measured["reference_drop"], measured["subject_drop"])
    order = np.lexsort((-drop, ~flips))
    return tuple(measured.row(int(n)) for n in order[differ[order]][:LISTED])


def _count(where: NDArray[Any]) -> Count:
    number = int(where.sum())
    return Count(number, int(where.argmax()) if number else -1)


def _check(measured: Measured) -> None:
    """Look at the judge itself: a cosine above 1 or a KL below 0 by more than rounding is no finding about a model."""
    for name, impossible in (("cosine", measured["cosine"] > 1 + _ROUNDING), ("kl", measured["kl"] < -_ROUNDING)):
        if impossible.any():
            position = int(impossible.argmax())
            raise ArithmeticError(f"{measured.backend} gives {name} {measured[name][position]} at position {position}")
