"""Judge two files of logits as `discharge parity` does; print seconds, memory and the worst numbers as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from evidence.parity.summary import summarise
from evidence.parity.tier import BFLOAT16
from evidence.parity.verdict import judge
from runners.logits import find
from runners.parity import measure
from tests.peers.memory import read_peak


def main() -> None:
    """Judge the two files so often."""
    one, two = (find(Path(name)) for name in sys.argv[1:3])
    busy, seconds = time.process_time(), []
    for _ in range(int(sys.argv[3])):
        begun = time.perf_counter()
        judged = judge(summarise(measure(one, two, one.width), BFLOAT16), BFLOAT16)
        seconds.append(time.perf_counter() - begun)
    summary = judged.summary
    assert summary is not None
    assert summary.cosine is not None
    assert summary.kl is not None
    told = {"cosine": summary.cosine.worst, "kl": summary.kl.worst, "flips": summary.differing.number}
    print(json.dumps({"seconds": seconds, "busy": time.process_time() - busy, "memory": read_peak(), **told}))  # noqa: T201 - its answer


main()
