"""The cosine that a softmax would compute, and the cases in which there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from cosine import centred_cosine

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOGITS: NDArray[np.float32] = np.array([[9, 1, -3, 2], [0, 7, 1, -5]], np.float32)


def test_parallel_rows_have_the_cosine_one() -> None:
    """The same direction is the same, whatever its length."""
    assert centred_cosine(LOGITS, LOGITS * 3) == pytest.approx(1)


def test_orthogonal_rows_have_the_cosine_zero() -> None:
    """Two rows that share nothing."""
    left = np.array([[1, -1, 0, 0]], np.float32)
    right = np.array([[0, 0, 1, -1]], np.float32)

    assert centred_cosine(left, right) == pytest.approx(0)


def test_a_constant_is_not_seen() -> None:
    """What softmax does not see is no difference."""
    assert centred_cosine(LOGITS, LOGITS + 5) == pytest.approx(1)


def test_the_worst_row_counts() -> None:
    """One row turned round is not averaged away."""
    turned = LOGITS * np.array([[1], [-1]], np.float32)

    assert centred_cosine(LOGITS, turned) == pytest.approx(-1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_closes_the_gate(value: float) -> None:
    """NaN and infinity leave no cosine, and NaN passes no bound."""
    damaged = LOGITS.copy()
    damaged[0, 0] = value

    assert np.isnan(centred_cosine(LOGITS, damaged))


@pytest.mark.parametrize("other", [LOGITS[:1], np.zeros((2, 4), np.float32)])
def test_nothing_to_compare_closes_the_gate(other: NDArray[np.float32]) -> None:
    """Rows of another shape, and rows without a direction, have no cosine either."""
    assert np.isnan(centred_cosine(LOGITS, other))
    assert np.isnan(centred_cosine(LOGITS[:0], LOGITS[:0]))
