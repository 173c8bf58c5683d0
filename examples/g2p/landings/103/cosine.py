"""How alike two arrays of logits are to a softmax: the worst cosine of their rows, each less its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def centred_cosine(expected: NDArray[np.float32], computed: NDArray[np.float32]) -> float:
    """Return the worst row's cosine in [-1, 1]; NaN, which is on no side of a bound, if a row has none.

    Both are (rows, logits). A softmax does not see a constant added to a row, so neither does this.
    There is no cosine where the shapes differ, nothing stands in them, a number is not finite, or all
    logits of a row are equal.
    """
    if expected.shape != computed.shape or not expected.size:
        return float("nan")
    a, b = (rows.astype(np.float64) for rows in (expected, computed))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    a, b = (rows - rows.mean(axis=1, keepdims=True) for rows in (a, b))
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    if not lengths.all():
        return float("nan")
    return float(np.clip((a * b).sum(axis=1) / lengths, -1, 1).min())
