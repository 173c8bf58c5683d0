"""Judge two files of logits with Polygraphy's elementwise comparison, its default; print what it took as JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from polygraphy.comparator import CompareFunc, IterationResult
from polygraphy.logger import G_LOGGER

from tests.peers.memory import read_peak


def main() -> None:
    """Judge the two files so often."""
    G_LOGGER.module_severity = G_LOGGER.ERROR
    busy, seconds = time.process_time(), []
    for _ in range(int(sys.argv[3])):
        begun = time.perf_counter()
        one, two = (IterationResult({"logits": np.load(name, allow_pickle=False)}) for name in sys.argv[1:3])
        CompareFunc.simple(rtol=1e-3, atol=1e-1)(one, two)
        seconds.append(time.perf_counter() - begun)
        del one, two
    print(json.dumps({"seconds": seconds, "busy": time.process_time() - busy, "memory": read_peak()}))  # noqa: T201 - its answer


main()
