"""What numbers come to: verdicts, and their reasons."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from evidence.parity.bound import CONFIDENCE, bound
from evidence.parity.measured import Measured, allocate
from evidence.parity.repeat import agree
from evidence.parity.row import LISTED, Tops
from evidence.parity.summary import find_flips, summarise
from evidence.parity.tier import BFLOAT16, FLOAT8, FLOAT16, STRICT, TF32, TIERS, find
from evidence.parity.verdict import Judgement, Verdict, count_allowed, judge


def measured(positions: int = 100, /, **columns: object) -> Measured:
    """Return rows that agree in everything, but for the *columns* that are given."""
    table = allocate(positions)
    perfect = {"cosine": 1.0, "norm_ratio": 1.0, "kl": 0.0, "max_abs": 0.0, "nmse": 0.0, "shift": 0.0, "tail": 0.0}
    perfect |= {"reference_top": 5, "subject_top": 5, "reference_gap": 1.0, "subject_gap": 1.0, "width": 8}
    perfect |= {"reference_drop": 0.0, "subject_drop": 0.0}
    perfect |= {"reference_finite": True, "subject_finite": True, "mask_equal": True}
    for name, value in {**perfect, **columns}.items():
        table[name] = value
    return Measured(table, 8)


def once(value: object, usual: object, position: int = 7, of: int = 100) -> np.ndarray:
    """Return a column with one value at a position."""
    column = np.array([usual] * of)
    column[position] = value
    return column


def swapped(near: int, far: int = 0, gap: float = 5e-4) -> Measured:
    """Return rows of which some are near-ties for the strict tier, and some flips."""
    tops, drops = np.full(100, 5), np.zeros(100)
    tops[: near + far] = 6
    drops[:near], drops[near : near + far] = gap, 0.5
    gaps = np.where(drops > 0, drops, 1.0)
    return measured(subject_top=tops, reference_drop=drops, subject_drop=drops, reference_gap=gaps, subject_gap=gaps)


def decide(found: Measured) -> Judgement:
    """Judge in the strict tier."""
    return judge(summarise(found, STRICT), STRICT)


def test_rows_that_keep_every_bound_match() -> None:
    """The reason says how many, and of which tier."""
    assert decide(measured()).verdict is Verdict.MATCH
    assert decide(measured()).reasons == ("all 100 positions keep every bound of tier strict",)


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("cosine", 0.99, 1.0),
        ("cosine", math.nan, 1.0),
        ("norm_ratio", 1.05, 1.0),
        ("norm_ratio", 0.95, 1.0),
        ("norm_ratio", math.inf, 1.0),
        ("kl", 1e-4, 0.0),
        ("kl", math.nan, 0.0),
        ("max_abs", 1.0, 0.0),
        ("nmse", 1e-3, 0.0),
    ],
)
def test_one_row_beyond_a_bound_is_a_mismatch(name: str, bad: float, good: float) -> None:
    """However good the other 99 are; NaN keeps no bound; the position is named."""
    judged = decide(measured(**{name: once(bad, good)}))

    assert judged.verdict is Verdict.MISMATCH
    assert "at position 7, must be" in judged.reasons[0]
    assert judged.summary is not None
    assert judged.summary.bad.number == 1


def test_many_rows_that_each_keep_their_bound_may_still_be_too_far() -> None:
    """A mean KL of 9e-7 is no noise, even where no row is beyond 1e-6."""
    judged = decide(measured(kl=9e-7))

    assert judged.verdict is Verdict.MISMATCH
    assert judged.reasons == ("mean KL is 9e-07, must be 1e-07 or less",)


def test_a_planted_nan_names_its_first_position() -> None:
    """That is what a person looks for first."""
    finite = np.ones(100, bool)
    finite[[31, 62]] = False

    assert decide(measured(subject_finite=finite)).reasons[0] == (
        "in 2 positions the subject is NaN or infinite, first at position 31"
    )


def test_a_broken_reference_makes_the_comparison_invalid() -> None:
    """It is no finding about the subject, unless the subject is bad elsewhere."""
    broken = once(value=False, usual=True, position=3)

    assert decide(measured(reference_finite=broken)).verdict is Verdict.INVALID_COMPARISON
    assert decide(measured(reference_finite=broken, subject_finite=broken)).verdict is Verdict.INVALID_COMPARISON
    assert decide(measured(reference_finite=broken, kl=once(1.0, 0.0))).verdict is Verdict.MISMATCH


def test_a_near_tie_is_borne_with_up_to_a_share() -> None:
    """One in a hundred is: two are too many, and a flip is no near-tie."""
    assert decide(swapped(near=1)).verdict is Verdict.NEAR_TIE
    assert decide(swapped(near=2)).verdict is Verdict.MISMATCH
    assert decide(swapped(near=0, far=1)).verdict is Verdict.MISMATCH
    assert count_allowed(10, STRICT) == 1


def test_a_near_tie_is_near_on_both_sides() -> None:
    """A kernel that is sure of another token is wrong, though the reference was not sure of its own."""
    drops = once(5e-4, 0.0)
    tops, sure = once(6, 5), once(0.5, 0.0)
    for one, two in ((drops, sure), (sure, drops)):
        found = measured(subject_top=tops, reference_drop=one, subject_drop=two)

        assert decide(found).verdict is Verdict.MISMATCH
        assert found.row(7).relate(STRICT.tau) is Tops.FLIP


def test_a_near_tie_is_the_second_best_on_both_sides() -> None:
    """A third id that slips in between is no tie of two, however near."""
    gaps = once(1e-4, 1.0)
    found = measured(subject_top=once(6, 5), reference_drop=once(5e-4, 0.0), subject_drop=gaps, reference_gap=gaps)

    assert decide(found).verdict is Verdict.MISMATCH


def test_flips_are_listed_before_near_ties_and_each_row_once() -> None:
    """The worst are named, and all are counted."""
    summary = summarise(swapped(near=40, far=2), STRICT)
    near, flips = find_flips(swapped(near=40, far=2), STRICT.tau)

    assert (summary.near_ties, summary.flips, summary.same) == (40, 2, 58)
    assert [row.position for row in summary.listed[:3]] == [40, 41, 0]
    assert len(summary.listed) == LISTED
    assert (near, flips) == (frozenset(range(40)), frozenset({40, 41}))
    assert {row.relate(STRICT.tau) for row in summary.listed} == {Tops.FLIP, Tops.NEAR_TIE}


def test_what_measures_nothing_is_never_a_match() -> None:
    """No rows; rows without ids; a reference that says nothing."""
    assert decide(measured(0)).verdict is Verdict.NOT_MEASURED
    assert decide(measured(width=0)).verdict is Verdict.NOT_MEASURED
    assert decide(measured(width=once(0, 8))).verdict is Verdict.NOT_MEASURED
    assert summarise(measured(width=0), STRICT).bad.number == 0
    assert decide(measured(reference_flat=True, subject_flat=True)).verdict is Verdict.NOT_MEASURED
    assert decide(Measured(allocate(3), 8)).verdict is not Verdict.MATCH


def test_an_all_zero_subject_is_a_mismatch() -> None:
    """Its row is flat, and the reference's is not."""
    judged = decide(measured(subject_flat=True, cosine=0.0, norm_ratio=0.0, nmse=1.0))

    assert judged.verdict is Verdict.MISMATCH
    assert "one value for all ids" in judged.reasons[0]


