"""How fast the fused pass is on the GPU that is here, beside what the memory allows and what torch does.

    python tests/bench_gpu.py [--rows 2048] [--width 152064] [--json FILE]

All of one dtype is measured in one run, on the same two tensors of random logits. The ceiling is the time of one read
of the same bytes: torch's sum of both, and the fastest of some Triton kernels that only add all up. The errors are the
largest over all rows, against torch in float64. It takes about a minute, most of it torch.compile. Needs torch, Triton.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
import triton
import triton.language as tl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from runners.fused import launch

SIDES = 2
SHAPES = ((256, 4, 1, 8, 2), (128, 4, 3, 4, 2), (64, 4, 3, 2, 3), (32, 4, 9, 1, 1))
"""Of the reading kernel: lanes, tiles a step, parts a row, warps, stages."""


ROWS = ("only_read", "torch_sum", "torch_sum_again", "fused", "fused_with_table", "every_row_reviewed",
        "torch_compiled", "torch_plain")  # fmt: skip


@triton.jit
def read(reference, subject, out, width, length, parts, BLOCK: tl.constexpr, STEPS: tl.constexpr, STAGES: tl.constexpr):
    """Add up one part of a row of both sides."""
    pid = tl.program_id(0)
    start = pid % parts * length
    edge = tl.minimum(start + length, width)
    row = (pid // parts).to(tl.int64) * width
    total = tl.zeros([BLOCK], tl.float32)
    for begin in tl.range(start, edge, BLOCK * STEPS, num_stages=STAGES):
        for step in tl.static_range(STEPS):
            at = begin + step * BLOCK + tl.arange(0, BLOCK)
            total += tl.load(reference + row + at, mask=at < edge, other=0.0).to(tl.float32)
            total += tl.load(subject + row + at, mask=at < edge, other=0.0).to(tl.float32)
    tl.store(out + pid, tl.sum(total))


def clock(act: Any, times: int = 10, rounds: int = 9) -> float:
    """Return the median milliseconds of one call, of *rounds* of *times* calls one after the other."""
    act()
    act()
    torch.cuda.synchronize()
    found = []
    for _ in range(rounds):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(times):
            act()
        end.record()
        end.synchronize()
        found.append(start.elapsed_time(end) / times)
    return statistics.median(found)


def clock_reading(sides: Any) -> float:
    """Return the milliseconds of the fastest kernel that only reads."""
    _, rows, width = sides.shape
    found = []
    for lanes, steps, parts, warps, stages in SHAPES:
        block = lanes * 16 // sides.element_size()
        out = torch.empty(rows * parts, device="cuda")
        length = -(-width // (parts * block)) * block
        cut = (block, steps, stages)
        found.append(
            clock(
                lambda: read[(rows * parts,)](*sides, out, width, length, parts, *cut, num_warps=warps)  # noqa: B023
            )
        )
    return min(found)


def measure_plainly(reference: Any, subject: Any) -> tuple[Any, ...]:
    """Return the numbers of all rows, each in the way that one writes down first."""
    r, s = reference.float(), subject.float()
    finite, masks = (
        (torch.isfinite(r).all(1), torch.isfinite(s).all(1)),
        ((r == -torch.inf) == (s == -torch.inf)).all(1),
    )
    ours, theirs = r - r.mean(1, keepdim=True), s - s.mean(1, keepdim=True)
    norms = ours.norm(dim=1), theirs.norm(dim=1)
    log_r, log_s = r.log_softmax(1), s.log_softmax(1)
    return (
        (ours * theirs).sum(1) / (norms[0] * norms[1]),
        norms[1] / norms[0],
        (log_r.exp() * (log_r - log_s)).sum(1),
        (theirs - ours).abs().amax(1),
        (theirs - ours).square().sum(1) / ours.square().sum(1),
        *(best for x in (r, s) for best in x.topk(2, 1)),
        *finite,
        masks,
    )


def find_errors(sides: Any, columns: Any) -> dict[str, float]:
    """Return the largest errors over all rows, and how many tops are none."""
    worst = {"cosine": 0.0, "kl": 0.0, "kl_share": 0.0, "max_abs": 0.0, "nmse_share": 0.0, "wrong_tops": 0.0}
    for start in range(0, sides.shape[1], 64):
        part = slice(start, start + 64)
        r, s = (side[part].double() for side in sides)
        got = columns[:, part]
        ours, theirs = r - r.mean(1, keepdim=True), s - s.mean(1, keepdim=True)
        cosine = (ours * theirs).sum(1) / (ours.norm(dim=1) * theirs.norm(dim=1))
        log_r, log_s = r.log_softmax(1), s.log_softmax(1)
        kl = (log_r.exp() * (log_r - log_s)).sum(1)
        nmse = (theirs - ours).square().sum(1) / ours.square().sum(1)
        apart = (got[3] - (theirs - ours).abs().amax(1)).abs()
        errors = (
            (got[0] - cosine).abs(),
            (got[2] - kl).abs(),
            (got[2] / kl - 1).abs(),
            apart,
            (got[4] / nmse - 1).abs(),
        )
        tops = [(x.gather(1, got[6 + n].long()[:, None])[:, 0] != x.amax(1)).sum() for n, x in enumerate((r, s))]
        for name, error in zip(worst, (*errors, sum(tops)), strict=True):
            worst[name] = max(worst[name], float(error.max())) if name != "wrong_tops" else worst[name] + float(error)
    return worst


def bench(dtype: Any, rows: int, width: int) -> dict[str, Any]:
    """Return milliseconds and errors of one dtype."""
    torch.manual_seed(1)
    sides = torch.empty((SIDES, rows, width), dtype=dtype, device="cuda")
    sides[0] = torch.randn((rows, width), device="cuda") * 3
    sides[1] = sides[0].float() + torch.randn((rows, width), device="cuda") * 0.03
    columns = launch.launch(*sides, width)
    found = {"sound": float(columns[-1].mean()), "errors": find_errors(sides, columns)}
    summed = clock(lambda: sides.sum(dtype=torch.float32))
    found |= {"torch_sum": summed, "only_read": clock_reading(sides)}
    found["fused"] = clock(lambda: launch.launch(*sides, width))
    found["torch_sum_again"] = clock(lambda: sides.sum(dtype=torch.float32))
    started = time.perf_counter()
    launch.measure(*sides, width)
    found["fused_with_table"] = (time.perf_counter() - started) * 1e3
    masked = sides.clone()
    masked[:, :, 7] = -torch.inf
    launch.measure(*masked, width)
    started = time.perf_counter()
    launch.measure(*masked, width)
    found["every_row_reviewed"] = (time.perf_counter() - started) * 1e3
    del masked
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    found["torch_plain"] = clock(lambda: measure_plainly(*sides), 1, 5)
    found["torch_plain_gb"] = (torch.cuda.max_memory_allocated() - before) / 1e9
    compiled = torch.compile(measure_plainly)
    found["torch_compiled"] = clock(lambda: compiled(*sides), 1, 5)
    found["bytes"] = sides.numel() * sides.element_size()
    return found


def render(name: str, found: dict[str, Any]) -> str:
    """Return one table."""
    lines = [
        f"{name}: {found['bytes'] / 1e9:.2f} GB, sound rows {found['sound']:.4f}, errors {found['errors']}",
        "| what | ms | GB/s | of only reading | of torch's sum |",
        "|---|---|---|---|---|",
    ]
    for key in ROWS:
        rate, shares = (
            found["bytes"] / found[key] / 1e6,
            [found[read] / found[key] for read in ("only_read", "torch_sum")],
        )
        lines.append(f"| {key} | {found[key]:.4f} | {rate:.0f} | {shares[0]:.3f} | {shares[1]:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure float32, bfloat16 and float16; print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2048)
    parser.add_argument("--width", type=int, default=152_064)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, Triton {triton.__version__}", flush=True)
    tables = {}
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        tables[str(dtype)] = bench(dtype, options.rows, options.width)
        print(render(str(dtype), tables[str(dtype)]), flush=True)
        if options.json:
            options.json.write_text(json.dumps(tables, indent=1))


if __name__ == "__main__":
    main()
