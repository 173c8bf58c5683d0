"""What is measured of one position, and what all positions come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tops(StrEnum):
    """How the most probable ids of both sides relate in one row."""

    SAME = "same"
    NEAR_TIE = "near_tie"
    """They differ, and on both sides the other's top is the second best and within the tier's tau."""
    FLIP = "flip"
    NONE = "none"
    """There is nothing to compare: a side is non-finite, the masks differ, or all is masked."""


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one position; NaN where a row has none.

    Of the two sides *reference* is what is believed and *subject* what is tested. A *top* is the id of the highest
    logit (-1: none; with ties the lowest id that is highest on both sides, else the lowest of its own side). A *gap*
    is the highest logit minus the second highest (infinite where there is one id only). A *drop* is the side's own
    highest logit minus its highest among the other side's tops: 0 where the tops agree.
    """

    position: int
    cosine: float
    norm_ratio: float
    """Subject over reference; a scale that cosine and argmax do not see."""
    kl: float
    max_abs: float
    nmse: float
    """Sum of squared differences over the sum of the reference's squares."""
    shift: float
    """Mean of the subject minus mean of the reference: harmless, and told all the same."""
    reference_top: int
    subject_top: int
    reference_gap: float
    subject_gap: float
    reference_drop: float
    subject_drop: float
    width: int
    """How many ids were compared."""
    reference_finite: bool
    subject_finite: bool
    mask_equal: bool
    reference_flat: bool
    subject_flat: bool
    tail: float
    """Largest absolute difference in the padded tail, not centred: 0 without one, infinite for NaN or another mask."""
    leak: bool
    """Whether the subject's tail holds a logit above all compared ones: an id that nobody can decode would be said."""

    def relate(self, tau: float) -> Tops:
        """Return how the tops relate, with flips of at most *tau* logits on both sides as near-ties."""
        if not (self.reference_finite and self.subject_finite and self.mask_equal and self.width):
            return Tops.NONE
        if self.reference_top == self.subject_top:
            return Tops.SAME
        second = self.reference_drop <= self.reference_gap and self.subject_drop <= self.subject_gap
        return Tops.NEAR_TIE if second and max(self.reference_drop, self.subject_drop) <= tau else Tops.FLIP


@dataclass(frozen=True, slots=True)
class Metric:
    """One number over all rows that have it: the worst, at which position, and the mean."""

    worst: float
    position: int
    mean: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows are so, and the first of them (-1: none)."""

    number: int
    first: int = -1


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the rows with its Clopper–Pearson bounds, each of which holds in 95 of 100 samples.

    The bounds take the rows as independent. Tokens of one text are not quite so, and the true bounds are wider.
    """

    number: int
    of: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows in one view, for one tier; a metric is None where no row has it."""

    positions: int
    compared: int
    """Rows that have numbers."""
    vocabulary: int
    cosine: Metric | None
    norm_ratio: Metric | None
    kl: Metric | None
    max_abs: Metric | None
    nmse: Metric | None
    shift: Metric | None
    same: int
    near_ties: int
    flips: int
    listed: tuple[Row, ...]
    """Rows whose tops differ, flips before near-ties and the largest drop first; at most `LISTED`."""
    close: Share
    """Rows whose reference has its two best within the tier's tau: where rounding alone may flip."""
    differing: Share
    """Rows whose tops differ, near-ties among them."""
    bad: Share
    """Rows in which the subject misses a bound of the tier, or broke what was to be compared."""
    reference_nonfinite: Count
    subject_nonfinite: Count
    """Rows in which the subject holds NaN or +inf, and the reference does not."""
    masks_differ: Count
    fell_flat: Count
    """Rows that are flat on the subject's side only."""
    reference_flat: Count
    empty: Count
    """Rows in which every id is masked on both sides."""
    tail_width: int
    tail: Metric | None
    leaks: Count
    """Rows in which an id of the subject's tail is above all compared ones, and not of the reference's alike."""
    common_leaks: Count
    """Rows in which one is on both sides."""
    tails_differ: Count
    """Rows whose tails are masked differently, or hold NaN."""


LISTED = 32
"""How many differing rows a summary names; it counts them all."""