def test_masks_that_differ_are_a_mismatch() -> None:
    """An id that only one side can say is a difference by itself."""
    assert decide(measured(mask_equal=once(value=False, usual=True))).verdict is Verdict.MISMATCH


@pytest.mark.parametrize(("name", "value"), [("cosine", 1.00001), ("kl", -1e-5)])
def test_an_impossible_number_is_an_error_of_the_judge(name: str, value: float) -> None:
    """A cosine of 1.01, as a careless sum gives, would hide a bad row: nothing is judged by it."""
    with pytest.raises(ArithmeticError, match=f"numpy gives {name}"):
        decide(measured(**{name: once(value, 0.5)}))


def test_objections_come_before_all_numbers() -> None:
    """Two sides of two questions have nothing to tell about each other."""
    judged = judge(summarise(measured(kl=1.0), STRICT), STRICT, ("the input ids differ",))

    assert (judged.verdict, judged.reasons) == (Verdict.INVALID_COMPARISON, ("the input ids differ",))


def trail(**columns: object) -> Judgement:
    """Judge rows that agree in all compared ids, with a padded tail of three more."""
    return decide(Measured(measured(**columns).table, 8, tail_width=3))


def test_a_tail_is_judged_by_what_could_be_said() -> None:
    """How far it is apart is remarked; an id that nobody can decode above all others is a fault of the subject."""
    apart = "of the padded tail of 3 ids only masks and what is above all others are judged; it is up to 2 apart"
    leak = once(value=True, usual=False)
    said = "in 1 position an id of the subject's padded tail is above all that can be decoded, first at position 7"

    assert (trail(tail=2.0).verdict, trail(tail=2.0).remarks) == (Verdict.MATCH, (apart,))
    for shift in (0.0, -2.0, math.nan):
        judged = trail(leak=leak, tail=2.0, shift=shift)
        assert (judged.verdict, judged.reasons) == (Verdict.MISMATCH, (said,))
        assert judged.summary is not None
        assert judged.summary.bad.number == 1


