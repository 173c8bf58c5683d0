"""What the parity gate lets pass, and what it rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from speak import Parity

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EXPECTED: NDArray[np.float32] = np.array([[9, 1, -3, 2], [0, 7, 1, -5], [2, -4, 8, 3]], np.float32)


def _objections(change: Callable[[NDArray[np.float32]], object]) -> list[str]:
    """Return what the gate says of logits that *change* altered in place."""
    computed = EXPECTED.copy()
    change(computed)
    return list(Parity.measure(EXPECTED, computed).objections())


def test_the_noise_of_float32_passes() -> None:
    """A difference in the sixth digit is no difference."""
    assert _objections(lambda logits: np.multiply(logits, 1.000001, out=logits)) == []


def test_another_phoneme_is_rejected() -> None:
    """One step of three has another argmax (FALSIFY-CPU-GPU-001)."""
    found = _objections(lambda logits: logits.__setitem__((1, 2), 7.5))

    assert "argmax agreement = 2/3 steps" in found


def test_the_worst_step_counts() -> None:
    """One step turned round among good ones is not averaged away (FALSIFY-CPU-GPU-002)."""
    found = _objections(lambda logits: logits.__setitem__(2, -EXPECTED[2]))

    assert found[0] == "cosine vs CPU = -1.00000000 (< 0.99)"


def test_scaled_logits_are_rejected() -> None:
    """Cosine and argmax do not see a factor; the largest difference does (FALSIFY-CPU-GPU-002)."""
    found = _objections(lambda logits: np.multiply(logits, 1.05, out=logits))

    assert found == ["max abs difference = 0.44999981 (> 0.001)"]


def test_nan_is_rejected() -> None:
    """A NaN is on no side of a bound (FALSIFY-CPU-GPU-003)."""
    found = _objections(lambda logits: logits.__setitem__((0, 3), np.nan))

    assert found[0] == "cosine vs CPU = nan (< 0.99)"
