"""The fused pass means what every backend means: on a GPU where one is, else a few rows through Triton's interpreter.

Without torch and Triton all of it is skipped. `pip install torch triton` brings both; no GPU is needed for what is not
marked so.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evidence.parity import exact
from evidence.parity.measured import COLUMNS
from runners.fused import launch
from tests.evidence.parity import test_meaning
from tests.evidence.parity.test_meaning import (  # noqa: F401 - collected here, too, with the backend below
    test_a_flat_row_is_like_flat_rows_only,
    test_a_mask_on_one_side_is_told,
    test_a_row_that_is_all_masked_compares_nothing,
    test_a_small_divergence_has_digits,
    test_a_value_that_is_no_number_takes_all_numbers_of_its_row,
    test_every_number_is_as_it_is_defined,
    test_no_rows_and_no_ids_are_measured_as_such,
    test_the_padded_tail_is_told_apart,
    test_tops_are_compared_as_sets,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evidence.parity.measured import Measured

    Rows = NDArray[np.float32]

torch = pytest.importorskip("torch", reason="torch is not installed; only the fused pass and the probe need it")
GPU = torch.cuda.is_available()
if not GPU:
    os.environ["TRITON_INTERPRET"] = "1"  # Triton reads it when it is imported
pytest.importorskip("triton", reason="Triton is not installed; only the fused pass needs it")
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the interpreter's numpy tells of each NaN

NAN, INF = float("nan"), float("inf")
CLOSE = 1e-6
"""How far a number may be from its definition, beside 1 or beside itself, whichever is larger."""
FEW = {"float32": [0, 1, 3], "float16": [1, 2, 7], "bfloat16": [1, 5, 6]}
"""Rows that the interpreter gets: a second and more for each."""


def place(rows: Rows, dtype: str = "float32") -> Any:
    """Return rows as a tensor of some type where the pass runs."""
    return torch.from_numpy(rows).to("cuda" if GPU else "cpu", getattr(torch, dtype))


def measure_fused(reference: Rows, subject: Rows, vocabulary: int | None = None) -> Measured:
    """Measure by the pass; through the interpreter that takes a second a row, so the many examples ask for a GPU."""
    if not GPU:
        pytest.skip("no GPU is here; the rows that are made to fool a backend take minutes without one")
    return launch.measure(place(reference), place(subject), vocabulary)


@pytest.fixture(params=["triton"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the pass among the backends."""
    monkeypatch.setitem(test_meaning.BACKENDS, "triton", measure_fused)
    monkeypatch.setitem(test_meaning.CLOSE, "triton", CLOSE)
    return str(request.param)


def assert_exact(measured: Measured, sides: tuple[Any, Any], close: float) -> None:
    """Compare each row with the same row measured in float64."""
    one, two = (side.float().cpu().numpy() for side in sides)
    for n in range(len(measured)):
        expected = exact.measure(one[n], two[n], measured.vocabulary)
        for name, got, wanted in zip(COLUMNS, measured.table[n].item(), expected, strict=True):
            assert got == pytest.approx(wanted, rel=close, abs=close, nan_ok=True), (n, name)


