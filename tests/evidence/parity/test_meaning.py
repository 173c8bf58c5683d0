"""What every backend says of rows that are made to fool it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evidence.parity import exact, lane
from evidence.parity.measured import Measured, allocate
from runners import plain
from tests.evidence.parity import oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Rows = NDArray[np.floating]
    Backend = Callable[[Rows, Rows, int | None], Measured]

INF, NAN = math.inf, math.nan


def measure_exactly(reference: Rows, subject: Rows, vocabulary: int | None = None) -> Measured:
    """Measure row by row in float64."""
    compared = reference.shape[1] if vocabulary is None else vocabulary
    table = allocate(len(reference))
    for n in range(len(table)):
        table[n] = exact.measure(reference[n], subject[n], compared)
    return Measured(table, compared, reference.shape[1] - compared, "exact")


def measure_by_torch(reference: Rows, subject: Rows, vocabulary: int | None = None) -> Measured:
    """Measure tensors on the processor."""
    torch = pytest.importorskip("torch", reason="torch is not installed; only comparing tensors needs it")
    return plain.measure(torch.from_numpy(reference), torch.from_numpy(subject), vocabulary)


BACKENDS: dict[str, Backend] = {
    "exact": measure_exactly,
    "lane": oracle.measure_by_lane,
    "torch": measure_by_torch,
}
CLOSE = {"exact": 1e-9, "lane": 1e-6, "torch": 1e-9}
"""How far a number may be from its definition, beside 1 or beside itself, whichever is larger."""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Name each backend in turn."""
    return str(request.param)


def rows(*values: list[float]) -> Rows:
    """Return rows as a file has them."""
    return np.array(values, np.float32)


def noisy(scale: float = 3.0, noise: float = 1e-3, shift: float = 0.0, size: int = 400) -> tuple[Rows, Rows]:
    """Return one row and the same with noise."""
    random = np.random.default_rng(7)
    reference = (random.normal(size=(1, size)) * scale).astype(np.float32)
    return reference, (reference + random.normal(size=(1, size)) * noise + shift).astype(np.float32)


def peaks(first: float, second: float) -> Rows:
    """Return one row of zeros but for two ids."""
    row = np.zeros((1, 400), np.float32)
    row[0, [9, 20]] = first, second
    return row


