"""From the summary of a comparison to its verdict: pure, and never green without a number behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evidence.parity.row import Count, Metric, Summary
    from evidence.parity.tier import Tier


class Verdict(StrEnum):
    """What a comparison came to. The first two hold, the third falsifies, the last two measured nothing."""

    MATCH = "match"
    NEAR_TIE = "near_tie"
    """Every bound is kept; some tops differ, each a near-tie, and not more of them than the tier bears with."""
    MISMATCH = "mismatch"
    INVALID_COMPARISON = "invalid_comparison"
    """The sides are not of one question: other input ids, tokenizer, shape; or the reference itself is broken."""
    NOT_MEASURED = "not_measured"

    @property
    def holds(self) -> bool:
        """Whether the subject is as good as the reference, at this tier."""
        return self in {Verdict.MATCH, Verdict.NEAR_TIE}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its tier, why it is so (the gravest first), and what was measured (None: nothing was)."""

    verdict: Verdict
    tier: Tier
    reasons: tuple[str, ...]
    summary: Summary | None = None
    remarks: tuple[str, ...] = ()


def judge(summary: Summary, tier: Tier, objections: tuple[str, ...] = (), remarks: tuple[str, ...] = ()) -> Judgement:
    """Judge what was measured.

    What the subject did wrong outweighs what could not be compared: a flip in one row is not undone by a NaN of the
    reference in another.

    Args:
        summary: of all rows, made for the same *tier*.
        tier: the bounds.
        objections: why the two sides may not be compared at all.
        remarks: what a reader should know and what decides nothing.
    """
    cases = (
        (Verdict.INVALID_COMPARISON, objections),
        (Verdict.NOT_MEASURED, () if summary.positions else ("there are no positions to compare",)),
        (Verdict.MISMATCH, tuple(_find_faults(summary, tier))),
        (Verdict.INVALID_COMPARISON, tuple(_find_breaks(summary))),
        (Verdict.NOT_MEASURED, tuple(_find_gaps(summary))),
        (Verdict.NEAR_TIE, tuple(_find_ties(summary, tier))),
    )
    kept = f"all {summary.positions:,} positions keep every bound of tier {tier.name}"
    verdict, reasons = next((case for case in cases if case[1]), (Verdict.MATCH, (kept,)))
    return Judgement(verdict, tier, reasons, summary, (*remarks, *_remark(summary)))


def count_allowed(positions: int, tier: Tier) -> int:
    """Return how many near-ties a tier bears with in so many rows: its share rounded up, so one at least."""
    return math.ceil(positions * tier.share)


def _find_faults(summary: Summary, tier: Tier) -> Iterator[str]:
    """Yield what the subject did wrong, the gravest first."""
    yield from _tell(summary.subject_nonfinite, "the subject is NaN or infinite")
    yield from _tell(summary.masks_differ, "the sides mask different ids with -inf")
    yield from _tell(summary.fell_flat, "the subject has one value for all ids, and the reference has not")
    yield from _tell(summary.leaks, "an id of the subject's padded tail is above all that can be decoded")
    yield from _tell(summary.tails_differ, "the padded tails are masked differently or hold NaN")
    if summary.flips:
        first = summary.listed[0]
        drop = max(first.reference_drop, first.subject_drop)
        yield (
            f"{_positions(summary.flips)} the top id differs beyond a near-tie, worst at position {first.position}: "
            f"{first.reference_top} became {first.subject_top}, {drop:.4g} logits apart (near: {tier.tau:g})"
        )
    yield from _find_excess(summary, tier)
    allowed = count_allowed(summary.positions, tier)
    if summary.near_ties > allowed:
        yield f"{_positions(summary.near_ties)} the top id differs by a near-tie, more than the {allowed:,} allowed"


def _find_excess(summary: Summary, tier: Tier) -> Iterator[str]:
    """Yield each number whose worst row misses the bound, and the mean KL; a NaN keeps no bound."""
    for one in tier.bounds:
        metric: Metric | None = getattr(summary, one.key)
        if metric and not one.least <= metric.worst <= one.most:
            must = _range(one.least, one.most)
            yield f"{one.name} is {metric.worst:.6g} at position {metric.position}, must be {must}"
    if summary.kl and not summary.kl.mean <= tier.kl_mean:
        yield f"mean KL is {summary.kl.mean:.4g}, must be {_range(-math.inf, tier.kl_mean)}"


def _range(least: float, most: float) -> str:
    if math.isinf(most):
        return f"{least:g} or more"
    return f"{most:g} or less" if math.isinf(least) else f"{least:g} to {most:g}"


def _find_breaks(summary: Summary) -> Iterator[str]:
    yield from _tell(summary.reference_nonfinite, "the reference is NaN or infinite")


def _find_gaps(summary: Summary) -> Iterator[str]:
    """Yield why the numbers, good as they are, show nothing."""
    yield from _tell(summary.empty, "no id is left to compare")
    if summary.reference_flat.number == summary.compared:
        yield "the reference has one value for all ids in every position: there is nothing to agree with"


def _find_ties(summary: Summary, tier: Tier) -> Iterator[str]:
    if summary.near_ties:
        allowed = count_allowed(summary.positions, tier)
        yield (
            f"{_positions(summary.near_ties)} the top id differs, each time by {tier.tau:g} logits or less on both "
            f"sides ({allowed:,} allowed); every bound of tier {tier.name} is kept"
        )


def _tell(count: Count, what: str) -> Iterator[str]:
    if count.number:
        yield f"{_positions(count.number)} {what}, first at position {count.first}"


def _remark(summary: Summary) -> Iterator[str]:
    """Yield what decides nothing, and should be known."""
    if lacking := summary.positions - summary.compared:
        others = f": worst and mean are of the other {summary.compared:,}" if summary.compared else ""
        yield f"{_positions(lacking)} there are no numbers{others}"
    if summary.tail and summary.tail_width:
        ids = f"{summary.tail_width:,} id{'s' if summary.tail_width != 1 else ''}"
        apart = f"it is up to {summary.tail.worst:.4g} apart"
        yield f"of the padded tail of {ids} only masks and what is above all others are judged; {apart}"
    yield from _tell(summary.common_leaks, "an id of both padded tails is above all that can be decoded")
    yield from _tell(summary.reference_flat, "the reference has one value for all ids")


def _positions(number: int) -> str:
    return f"in {number:,} position{'s' if number != 1 else ''}"