def make_rows(width: int, seed: int = 3) -> tuple[Rows, Rows]:
    """Return eight rows with all that a pass must see, and what a GPU might have made of them."""
    random = np.random.default_rng(seed)
    reference = (random.normal(size=(8, width)) * 3).astype(np.float32)
    subject = (reference + random.normal(size=(8, width)) * 0.02).astype(np.float32)
    reference[0, 7] += 100
    subject[1, -1] = NAN
    subject[2, width // 2] += 40
    reference[3, 5] = subject[3, 5] = -INF
    reference[4] += 1000
    subject[5] = 0
    reference[6, [2, width - 6]] = subject[6, [1, width - 6]] = 30
    subject[7, 0] = INF
    return reference, subject


@pytest.mark.parametrize("dtype", launch.DTYPES)
def test_every_type_is_measured_as_in_float64(dtype: str) -> None:
    """Damage, masks, ties and what is not finite, in rows that whole chunks do not fill, with a padded tail."""
    name = dtype.removeprefix("torch.")
    width = 300 if name == "float32" and not GPU else 610
    reference, subject = (place(rows if GPU else rows[FEW[name]], name) for rows in make_rows(width))

    assert_exact(launch.measure(reference, subject, width - 4), (reference, subject), CLOSE)


def test_a_row_of_ordinary_noise_is_read_once() -> None:
    """It is told in one pass, and `review` has nothing to do; a shift by 5 is harmless, and reviewed."""
    reference, subject = (place(rows[[1]][:, :300]) for rows in make_rows(301))

    assert launch.launch(reference, subject, 300)[-1].tolist() == [1]
    assert launch.launch(reference, subject + 5, 300)[-1].tolist() == [0]


@pytest.mark.skipif(not GPU, reason="no GPU is here; five ways to cut many rows take minutes without one")
def test_how_rows_are_cut_and_ids_are_ordered_decides_nothing() -> None:
    """Lanes, chunks, parts and the order of the vocabulary move the last digits only."""
    random = torch.Generator(place(np.zeros(1, np.float32)).device).manual_seed(5)
    reference = torch.randn((64, 9_000), generator=random, device=random.device) * 3
    subject = reference + torch.randn((64, 9_000), generator=random, device=random.device) * 0.05
    order = torch.randperm(9_000, generator=random, device=random.device)
    plain = launch.launch(reference, subject, 9_000)
    mixed = launch.launch(reference[:, order].contiguous(), subject[:, order].contiguous(), 9_000)
    for shape in ((32, 1, 1, 1, 1), (128, 4, 2, 3, 4), (64, 2, 64, 2, 2), (256, 1, 5, 1, 8)):
        cut = launch.launch(reference, subject, 9_000, launch.Shape(*shape))

        assert torch.allclose(cut, plain, rtol=1e-5, atol=1e-7)
    assert torch.equal(order[mixed[6:8].long()], plain[6:8].long())
    assert torch.allclose(torch.cat((mixed[:6], mixed[8:])), torch.cat((plain[:6], plain[8:])), rtol=1e-5, atol=1e-7)


@pytest.mark.skipif(not GPU, reason="no GPU is here; the pass over many rows takes minutes without one")
@pytest.mark.parametrize("width", [1, 2, 3, 255, 256, 257, 4099, 50_257, 151_936, 152_064])
@pytest.mark.parametrize("types", [("float32", "float32"), ("bfloat16", "bfloat16"), ("float32", "bfloat16")])
def test_every_width_and_mixture_is_measured(width: int, types: tuple[str, str]) -> None:
    """Rows of any length, aligned or not, of one type or of two."""
    chosen = [0, 2, 3] if width > 8 else [0]
    reference, subject = (place(rows[chosen], name) for rows, name in zip(make_wide(width), types, strict=True))

    assert_exact(launch.measure(reference, subject), (reference, subject), CLOSE)


def make_wide(width: int) -> tuple[Rows, Rows]:
    """Return eight rows as above, or plain ones where they are too short for that."""
    if width > 8:
        return make_rows(width)
    reference = np.arange(width, dtype=np.float32)[None]
    return reference, reference * np.float32(1.25) + 1


@pytest.mark.skipif(not GPU, reason="no GPU is here; half a million damaged ids take hours without one")
def test_one_damaged_element_is_found_wherever_it_is() -> None:
    """In each row another id is raised by 40 and is the top; no lane, chunk or part is blind."""
    width = 9_001
    reference = place(np.tile(np.sin(np.arange(width, dtype=np.float32)), (width, 1)))
    ids = torch.arange(width, device=reference.device)
    for dtype in (torch.float32, torch.bfloat16):
        subject = (reference.to(dtype) + 1e-3 * torch.cos(ids.float())).to(dtype)
        subject[ids, ids] += 40
        measured = launch.measure(reference.to(dtype), subject)

        assert measured["subject_top"].tolist() == ids.tolist()
        assert measured["max_abs"].min() > 39
        assert measured["subject_gap"].min() > 37


def test_rows_are_cut_so_that_the_gpu_is_full_and_no_wave_is_nearly_empty() -> None:
    """2,048 rows of 152,064 ids in 6 and 3 parts, as trials on an H200 found; one row in as many as there may be."""
    float32, bfloat16 = (2048, 594, 132 * 32), (2048, 297, 132 * 24)

    assert (launch.settle(*float32), launch.settle(*bfloat16)) == (6, 3)
    assert launch.settle(1, 594, 132 * 32) > 50
    assert launch.settle(1_000_000, 594, 132 * 32) == 1
    assert launch.Shape(32, 2, 6, 1, 1).divide(152_064, 4) * 6 == 152_064
    assert launch.Shape(32, 2, 4, 1, 1).divide(1, 4) == 256


def test_tensors_that_the_pass_cannot_read_are_refused() -> None:
    """Another shape, another type, ids that do not lie side by side, or more ids than there are."""
    rows = place(np.zeros((2, 6), np.float32))

    for one, two in ((rows, rows[:1]), (rows, rows.double()), (rows[:, ::2], rows[:, ::2])):
        with pytest.raises(ValueError, match=r"not comparable|not read|side by side"):
            launch.measure(one, two)
    with pytest.raises(ValueError, match="7 ids cannot be compared in rows of 6"):
        launch.measure(rows, rows, 7)
