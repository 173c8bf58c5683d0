"""Rows of torch tensors, some at a time and on whatever device they are, in float64. It needs torch, extra `torch`.

It is the plain way on a device: several passes over the rows. `runners.tensor`, which `discharge parity --backend`
calls, measures with it (`torch`) or with one pass where a GPU and Triton are (`triton`). A row that needs care (nothing
finite, flat, tied tops that differ) goes to `evidence.parity.exact`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from evidence.parity import exact
from evidence.parity.measured import Measured, allocate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = Any
    Columns = dict[str, Tensor]

_ROWS = {"cpu": 4}
_MANY = 128
"""Rows at a time: few where they should stay in a processor's cache, 2 GB of float64 at 152,064 ids elsewhere."""
_LEAST = 2  # ids in a row that has a second best


def measure(reference: Tensor, subject: Tensor, vocabulary: int | None = None, rows: int = 0) -> Measured:
    """Return the numbers of all positions.

    Args:
        reference: positions × ids, of any kind of floating point that torch converts.
        subject: the same shape, on the same device.
        vocabulary: how many ids are compared; None: all.
        rows: how many are measured at a time; 0: as suits the device. It changes no number.

    Raises:
        ValueError: the shapes differ, or are no two dimensions.
    """
    shape = tuple(reference.shape)
    if shape != tuple(subject.shape) or len(shape) != 2:  # noqa: PLR2004 - positions, ids
        raise ValueError(f"logits of {shape} and {tuple(subject.shape)} are not comparable")
    compared = shape[1] if vocabulary is None else vocabulary
    table = allocate(shape[0])
    step = rows or _ROWS.get(reference.device.type, _MANY)
    for start in range(0, shape[0], step):
        part = slice(start, start + step)
        _measure_part(table[part], reference[part], subject[part], compared)
    return Measured(table, compared, shape[1] - compared, f"torch on {reference.device.type}")


def _measure_part(table: NDArray[Any], reference: Tensor, subject: Tensor, vocabulary: int) -> None:
    """Fill the rows of a table."""
    torch = importlib.import_module("torch")
    r, s = reference.to(torch.float64), subject.to(torch.float64)
    hard = list(range(len(table)))
    if vocabulary >= _LEAST:
        columns = _compare(torch, r[:, :vocabulary], s[:, :vocabulary])
        columns |= _compare_tail(torch, r, s, vocabulary)
        sound = columns.pop("sound").cpu().numpy()
        for name, column in columns.items():
            table[name] = column.cpu().numpy()
        for name in ("reference_finite", "subject_finite", "mask_equal"):
            table[name] = True
        table["reference_flat"] = table["subject_flat"] = False
        hard = [n for n in hard if not sound[n]]
    for n in hard:
        table[n] = exact.measure(_take(r[n]), _take(s[n]), vocabulary)


def _take(row: Tensor) -> NDArray[np.float64]:
    taken: NDArray[np.float64] = row.cpu().numpy()
    return taken


def _compare(torch: Any, r: Tensor, s: Tensor) -> Columns:
    """Return the columns of the compared ids, and which rows are *sound*, so that they mean something."""
    kept = r != -torch.inf
    fit = ((torch.isfinite(r) & torch.isfinite(s)) | (~kept & (s == -torch.inf))).all(1)
    columns = _compare_tops(torch, r, s) | _measure_distance(torch, r, s, kept)
    numbers = torch.stack([columns[name] for name in ("cosine", "norm_ratio", "kl", "max_abs", "nmse")])
    spread = [torch.where(kept, x, torch.inf).amin(1) < x.amax(1) for x in (r, s)]
    sound = fit & torch.isfinite(numbers).all(0) & spread[0] & spread[1] & columns.pop("clear")
    return columns | {"width": kept.sum(1), "sound": sound}


def _measure_distance(torch: Any, r: Tensor, s: Tensor, kept: Tensor) -> Columns:
    """Return how far the rows are apart over the ids that are *kept*."""
    n = kept.sum(1, keepdim=True)
    d = torch.where(kept, s - r, 0.0)
    shift = d.sum(1, keepdim=True) / n
    apart = torch.where(kept, d - shift, 0.0)
    ours, theirs = (torch.where(kept, x, 0.0) for x in (r, s))
    ours, theirs = (torch.where(kept, x - x.sum(1, keepdim=True) / n, 0.0) for x in (ours, theirs))
    r_r, s_s, r_s, d_d = ((x * y).sum(1) for x, y in ((ours, ours), (theirs, theirs), (ours, theirs), (apart, apart)))
    p = torch.softmax(r, 1)
    delta = torch.where(kept, d - (p * d).sum(1, keepdim=True), 0.0)
    return {
        "cosine": r_s / (r_r.sqrt() * s_s.sqrt()),
        "norm_ratio": (s_s / r_r).sqrt(),
        "kl": torch.log1p((p * (torch.expm1(delta) - delta)).sum(1)),
        "max_abs": apart.abs().amax(1),
        "nmse": d_d / r_r,
        "shift": shift[:, 0],
    }


def _compare_tops(torch: Any, r: Tensor, s: Tensor) -> Columns:
    """Return tops, gaps and drops; *clear* where single ids tell them, so that ties do not matter."""
    ids = [x.argmax(1) for x in (r, s)]
    two = [x.topk(2, 1).values for x in (r, s)]
    gaps = [best[:, 0] - best[:, 1] for best in two]
    drops = [two[n][:, 0] - x.gather(1, ids[1 - n][:, None])[:, 0] for n, x in enumerate((r, s))]
    same = ids[0] == ids[1]
    columns = {"clear": same | ((gaps[0] > 0) & (gaps[1] > 0))}
    for n, side in enumerate(("reference", "subject")):
        columns |= {f"{side}_top": ids[n], f"{side}_gap": gaps[n], f"{side}_drop": torch.where(same, 0.0, drops[n])}
    return columns


def _compare_tail(torch: Any, r: Tensor, s: Tensor, vocabulary: int) -> Columns:
    """Return how far the padded tails are apart, and whether the subject's is above all compared ids."""
    one, two = r[:, vocabulary:], s[:, vocabulary:]
    if not one.shape[1]:
        return {"tail": r.new_zeros(len(r)), "leak": torch.zeros(len(r), dtype=torch.bool)}
    apart = torch.where(one == two, 0.0, (two - one).abs()).nan_to_num(torch.inf, torch.inf)
    return {"tail": apart.amax(1), "leak": (two > s[:, :vocabulary].amax(1)[:, None]).any(1)}
