"""Two sets of logits measured as tensors on a device: by the fused pass where a GPU and Triton are, else by torch.

Files are brought there some rows at a time, so that memory does not grow with positions. torch is loaded when it is
needed; the package is the extra `torch`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from contracts.error import Complaint
from evidence.parity.measured import Measured, allocate
from runners import plain
from runners.logits import Rows
from runners.probe.library import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from runners.logits import Logits

Backend = Literal["torch", "triton"]
_CHUNK = 256 << 20
"""So many bytes of one side are on the device at a time."""


def measure(reference: Logits, subject: Logits, vocabulary: int, backend: Backend) -> Measured:
    """Return the numbers of all positions of two files, measured on the GPU; by torch without one on the processor.

    Args:
        reference: what is believed.
        subject: what is tested, of the same shape.
        vocabulary: how many ids are compared; the others are the tail.
        backend: `triton` is the one pass, and takes no float64.

    Raises:
        Complaint: torch, Triton or the GPU is not here, or a file cannot be read to its end.
    """
    torch, device = _open(backend)
    wide = "float64" in {reference.kind, subject.kind}
    if wide and backend == "triton":
        raise Complaint("float64 is not read by the fused pass", mend="Ask for --backend torch")
    compare = _choose(backend)
    kind = np.float64 if wide else np.float32
    step = max(1, _CHUNK // max(1, reference.width * kind().itemsize))
    table, name = allocate(reference.positions), f"{backend} on {device}"
    with Rows(reference) as ours, Rows(subject) as theirs:
        for start in range(0, reference.positions, step):
            share = range(start, min(start + step, reference.positions))
            one, two = (torch.from_numpy(_take(side, share, reference.width, kind)) for side in (ours, theirs))
            table[share.start : share.stop] = compare(one.to(device), two.to(device), vocabulary).table
    return Measured(table, vocabulary, reference.width - vocabulary, name)


def _choose(backend: Backend) -> Callable[[Any, Any, int], Measured]:
    """Return what measures two tensors where they are."""
    if backend == "torch":
        return plain.measure
    from runners.fused import launch  # noqa: PLC0415 - Triton, only where it is used

    return launch.measure


def _open(backend: Backend) -> tuple[Any, str]:
    """Return torch, and the device that a backend measures on."""
    torch = load("torch")
    if torch.cuda.is_available():
        if backend == "triton" and find_spec("triton") is None:
            raise Complaint("Triton is not installed here", mend="Install it, or ask for --backend torch")
        return torch, "cuda"
    if backend == "triton":
        raise Complaint("torch finds no GPU here", mend="Ask for --backend torch, or numpy")
    return torch, "cpu"


def _take(rows: Rows, share: range, width: int, kind: type[np.floating[Any]]) -> np.ndarray[Any, Any]:
    """Return some rows of a file."""
    found = np.empty((len(share), width), kind)
    for n, position in enumerate(share):
        if kind is np.float64:
            found[n] = rows.read_exactly(position)
        else:
            rows.read(position, found[n])
    return found
