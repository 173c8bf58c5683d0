"""Two tensors on a GPU, positions × vocabulary, to the columns of the judge: one fused pass, and what it cannot do, exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evidence.parity import exact, measured

if TYPE_CHECKING:
    from torch import Tensor

_TAKEN = ("cosine", "norm_ratio", "kl", "max_abs", "nmse", "shift", "reference_top", "subject_top", "reference_gap",
          "subject_gap", "reference_drop", "subject_drop", "tail", "leak")  # fmt: skip
"""What `total` writes of a row, in its order; whether the row is sound comes last."""
_SOUND = len(_TAKEN)
_FIELDS = 18


@dataclass(frozen=True, slots=True)
class Shape:
    """How the pass is cut: lanes a program, values a lane reads at once, tiles a chunk, parts a row (at most), warps."""

    lanes: int
    wide: int
    steps: int
    parts: int
    warps: int
    stages: int = 1

    def divide(self, vocabulary: int) -> int:
        """Return the ids of one part of a row: whole chunks, equally many in all parts but the last."""
        chunk = self.lanes * self.wide * self.steps
        return math.ceil(math.ceil(vocabulary / chunk) / self.parts) * chunk


def choose(size: int) -> Shape:
    """Return the shape for values of *size* bytes: 16 bytes a lane and load, found by trial on an H200."""
    return Shape(128, 16 // size, 8 if size == 4 else 4, 7, 4)


def measure(reference: Tensor, subject: Tensor, vocabulary: int | None = None) -> measured.Measured:
    """Return the numbers of all positions of two tensors on one GPU; rows are read where they lie, nothing is copied.

    Both are positions × width, each in float32, float16 or bfloat16; ids from *vocabulary* on are the padded tail.
    """
    positions, width = reference.shape
    vocabulary = width if vocabulary is None else vocabulary
    table = measured.allocate(positions)
    if positions:
        found = launch(reference, subject, vocabulary).cpu().numpy()
        for name, column in zip(_TAKEN, found, strict=False):
            table[name] = column
        for name in ("reference_finite", "subject_finite", "mask_equal"):
            table[name] = True
        table["width"] = vocabulary
        for row in (found[_SOUND] == 0).nonzero()[0].tolist():
            sides = (side[row].float().cpu().numpy() for side in (reference, subject))
            table[row] = exact.measure(*sides, vocabulary)
    return measured.Measured(table, vocabulary, width - vocabulary, "triton")


def launch(reference: Tensor, subject: Tensor, vocabulary: int, shape: Shape | None = None) -> Any:
    """Start the pass and what follows it; return the columns as a tensor of float64 that is still being written."""
    import torch

    from runners.fused.sweep import sweep
    from runners.fused.total import total

    rows, width = reference.shape
    shape = shape or choose(max(reference.element_size(), subject.element_size()))
    length = shape.divide(vocabulary)
    split = math.ceil(vocabulary / length)
    partial = torch.empty((_FIELDS, rows * split), dtype=torch.float64, device=reference.device)
    out = torch.empty((_SOUND + 1, rows), dtype=torch.float64, device=reference.device)
    strides = reference.stride(0), subject.stride(0)
    sweep[(rows * split,)](
        reference, subject, partial, *strides, vocabulary, length, rows * split,
        split, shape.lanes, shape.wide, shape.steps, shape.stages, num_warps=shape.warps,
    )  # fmt: skip
    room = 1 << (split - 1).bit_length()
    total[(rows,)](
        reference, subject, partial, out, *strides, vocabulary, width, length, rows, split, room, num_warps=1
    )
    return out
