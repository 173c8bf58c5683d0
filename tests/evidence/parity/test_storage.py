"""Numbers as they are stored become float32 without losing anything."""

from __future__ import annotations

import numpy as np
import pytest

from evidence.parity.storage import RAW, decode


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_every_pattern_is_read_as_torch_reads_it(kind: str) -> None:
    """All 256 or 65,536 of them, NaN and infinities among them."""
    torch = pytest.importorskip("torch", reason="torch is not installed; only comparing tensors needs it")
    raw = RAW[kind]
    patterns = np.arange(1 << 8 * raw.itemsize, dtype=f"u{raw.itemsize}")
    out = np.empty(len(patterns), np.float32)
    with np.errstate(invalid="ignore"):
        decode(kind, patterns.view(raw), out)

    expected = torch.from_numpy(patterns).view(getattr(torch, kind)).to(torch.float32).numpy()
    assert np.array_equal(out, expected, equal_nan=True)
    assert np.array_equal(np.signbit(out), np.signbit(expected)) or np.isnan(out).any()


def test_a_kind_that_would_be_rounded_is_not_decoded() -> None:
    """float64 has a way of its own."""
    with pytest.raises(KeyError):
        decode("float64", np.zeros(1), np.zeros(1, np.float32))
