"""Reading the example's weights: a file that is missing, damaged or something else is a sentence, never a guess."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess
    from types import ModuleType

    from numpy.typing import NDArray


def test_a_model_that_is_not_there_is_a_sentence(speak: Callable[..., CompletedProcess[str]], tmp_path: Path) -> None:
    """A missing file ends with status 3 and says where the weights come from."""
    done = speak(tmp_path / "none.npz", "--word", "runner", "--no-gpu")

    assert (done.returncode, done.stdout) == (3, "")
    expected = f"speak.py: there is no model at {tmp_path}/none.npz; README.md says where the weights come from\n"
    assert done.stderr == expected


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


def _npy(array: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_a_damaged_model_is_a_sentence(program: ModuleType, model: Any, weights: Path, tmp_path: Path) -> None:
    """Whatever else stands in the file, the program names the file and what is wrong, and computes nothing."""
    nan = model["fc_b"].copy()
    nan[7] = np.nan
    damaged = {
        "text": (b"no weights at all", "is no archive of this network's weights"),
        "empty": (b"", "is no archive of this network's weights"),
        "half": (weights.read_bytes()[:1_000_000], "is no archive of this network's weights"),
        "one array": (_npy(model["fc_b"]), "is no archive of this network's weights"),
        "an array too few": (_npz(**{k: v for k, v in model.items() if k != "fc_b"}), "fc_b"),
        "a pickle": (_npz(**{**model, "fc_b": np.array([{}], dtype=object)}), "allow_pickle=False"),
        "another shape": (_npz(**{**model, "fc_b": model["fc_b"][:73]}), "fc_b is not (74,) finite float32 numbers"),
        "another type": (_npz(**{**model, "fc_b": nan.astype(np.float64)}), "fc_b is not (74,) finite float32 numbers"),
        "a NaN": (_npz(**{**model, "fc_b": nan}), "fc_b is not (74,) finite float32 numbers"),
    }
    for name, (content, why) in damaged.items():
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        with pytest.raises(program.UnusableModel) as caught:
            program.read(path)
        assert str(path) in str(caught.value)
        assert why in str(caught.value)
        assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(change=st.tuples(st.integers(0, 3_342_297), st.integers(0, 255)))
def test_one_byte_changed_is_either_refused_or_harmless(
    program: ModuleType, model: Any, weights: Path, tmp_path_factory: pytest.TempPathFactory, change: tuple[int, int]
) -> None:
    """A flipped byte is found by the archive's own sums, or changes no weight; there is no third way."""
    content = bytearray(weights.read_bytes())
    content[change[0]] = change[1]
    path = tmp_path_factory.getbasetemp() / "flipped.npz"
    path.write_bytes(content)
    try:
        read = program.read(path)
    except program.UnusableModel:
        return
    assert all(np.array_equal(read[name], array) for name, array in model.items())
