"""Two tensors on a GPU, positions × vocabulary, to the columns of the judge: one fused pass over both.

A row that the pass cannot do justice to is read again by `review`, so that speed never changes the meaning. Tensors on
the processor go through Triton's interpreter if TRITON_INTERPRET is set; that is slow, and there for tests.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from evidence.parity.measured import COLUMNS, Measured, allocate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensor = Any

DTYPES = ("torch.float32", "torch.float16", "torch.bfloat16")
_TAKEN = (*COLUMNS[:12], "tail", "leak")
"""What `total` writes of a row, in its order; whether the row is sound comes last."""
_FIELDS = 17
_BLOCK = 1024
_PARTS = 64
"""A row is cut into so many parts at most."""
_RESIDENT = {False: 32, True: 24}
"""Programs that a multiprocessor runs at once: by its own limit, and by the registers that packed ones take."""
_LEAST, _START, _LAG = 0.6, 3, 0.05
"""The share of a wave that keeps the memory busy; what the start of a part costs, in chunks, and its end, in parts."""
_EARLY = 9
"""From this compute capability on a kernel can be set up while the one before it runs."""
_NARROW = 2
_FAR = 2**31 - 2**20
"""Ids of a row, and elements of its stride, are counted in 32 bits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the pass is cut: lanes a program, tiles a chunk, parts a row (at most), stages of loading, warps a program.

    *early* sets up what follows the pass while it runs, on GPUs that can.
    """

    lanes: int
    steps: int
    parts: int
    stages: int
    warps: int
    early: bool = False

    def divide(self, vocabulary: int, wide: int) -> int:
        """Return the ids of one part of a row: whole chunks of *wide* ids a lane, as many in each but the last."""
        chunk = self.lanes * wide * self.steps
        return math.ceil(math.ceil(vocabulary / chunk) / self.parts) * chunk


@cache
def settle(rows: int, chunks: int, room: int) -> int:
    """Return into how many parts a row of so many *chunks* is cut, for a GPU with *room* for so many programs at once.

    Programs run in waves. A last wave that is nearly empty cannot keep the memory busy and costs what half a wave does;
    few long parts wait for the slowest, many short ones start too often.
    """
    return min(range(1, _PARTS + 1), key=lambda parts: _weigh(rows, chunks, room, parts))


def _weigh(rows: int, chunks: int, room: int, parts: int) -> float:
    """Return about how long it takes, in chunks."""
    cut = math.ceil(chunks / parts)
    full, rest = divmod(rows * math.ceil(chunks / cut), room)
    waves = full + (max(rest / room, _LEAST) if rest else 0)
    return waves * (cut + _START) + _LAG * cut


def choose(rows: int, vocabulary: int, device: Any, *, packed: bool) -> Shape:
    """Return the shape found by trial on an H200, fit to the number of rows; *packed*: words of two logits are read."""
    shape = Shape(32, 2, 2, 3 if packed else 1, 1)
    if device.type != "cuda":
        return shape
    found = importlib.import_module("torch").cuda.get_device_properties(device)
    chunks = math.ceil(vocabulary / (32 * 2 * (8 if packed else 4)))
    room = found.multi_processor_count * _RESIDENT[packed]
    return replace(shape, parts=settle(rows, chunks, room), early=found.major >= _EARLY)


def measure(reference: Tensor, subject: Tensor, vocabulary: int | None = None) -> Measured:
    """Return the numbers of all positions of two tensors on one GPU. They are read where they lie, and once.

    Args:
        reference: positions × ids, in float32, float16 or bfloat16; its rows may be apart, its ids lie side by side.
        subject: the same shape, on the same device; it may be of another of these types.
        vocabulary: how many ids are compared; None: all.

    Raises:
        ValueError: shapes, types, devices or strides are others, or rows have fewer ids than are compared.
    """
    compared = reference.shape[-1] if vocabulary is None else vocabulary
    check(reference, subject, compared)
    positions, width = reference.shape
    table = allocate(positions)
    with importlib.import_module("torch").cuda.device_of(reference):
        hard = _sweep(table, reference, subject, compared)
        if hard.size:
            _review(table, hard, reference, subject, compared)
    return Measured(table, compared, width - compared, f"triton on {reference.device.type}")


def _sweep(table: NDArray[Any], reference: Tensor, subject: Tensor, vocabulary: int) -> NDArray[np.int64]:
    """Write the rows that one pass can tell to the table; return the others."""
    if not (len(table) and vocabulary):
        return np.arange(len(table))
    found = launch(reference, subject, vocabulary).cpu().numpy()
    for name, column in zip(_TAKEN, found, strict=False):
        table[name] = column
    for name in ("reference_finite", "subject_finite", "mask_equal"):
        table[name] = True
    table["width"] = vocabulary
    return np.flatnonzero(found[-1] == 0)


def check(reference: Tensor, subject: Tensor, vocabulary: int) -> None:
    """Raise ValueError for tensors that the pass cannot read: a kernel that read beyond a row would not say so."""
    one, two = tuple(reference.shape), tuple(subject.shape)
    if one != two or len(one) != 2:  # noqa: PLR2004 - positions, ids
        raise ValueError(f"logits of {one} and {two} are not comparable")
    if not 0 <= vocabulary <= one[1]:
        raise ValueError(f"{vocabulary} ids cannot be compared in rows of {one[1]}")
    if reference.device != subject.device:
        raise ValueError(f"logits on {reference.device} and {subject.device} are not read in one pass")
    for side in (reference, subject):
        if str(side.dtype) not in DTYPES:
            raise ValueError(f"logits in {side.dtype} are not read; convert them to float32")
        if (side.numel() and side.stride(1) != 1) or max(one[1], side.stride(0)) > _FAR:
            raise ValueError("the ids of a row must lie side by side, and not be more than 32 bits count")


def is_packed(reference: Tensor, subject: Tensor) -> bool:
    """Return whether both are of the same 16-bit type and can be read in words of two."""
    narrow = reference.dtype == subject.dtype and reference.element_size() == _NARROW
    return narrow and all(side.stride(0) % 2 == side.data_ptr() % 4 == 0 for side in (reference, subject))


def launch(reference: Tensor, subject: Tensor, vocabulary: int, shape: Shape | None = None) -> Tensor:
    """Start the pass and what follows it; return the columns of `_TAKEN` and *sound*, while they are being written."""
    torch = importlib.import_module("torch")
    sweep = importlib.import_module("runners.fused.sweep").sweep
    total = importlib.import_module("runners.fused.total").total
    rows, width = reference.shape
    sides = (reference, subject)
    packed = is_packed(reference, subject)
    shape = shape or choose(rows, vocabulary, reference.device, packed=packed)
    length = shape.divide(vocabulary, 8 if packed else 4)
    parts = math.ceil(vocabulary / length)
    place = {"dtype": torch.float64, "device": reference.device}
    partial, out = torch.empty((_FIELDS, rows * parts), **place), torch.empty((len(_TAKEN) + 1, rows), **place)
    strides = reference.stride(0), subject.stride(0)
    cut = (shape.lanes, shape.steps, shape.stages, packed, shape.early)
    sweep[(rows * parts,)](
        *sides, partial, *strides, vocabulary, length, rows * parts, parts, *cut, num_warps=shape.warps
    )
    room = 1 << (parts - 1).bit_length()
    after = {"launch_pdl": True} if shape.early else {}
    total[(rows,)](
        *sides, partial, out, *strides, vocabulary, width, length, rows, parts, room, packed, shape.early,
        num_warps=1, **after,
    )  # fmt: skip
    return out


def _review(table: NDArray[Any], hard: NDArray[np.int64], reference: Tensor, subject: Tensor, vocabulary: int) -> None:
    """Write the rows that are *hard* to the table."""
    torch = importlib.import_module("torch")
    review = importlib.import_module("runners.fused.review").review
    rows = torch.from_numpy(hard).to(reference.device)
    out = torch.empty((len(COLUMNS), hard.size), dtype=torch.float64, device=reference.device)
    strides = reference.stride(0), subject.stride(0)
    review[(hard.size,)](
        reference, subject, rows, out, *strides, vocabulary, reference.shape[1], hard.size, _BLOCK, num_warps=8
    )
    for name, column in zip(COLUMNS, out.cpu().numpy(), strict=True):
        table[name][hard] = column
