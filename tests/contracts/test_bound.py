"""Whether an edit weakened a numeric bound, read from the comparator beside the number."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import bound
from contracts.bound import Shift, compare

SAME, LOOSENED, TIGHTENED, NUMBERS, REWORDED = Shift


@pytest.mark.parametrize(
    ("before", "after", "shift"),
    [
        ("cosine >= 0.99", "cosine >= 0.95", LOOSENED),
        ("cosine ≥ 0.99", "cosine ≥ 0.999", TIGHTENED),
        ("cosine > 0.99", "cosine > 0.9", LOOSENED),
        ("at least 3 of 5 runs", "at least 2 of 5 runs", LOOSENED),
        ("no less than 3", "no less than 4", TIGHTENED),
        ("x \\geq 3", "x \\geq 2", LOOSENED),
        ("|x - y| < 1e-6", "|x - y| < 1e-5", LOOSENED),
        ("|x - y| <= 10^-6", "|x - y| <= 10^-7", TIGHTENED),
        ("|x - y| ≤ 10⁻⁶", "|x - y| ≤ 10⁻⁵", LOOSENED),
        ("error ±1e-3", "error ±2e-3", LOOSENED),
        ("within 8 ULP", "within 4 ULP", TIGHTENED),
        ("at most 3", "at most 4", LOOSENED),
        ("no more than 3", "no more than 2", TIGHTENED),
        ("to a tolerance of 0.1", "to a tolerance of 0.2", LOOSENED),
        ("x \\leq 3", "x \\leq 4", LOOSENED),
        ("0 < σ(x)_i < 1", "-1 < σ(x)_i < 1", LOOSENED),
        ("0.1 <= x", "0.2 <= x", TIGHTENED),
        ("5% >= x", "6% >= x", LOOSENED),
        ("score >= thresholds.aggregate_min (0.95)", "score >= thresholds.aggregate_min (0.90)", LOOSENED),
        ("a >= 0.9 and b <= 0.2", "a >= 0.9 and b <= 0.3", LOOSENED),
        ("a >= 0.9 and b <= 0.2", "a >= 0.8 and b <= 0.1", LOOSENED),
        ("a >= 2, 10 runs", "a >= 3, 20 runs", NUMBERS),
        ("a >= 2; 10 runs", "a >= 2; 20 runs", NUMBERS),
        ("10000 random vectors", "100 random vectors", NUMBERS),
        ("run <model> 8", "run <model> 9", NUMBERS),
        ("a -> 3, b => 4, c <- 5", "a -> 4, b => 5, c <- 6", NUMBERS),
        ("x = 2*y", "x = 3*y", NUMBERS),
        ("σ(x) = 1", "σ(x)  =\n 1", SAME),
        ("x ≤ 1.0e-6", "x ≤ 1.0e-06", SAME),
        ("x ≤ 10**400", "x ≤ 10**500", SAME),
        ("x < 0^-1", "x < 0^-1", SAME),
        ("x ≤ 1", "x < 1", REWORDED),
        ("FALSIFY-CPU-GPU-003 < 2", "FALSIFY-CPU-GPU-004 < 2", REWORDED),
        ("f32 v1.2.0", "f64 v1.2.1", REWORDED),
        ("on 2026-05-03", "on 2026-05-04", REWORDED),
        ("x ≤ 1", "x ≤ 1 and y ≤ 2", REWORDED),
        ("x ≤ −1", "x ≤ −2", TIGHTENED),
        ("", "", SAME),
    ],
)
def test_a_bound_is_compared_where_a_comparator_stands_beside_it(before: str, after: str, shift: Shift) -> None:
    """Lower bounds weaken downwards, upper ones upwards; other numbers, ids, versions and dates are none."""
    assert compare(before, after).shift is shift


def test_a_tolerance_is_an_upper_bound_whatever_stands_beside_it() -> None:
    """And the numbers are told as they are written."""
    seen = compare("1e-6", "1.0e-5", tolerance=True)

    assert (seen.shift, seen.before, seen.after) == (LOOSENED, "1e-6", "1.0e-5")
    assert compare("8.0 ULP", "4 ULP", tolerance=True).shift is TIGHTENED
    assert compare("at least 5 digits", "at least 3 digits", tolerance=True).shift is LOOSENED
    assert compare("1e-3 / 10", "1e-3 / 1", tolerance=True).shift is REWORDED


def test_the_numbers_of_a_text_that_is_too_long_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of 10,000 characters is looked through; one more, before or after, and it is just other words."""
    looked: list[str] = []

    def look(text: str) -> tuple[()]:
        looked.append(text)
        return ()

    monkeypatch.setattr(bound, "_numbers", look)
    short, long = "1 " * 4_999 + "22", "1 " * 4_999 + "333"

    assert (compare(long, short).shift, compare(short, long).shift, looked) == (REWORDED, REWORDED, [])
    compare(short, "1")
    assert looked == [short, "1"]


@settings(deadline=None, max_examples=150)
@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), st.sampled_from((">=", "≥", "at least", "<=", "<", "within", "±")))
def test_what_one_edit_loosens_the_opposite_one_tightens(one: float, two: float, sign: str) -> None:
    """And an edit of a bound is never both, nor neither."""
    there, back = (
        compare(f"x {sign} {one}", f"x {sign} {two}").shift,
        compare(f"x {sign} {two}", f"x {sign} {one}").shift,
    )

    assert {there, back} == ({SAME} if one == two else {LOOSENED, TIGHTENED})


@pytest.mark.parametrize("piece", ["1", "1.", "< ", "1 < ", "-", "a1", "<a", "10^", "e-1"])
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    """Texts come from strangers: the patterns must not run away on a megabyte."""
    begun = time.perf_counter()

    compare(piece * (200_000 // len(piece)) + " 1", piece * (200_000 // len(piece)) + " 2")

    assert time.perf_counter() - begun < 30  # it does not hang; times are for make bench