BIG, BIG_SHIFT = np.float32(1e30), np.float32(1e6)
PAIRS: dict[str, tuple[Rows, Rows]] = {
    "noise of another order of summation": noisy(noise=1e-6),
    "noise of bfloat16": noisy(noise=0.3),
    "nothing in common": noisy(noise=10),
    "shifted by 5": noisy(shift=5.0),
    "shifted by a million": noisy(shift=1e6),
    "twice as large": (noisy()[0], noisy()[0] * 2),
    "the opposite": (noisy()[0], -noisy()[0]),
    "a thousandth": (noisy()[0], noisy()[0] * np.float32(0.001)),
    "all around a million": (noisy()[0] + BIG_SHIFT, noisy(noise=1)[1] + BIG_SHIFT),
    "a peak that takes all": (noisy()[0] + 100 * np.eye(1, 400, 9, dtype=np.float32), noisy()[1]),
    "a peak elsewhere": (noisy()[0], noisy()[0] + 100 * np.eye(1, 400, 9, dtype=np.float32)),
    "a peak, and differences beyond float32 once it is weighed": (
        noisy()[0] + peaks(90.0, 83.0),
        noisy()[0] * np.float32(1e12) + peaks(3e13, 0.0),
    ),
    "denormals": (noisy()[0] * np.float32(1e-40), noisy()[1] * np.float32(1e-40)),
    "near the largest float": (noisy()[0] * BIG, noisy()[0] * (BIG * np.float32(1.5))),
    "two ids": (rows([0.0, 1.0]), rows([0.5, 1.0])),
    "the same mask": (rows([1.0, -INF, 2.0, 3.5]), rows([1.5, -INF, 2.0, 3.0])),
    "float16": (noisy()[0], noisy()[0].astype(np.float16).astype(np.float32)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_every_number_is_as_it_is_defined(backend: str, name: str) -> None:
    """Whatever the row is like, a backend is as near to the definition as it says."""
    reference, subject = PAIRS[name]
    measured = BACKENDS[backend](reference.astype(np.float32), subject.astype(np.float32), None)
    expected = oracle.measure(*(side.astype(np.float32)[0].tolist() for side in (reference, subject)))

    for number in oracle.NUMBERS:
        got, wanted = float(measured[number][0]), expected[number]
        assert abs(got - wanted) <= CLOSE[backend] * max(1, abs(wanted)), (number, got, wanted)


def test_a_small_divergence_has_digits(backend: str) -> None:
    """A KL of 1e-13 is not lost in the rounding of sums around 1."""
    reference, subject = noisy(noise=1e-6)
    measured = BACKENDS[backend](reference, subject, None)
    precise = exact.divergence(
        reference[0].astype(np.float64), subject[0].astype(np.float64) - reference[0].astype(np.float64)
    )

    assert 0 < precise < 1e-11
    assert measured["kl"][0] == pytest.approx(precise, rel=1e-4)


def test_a_divergence_that_float64_cannot_hold_is_none() -> None:
    """From one end to the other the difference is infinite: that is no KL of 0, which would keep every bound."""
    end = np.array([1.7e308, 0.0, -1.7e308])

    with np.errstate(all="ignore"):
        assert math.isnan(exact.divergence(end, -end - end))


@pytest.mark.parametrize("side", ["reference", "subject"])
@pytest.mark.parametrize("value", [NAN, INF])
def test_a_value_that_is_no_number_takes_all_numbers_of_its_row(backend: str, side: str, value: float) -> None:
    """The row says which side it is on; the rows around it are as before."""
    reference, subject = (np.repeat(one, 3, axis=0) for one in noisy())
    (reference if side == "reference" else subject)[1, 17] = value
    measured = BACKENDS[backend](reference, subject, None)

    assert measured[f"{side}_finite"].tolist() == [True, False, True]
    assert np.isnan(measured["cosine"]).tolist() == [False, True, False]
    assert measured[f"{side}_top"][1] == -1


def test_a_mask_on_one_side_is_told(backend: str) -> None:
    """-inf is no damage by itself; where only one side has it, the row has no numbers."""
    measured = BACKENDS[backend](rows([1, -INF, 3]), rows([1, 2, 3]), None)

    row = measured.row(0)
    assert (row.reference_finite, row.subject_finite, row.mask_equal) == (True, True, False)
    assert math.isnan(row.kl)


def test_a_row_that_is_all_masked_compares_nothing(backend: str) -> None:
    """Neither equal nor different: no id is left."""
    row = BACKENDS[backend](rows([-INF, -INF]), rows([-INF, -INF]), None).row(0)

    assert (row.width, row.mask_equal, row.reference_top) == (0, True, -1)
    assert math.isnan(row.cosine)


@pytest.mark.parametrize(
    ("reference", "subject", "cosine", "ratio"),
    [([1, 2, 3], [0, 0, 0], 0, 0), ([0, 0, 0], [1, 2, 3], 0, INF), ([0, 0, 0], [0, 0, 0], 1, 1), ([5], [7], 1, 1)],
)
def test_a_flat_row_is_like_flat_rows_only(
    backend: str, reference: list[float], subject: list[float], cosine: float, ratio: float
) -> None:
    """All zeros beside numbers have the cosine 0, never NaN and never 1."""
    row = BACKENDS[backend](rows(reference), rows(subject), None).row(0)

    assert (row.cosine, row.norm_ratio) == (cosine, ratio)
    assert row.subject_flat == (len(set(subject)) == 1)
    assert row.reference_flat == (len(set(reference)) == 1)


@pytest.mark.parametrize("name", ["exact", "torch"])
def test_a_flat_row_is_known_by_its_values(name: str) -> None:
    """Three times 0.1 over 3 is not 0.1: what is left after centring would be noise, and have a cosine."""
    flat, other = np.full((1, 3), 0.1), np.array([[0.1, 0.2, 0.4]])

    assert BACKENDS[name](flat, flat, None).row(0).cosine == 1
    assert BACKENDS[name](other, flat, None).row(0).cosine == 0
    assert BACKENDS[name](other, flat, None).row(0).subject_flat


def test_a_sample_that_misleads_costs_time_and_no_digits() -> None:
    """Every fortieth id is far from the others, and just those are looked at first."""
    random = np.random.default_rng(1)
    reference = random.normal(size=(1, 40 * 1024)).astype(np.float32)
    reference[:, ::40] += 1000
    subject = (reference + random.normal(size=reference.shape) * 0.5).astype(np.float32)
    quick, exactly = oracle.measure_by_lane(reference, subject), measure_exactly(reference, subject)

    assert quick.table.tobytes() == exactly.table.tobytes()


def test_no_rows_and_no_ids_are_measured_as_such(backend: str) -> None:
    """An empty file has an empty table; a row without ids has no numbers."""
    assert len(BACKENDS[backend](np.empty((0, 5), np.float32), np.empty((0, 5), np.float32), None)) == 0
    assert BACKENDS[backend](np.empty((2, 0), np.float32), np.empty((2, 0), np.float32), None)["width"].tolist() == [
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("reference", "subject", "tops", "drops"),
    [
        ([1, 3, 2], [1, 2, 3], (1, 2), (1, 1)),
        ([3, 3, 1], [3, 3, 1], (0, 0), (0, 0)),
        ([3, 3, 1], [1, 3, 2], (1, 1), (0, 0)),
        ([3, 3, 1], [1, 2, 3], (0, 2), (2, 1)),
        ([1, 2, 3], [1, 3, 3], (2, 2), (0, 0)),
    ],
)
def test_tops_are_compared_as_sets(
    backend: str, reference: list[float], subject: list[float], tops: tuple[int, int], drops: tuple[float, float]
) -> None:
    """Of tied ids any will do; a flip costs the difference to the nearest of the other side's tops."""
    row = BACKENDS[backend](rows(reference), rows(subject), None).row(0)

    assert (row.reference_top, row.subject_top) == tops
    assert (row.reference_drop, row.subject_drop) == drops


def test_the_padded_tail_is_told_apart(backend: str) -> None:
    """What the tokenizer cannot decode changes no number; that it would be said is told."""
    reference, subject = rows([1, 2, 4, 0, -INF], [1, 2, 4, 0, 0]), rows([1, 2, 4, 9, -INF], [1, 2, 4, 1, NAN])
    measured = BACKENDS[backend](reference, subject, 3)

    assert measured["cosine"] == pytest.approx([1, 1])
    assert measured["tail"].tolist() == [9, INF]
    assert measured["leak"].tolist() == [True, False]
    assert measured.tail_width == 2


def test_digits_that_were_lost_are_seen() -> None:
    """Products in float32 that are 5e-6 off put the cosine of doubled rows beyond 1: such a row is done exactly."""
    pivots = lane._Pivots(np.float32(0), np.float32(0), np.float32(0), far=True)  # noqa: SLF001 - no input shows it everywhere
    sound = lane._Sums(r=0.0, d=0.0, rr=9000.0, rd=9000.0, dd=9000.0, p=1.0, pd=0.0, pf=2.0)  # noqa: SLF001 - as above
    wrong = sound._replace(rr=9000 * (1 - 5e-6))

    assert lane._conclude(wrong, 1000, (-9.0, 9.0), pivots) is None  # noqa: SLF001 - as above
    assert lane._conclude(sound, 1000, (-9.0, 9.0), pivots) is not None  # noqa: SLF001 - as above
