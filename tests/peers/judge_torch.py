"""Judge two files of logits as one writes it first in torch, a pass per number; print what it took as JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import torch
from torch.nn import functional

from tests.peers.memory import read_peak


def main() -> None:
    """Judge the two files so often."""
    busy, seconds = time.process_time(), []
    for _ in range(int(sys.argv[3])):
        begun = time.perf_counter()
        r, s = (torch.from_numpy(np.load(name, allow_pickle=False)) for name in sys.argv[1:3])
        ours, theirs = r - r.mean(1, keepdim=True), s - s.mean(1, keepdim=True)
        cosine = functional.cosine_similarity(ours, theirs, dim=1).min()
        ratio = (theirs.norm(dim=1) / ours.norm(dim=1)).max()
        log_p, log_q = torch.log_softmax(r, 1), torch.log_softmax(s, 1)
        kl = functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(1).max()
        largest = (ours - theirs).abs().amax(1).max()
        nmse = ((ours - theirs).square().sum(1) / ours.square().sum(1)).max()
        flips = (r.argmax(1) != s.argmax(1)).sum()
        gaps = [side.topk(2, 1).values.diff(dim=1).max() for side in (r, s)]
        finite = torch.isfinite(r).all() & torch.isfinite(s).all()
        numbers = [float(one) for one in (cosine, kl, flips, ratio, largest, nmse, *gaps, finite)]
        seconds.append(time.perf_counter() - begun)
        del r, s, ours, theirs, log_p, log_q
    told = dict(zip(("cosine", "kl", "flips"), numbers, strict=False))
    print(json.dumps({"seconds": seconds, "busy": time.process_time() - busy, "memory": read_peak(), **told}))  # noqa: T201 - its answer


main()
