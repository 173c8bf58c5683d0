"""What may change a number, and what may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evidence.parity.summary import find_bad, summarise
from evidence.parity.tier import STRICT
from evidence.parity.verdict import Verdict, judge
from runners import plain
from tests.evidence.parity.oracle import NUMBERS, measure, measure_by_lane
from tests.evidence.parity.test_meaning import measure_by_torch, measure_exactly

if TYPE_CHECKING:
    from evidence.parity.measured import Measured
    from tests.evidence.parity.oracle import Rows

_LOGIT = st.floats(-50, 50, width=32)
_SPREAD = np.linspace(-3, 3, 8, dtype=np.float32)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Rows, Rows]:
    """Draw a few rows of some ids, and others that are near to them or have nothing to do with them."""
    shape = draw(st.tuples(st.integers(1, 3), st.just(8)))
    reference = draw(hnp.arrays(np.float32, shape, elements=_LOGIT)) + _SPREAD
    if draw(st.booleans()):
        return reference, draw(hnp.arrays(np.float32, shape, elements=_LOGIT)) - _SPREAD
    return reference, reference + draw(hnp.arrays(np.float32, shape, elements=st.floats(-0.5, 0.5, width=32)))


def assert_equal(one: Measured, two: Measured, close: float = 1e-5) -> None:
    """Compare all that two measurements tell, tops by what they cost, which is what ties leave."""
    for name in (*NUMBERS, "reference_gap", "subject_gap", "reference_drop", "subject_drop"):
        assert one[name] == pytest.approx(two[name], rel=close, abs=close), name
    for name in ("width", "reference_finite", "subject_finite", "mask_equal", "reference_flat", "subject_flat"):
        assert one[name].tolist() == two[name].tolist(), name


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_every_row_is_as_its_definition(pair: tuple[Rows, Rows]) -> None:
    """Near rows and far ones, by both of the ways through numpy; of 8 ids the roundings of float32 do not even out."""
    for measured, close in ((measure_exactly(*pair), 1e-9), (measure_by_lane(*pair), 1e-5)):
        for n, (reference, subject) in enumerate(zip(*pair, strict=True)):
            if reference.min() < reference.max() and subject.min() < subject.max():
                expected = measure(reference.tolist(), subject.tolist())
                for name in NUMBERS:
                    assert measured[name][n] == pytest.approx(expected[name], rel=close, abs=close), name


@given(pairs(), st.permutations(range(8)))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_vocabulary_decides_nothing(pair: tuple[Rows, Rows], order: list[int]) -> None:
    """Ids are names; only those of the tops move with them."""
    one, two = (np.ascontiguousarray(side[:, order]) for side in pair)

    assert_equal(measure_by_lane(one, two), measure_by_lane(*pair))


@given(pairs(), st.sampled_from([0.25, 2.0, 8.0]))
@settings(max_examples=40, deadline=None)
def test_scaling_both_sides_changes_no_ratio(pair: tuple[Rows, Rows], factor: float) -> None:
    """Cosine, norm ratio and NMSE have no unit; max-abs and drops are in logits, and scale."""
    one, two = measure_by_lane(*pair), measure_by_lane(pair[0] * np.float32(factor), pair[1] * np.float32(factor))

    for name in ("cosine", "norm_ratio", "nmse"):
        assert two[name] == pytest.approx(one[name], rel=1e-5, abs=1e-5), name
    for name in ("max_abs", "reference_drop", "subject_drop"):
        assert two[name] == pytest.approx(one[name] * factor, rel=1e-5, abs=1e-5), name


@given(pairs(), st.integers(-16, 16), st.integers(-16, 16))
@settings(max_examples=40, deadline=None)
def test_a_shift_of_either_side_changes_nothing_but_the_shift(pair: tuple[Rows, Rows], one: int, two: int) -> None:
    """No softmax sees it. Logits on a grid of 1/64 are shifted without rounding, so that nothing else moves."""
    reference, subject = (np.round(side * 64) / np.float32(64) for side in pair)
    before = measure_by_lane(reference, subject)
    moved = (reference + np.float32(one)).astype(np.float32), (subject + np.float32(two)).astype(np.float32)
    after = measure_by_lane(*moved)
    after.table["shift"] -= two - one

    assert_equal(after, before)


@given(pairs())
@settings(max_examples=30, deadline=None)
def test_backends_are_interchangeable(pair: tuple[Rows, Rows]) -> None:
    """What numpy and torch measure of the same rows is the same."""
    assert_equal(measure_by_torch(*pair), measure_by_lane(*pair))


@given(pairs(), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_the_size_of_a_chunk_decides_nothing(pair: tuple[Rows, Rows], rows: int) -> None:
    """Rows are measured one by one, however many are taken at a time."""
    torch = pytest.importorskip("torch", reason="torch is not installed; only comparing tensors needs it")
    one, two = (torch.from_numpy(np.concatenate([side, side, side])) for side in pair)
    whole = plain.measure(one, two, rows=16)

    assert plain.measure(one, two, rows=rows).table.tobytes() == whole.table.tobytes()


@given(st.integers(0, 4), st.integers(0, 69_999), st.sampled_from([np.nan, np.inf, -np.inf, 30.0, 1.0, -3e38]))
@settings(max_examples=30, deadline=None)
def test_one_damaged_element_is_found_wherever_it_is(position: int, index: int, value: float) -> None:
    """In any row, in any block of a row: one logit of 350,000 is enough, and the row is named."""
    reference = np.tile(np.sin(np.arange(70_000, dtype=np.float32)) * 3, (5, 1))
    subject = reference + np.float32(1e-5) * np.cos(np.arange(70_000, dtype=np.float32))
    subject[position, index] = value if abs(value - reference[position, index]) > 0.1 else value + 2
    measured = measure_by_lane(reference, subject)
    judged = judge(summarise(measured, STRICT), STRICT)

    assert judged.verdict is Verdict.MISMATCH
    assert np.flatnonzero(find_bad(measured, STRICT)).tolist() == [position]


@pytest.mark.parametrize("block", [1_000, 32_768])
def test_the_size_of_a_block_decides_nothing(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is cut into blocks of any size: its numbers are those of the row in one piece, and damage is found."""
    reference = np.tile(np.sin(np.arange(70_000, dtype=np.float32)) * 3, (3, 1))
    subject = reference + np.float32(1e-4) * np.cos(np.arange(70_000, dtype=np.float32))
    subject[1, 69_999] += 5
    whole = measure_by_lane(reference, subject)

    monkeypatch.setattr("evidence.parity.lane._BLOCK", block)
    cut = measure_by_lane(reference, subject)

    assert_equal(cut, whole, close=1e-6)
    assert np.flatnonzero(find_bad(cut, STRICT)).tolist() == [1]


def test_a_masked_vocabulary_is_as_quick_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both sides mask the same ids, the others are measured without the slow way, and keep their names."""
    reference = np.tile((np.arange(6000) * 7919 % 6000 / 1000).astype(np.float32), (2, 1))
    subject = (reference + 1e-3 * np.sin(np.arange(6000))).astype(np.float32)
    reference[:, 7:1000] = subject[:, 7:1000] = -np.inf
    slow = measure_exactly(reference, subject, 5990)
    monkeypatch.setattr("evidence.parity.exact.measure", None)
    quick = measure_by_lane(reference, subject, 5990)

    assert_equal(quick, slow)
    for name in ("reference_top", "subject_top", "width", "tail"):
        assert quick[name].tolist() == pytest.approx(slow[name].tolist()), name