def test_a_tail_that_is_above_all_on_both_sides_is_remarked() -> None:
    """The reference would say it, too; a shift of all logits shifts the tail with them."""
    for shift in (0.0, 2.0):
        judged = trail(leak=once(value=True, usual=False), tail=shift, shift=shift)

        assert judged.verdict is Verdict.MATCH
        assert judged.remarks[1] == (
            "in 1 position an id of both padded tails is above all that can be decoded, first at position 7"
        )


def test_a_tail_that_is_masked_otherwise_is_a_mismatch() -> None:
    """Or holds NaN: its distance is none. Where the reference is broken, too, the comparison is invalid and no more."""
    broken = once(value=False, usual=True)
    for value in (math.inf, math.nan):
        judged = trail(tail=once(value, 0.0))
        assert (judged.verdict, judged.reasons) == (
            Verdict.MISMATCH,
            ("in 1 position the padded tails are masked differently or hold NaN, first at position 7",),
        )
        both = trail(tail=once(value, 0.0), reference_finite=broken)
        assert both.verdict is Verdict.INVALID_COMPARISON


@pytest.mark.parametrize(("number", "of"), [(0, 49), (1, 512), (11, 512), (0, 1), (1, 1), (7, 10), (40, 41)])
def test_bounds_are_those_of_clopper_and_pearson(number: int, of: int) -> None:
    """At the upper bound so few are seen in 5 of 100 samples; at the lower one, so many."""
    share = bound(number, of)

    def seen(least: int, most: int, chance: float) -> float:
        terms = (math.comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(least, most + 1))
        return math.fsum(terms)

    if number < of:
        assert seen(0, number, share.high) == pytest.approx(1 - CONFIDENCE, rel=1e-9)
    if number:
        assert seen(number, of, share.low) == pytest.approx(1 - CONFIDENCE, rel=1e-9)
    assert 0 <= share.low <= number / of <= share.high <= 1


def test_of_no_rows_nothing_is_known() -> None:
    """From none to all may be bad; of many, little stays possible."""
    assert (bound(0, 0).low, bound(0, 0).high) == (0, 1)
    assert bound(0, 512).high == pytest.approx(0.00583, abs=1e-5)
    assert bound(0, 1_000_000).high == pytest.approx(3e-6, rel=0.01)


def test_every_tier_bears_with_more_than_the_stricter_one() -> None:
    """And says why it bears with so much."""
    order = [STRICT, TF32, FLOAT16, BFLOAT16, FLOAT8]
    for one, two in pairwise(order):
        assert one.cosine >= two.cosine
        for name in ("norm", "kl", "kl_mean", "max_abs", "nmse", "tau", "share"):
            assert getattr(one, name) <= getattr(two, name), name
    assert all(len(tier.reason) > 60 for tier in TIERS.values())


def test_a_tier_is_found_by_what_was_computed_in() -> None:
    """float32 is strict unless TF32 was on; a kind without a tier has none."""
    assert find("float32") is STRICT
    assert find("torch.float32", tf32=True) is TF32
    assert find("float8_e4m3fn") is FLOAT8
    assert find("int8") is None


def go(verdict: Verdict) -> Judgement:
    """Return one go that came to a verdict."""
    return Judgement(verdict, STRICT, (f"it is {verdict.value}",))


M, N, F, X, U = (go(verdict) for verdict in Verdict)


@pytest.mark.parametrize(
    ("goes", "verdict", "reason"),
    [
        ([M], Verdict.MATCH, "it is match"),
        ([M, M], Verdict.MATCH, "go 1 of 2: it is match"),
        ([M, N], Verdict.NEAR_TIE, "go 2 of 2: it is near_tie"),
        ([F, F], Verdict.MISMATCH, "go 1 of 2: it is mismatch"),
        ([M, F, M], Verdict.NOT_MEASURED, "unstable: it holds in 2 of 3 goes"),
        ([F, U], Verdict.NOT_MEASURED, "go 2 of 2: it is not_measured"),
        ([M, X, U], Verdict.INVALID_COMPARISON, "go 2 of 3: it is invalid_comparison"),
        ([], Verdict.NOT_MEASURED, "no subject was given"),
    ],
)
def test_goes_hold_together_or_not_at_all(goes: list[Judgement], verdict: Verdict, reason: str) -> None:
    """Nobody retries until it is green: every go counts."""
    assert agree(goes) == (verdict, reason)
    assert verdict.holds == (verdict in {Verdict.MATCH, Verdict.NEAR_TIE})
