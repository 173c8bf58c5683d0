"""Two files of logits, measured on the processor: rows are handed to threads, each with its own buffers and files.

numpy lets go of the interpreter while it computes. One row of either side is in memory per thread, whatever the number
of positions. The library that computes its products should have one thread: set OPENBLAS_NUM_THREADS=1 before numpy
is loaded.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from evidence.parity import exact
from evidence.parity.lane import Lane
from evidence.parity.measured import Measured, allocate
from runners.logits import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runners.logits import Logits

THREADS = 4
"""At most so many, and not more than there are processors: then reading is what it waits for."""
_SHARES = 8
"""Shares of the rows for each thread, so that one that is slowed down leaves work to the others."""


def measure(reference: Logits, subject: Logits, vocabulary: int, threads: int = 0) -> Measured:
    """Return the numbers of all positions.

    Args:
        reference: what is believed.
        subject: what is tested, of the same shape.
        vocabulary: how many ids are compared; the others are the tail.
        threads: how many; 0: as many as are useful here.

    Raises:
        Unreadable: a file cannot be read to its end.
        ValueError: the shapes differ, or the vocabulary is wider than they are.
    """
    shape = (reference.positions, reference.width)
    if shape != (subject.positions, subject.width) or not 0 <= vocabulary <= reference.width:
        raise ValueError(f"{shape} and {(subject.positions, subject.width)} with {vocabulary} ids are not comparable")
    table = allocate(reference.positions)
    threads = threads or min(THREADS, os.cpu_count() or 1)
    size = max(1, -(-reference.positions // (threads * _SHARES)))
    shares = [range(n, min(n + size, len(table))) for n in range(0, len(table), size)]
    walk = _walk_exactly if "float64" in {reference.kind, subject.kind} else _walk
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(walk, table, reference, subject, vocabulary, share) for share in shares]:
            done.result()
    return Measured(table, vocabulary, reference.width - vocabulary)


def _walk(table: NDArray[Any], reference: Logits, subject: Logits, vocabulary: int, share: range) -> None:
    """Measure some rows in float32."""
    lane = Lane(reference.width, vocabulary)
    with Rows(reference) as ours, Rows(subject) as theirs:
        for position in share:
            ours.read(position, lane.reference)
            theirs.read(position, lane.subject)
            table[position] = lane.measure()


def _walk_exactly(table: NDArray[Any], reference: Logits, subject: Logits, vocabulary: int, share: range) -> None:
    """Measure some rows that float32 cannot hold."""
    with Rows(reference) as ours, Rows(subject) as theirs:
        for position in share:
            table[position] = exact.measure(ours.read_exactly(position), theirs.read_exactly(position), vocabulary)
