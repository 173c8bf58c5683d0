"""The pass: one program reads one part of one row of both sides, once, and leaves the sums that all numbers follow from.

Why it is fast. Nothing in the loop crosses lanes: each lane keeps its own sums, so no warp ever waits for another.
That takes two *pilots* from the part's first tile: `pilot`, the mean of the reference, keeps the sums of squares exact
in float32, and `high` is what exponentials are relative to, in the place of a running maximum that would have to be
shared. A bad pilot costs digits, and `total` counts them: it sends such a row elsewhere. The best logit is found without
its id; the lane and the chunk that hold it are known, and the id is looked up there at the end.

Why it is exact enough. Float32 sums run over one chunk of a lane only, at most 64 values, and are carried on in float64.
All is told by the difference d of the sides: what is lost is then a part of the deviation. KL is log E[exp d] - E[d]
under the reference's weights, in which an error of a weight is one of the same share of the KL.
"""

import triton
import triton.language as tl

LOG2E = tl.constexpr(1.4426950408889634)
FAR = tl.constexpr(2147483647)
"""An id above all ids."""


@triton.jit
def read(row, at, edge, MASKED: tl.constexpr):
    """Return a tile of a row as float32, zeros from *edge* on if it is masked."""
    if MASKED:
        return tl.load(row + at, mask=at < edge, other=0.0).to(tl.float32)
    else:
        return tl.load(row + at).to(tl.float32)


@triton.jit
def weigh(value, high):
    """Return the exponential of *value*, in nats, relative to *high*, in bits."""
    return tl.exp2(tl.fma(value, LOG2E, -high))


@triton.jit
def scan(a_row, b_row, start, edge, cell, pilot, high, STEPS: tl.constexpr, MASKED: tl.constexpr):
    """Return each lane's float32 sums and extremes over one chunk: *STEPS* tiles from *start* on."""
    LANES: tl.constexpr = cell.shape[0]
    WIDE: tl.constexpr = cell.shape[1]
    sa = tl.zeros([LANES], tl.float32)
    saa = tl.zeros([LANES, WIDE], tl.float32)
    best_a = tl.full([LANES], float("-inf"), tl.float32)
    sd, ea, sad, sdd, ed, ef = sa, sa, saa, saa, saa, saa
    best_b, up, down = best_a, best_a, -best_a
    for step in tl.static_range(STEPS):
        at = start + step * LANES * WIDE + cell
        a = read(a_row, at, edge, MASKED)
        b = read(b_row, at, edge, MASKED)
        moved, d, weight = a - pilot, b - a, weigh(a, high)
        most, least = d, d
        if MASKED:
            inside = at < edge
            moved, weight = tl.where(inside, moved, 0.0), tl.where(inside, weight, 0.0)
            a, b = tl.where(inside, a, float("-inf")), tl.where(inside, b, float("-inf"))
            most, least = tl.where(inside, d, float("-inf")), tl.where(inside, d, float("inf"))
        sa += tl.sum(moved, 1)
        sd += tl.sum(d, 1)
        ea += tl.sum(weight, 1)
        saa += moved * moved
        sad += moved * d
        sdd += d * d
        ed += weight * d
        ef += weight * tl.exp2(d * LOG2E)
        best_a, best_b = tl.maximum(best_a, tl.max(a, 1)), tl.maximum(best_b, tl.max(b, 1))
        up, down = tl.maximum(up, tl.max(most, 1)), tl.minimum(down, tl.min(least, 1))
    sums = (sa, sd, tl.sum(saa, 1), tl.sum(sad, 1), tl.sum(sdd, 1), ea, tl.sum(ed, 1), tl.sum(ef, 1))
    return sums, (best_a, best_b, up, down)


@triton.jit
def climb(start, new, best, second, place):
    """Return a lane's best, second best and the chunk of its best, with the best of one more chunk."""
    return tl.maximum(best, new), tl.maximum(second, tl.minimum(best, new)), tl.where(new > best, start, place)


@triton.jit
def carry(start, sums, extremes, old, tops_a, tops_b, bounds):
    """Return a lane's float64 sums, tops and bounds of the difference with one more chunk."""
    xa, xd, xaa, xad, xdd, ya, yd, yf = sums
    sa, sd, saa, sad, sdd, ea, ed, ef = old
    best_a, best_b, up, down = extremes
    f64: tl.constexpr = tl.float64
    moments = (sa + xa.to(f64), sd + xd.to(f64), saa + xaa.to(f64), sad + xad.to(f64), sdd + xdd.to(f64))
    weights = (ea + ya.to(f64), ed + yd.to(f64), ef + yf.to(f64))
    tops_a = climb(start, best_a, tops_a[0], tops_a[1], tops_a[2])
    tops_b = climb(start, best_b, tops_b[0], tops_b[1], tops_b[2])
    return moments + weights, tops_a, tops_b, (tl.maximum(bounds[0], up), tl.minimum(bounds[1], down))


@triton.jit
def find(row, edge, cell, tops, STEPS: tl.constexpr):
    """Return the best logit of a part, the second best and the lowest id of the best: from the chunk that holds it."""
    LANES: tl.constexpr = cell.shape[0]
    WIDE: tl.constexpr = cell.shape[1]
    best, second, place = tops
    top = tl.max(best)
    start = tl.min(tl.where(best == top, place, FAR))
    chosen = (best == top) & (place == start)
    after = tl.where(chosen, second, best)
    lowest = tl.full([LANES], FAR, tl.int32)
    many = tl.zeros([LANES], tl.int32)
    for step in tl.static_range(STEPS):
        at = start + step * LANES * WIDE + cell
        value = tl.load(row + at, mask=chosen[:, None] & (at < edge), other=float("-inf")).to(tl.float32)
        same = value == top
        lowest = tl.minimum(lowest, tl.min(tl.where(same, at, FAR), 1))
        many += tl.sum(same.to(tl.int32), 1)
        after = tl.maximum(after, tl.max(tl.where(same, float("-inf"), value), 1))
    return top, tl.where(tl.sum(many) > 1, top, tl.max(after)), tl.min(lowest)


@triton.jit
def aim(row, begin, edge, cell):
    """Return the pilots from the first tile of a part of the reference: its mean, and its highest logit in bits."""
    at = begin + cell
    inside = at < edge
    a = tl.load(row + at, mask=inside, other=float("-inf")).to(tl.float32)
    mean = tl.sum(tl.where(inside, a, 0.0)) / tl.sum(inside.to(tl.float32))
    return mean, tl.max(a) * LOG2E


@triton.jit
def sweep(reference, subject, partial, stride_a, stride_b, vocabulary, length, programs,
          SPLIT: tl.constexpr, LANES: tl.constexpr, WIDE: tl.constexpr, STEPS: tl.constexpr, STAGES: tl.constexpr):  # fmt: skip
    """Write the 18 numbers of one part of one row to *partial*, field by field."""
    pid = tl.program_id(0)
    begin = (pid % SPLIT) * length
    edge = tl.minimum(begin + length, vocabulary)
    a_row = reference + (pid // SPLIT).to(tl.int64) * stride_a
    b_row = subject + (pid // SPLIT).to(tl.int64) * stride_b
    cell = tl.arange(0, LANES)[:, None] * WIDE + tl.arange(0, WIDE)[None, :]
    pilot, high = aim(a_row, begin, edge, cell)
    zero = tl.zeros([LANES], tl.float64)
    low = tl.full([LANES], float("-inf"), tl.float32)
    none = tl.zeros([LANES], tl.int32)
    sums = (zero, zero, zero, zero, zero, zero, zero, zero)
    tops_a, tops_b, bounds = (low, low, none), (low, low, none), (low, -low)
    CHUNK: tl.constexpr = LANES * WIDE * STEPS
    whole = begin + (edge - begin) // CHUNK * CHUNK
    for start in tl.range(begin, whole, CHUNK, num_stages=STAGES):
        new, far = scan(a_row, b_row, start, edge, cell, pilot, high, STEPS, False)
        sums, tops_a, tops_b, bounds = carry(start, new, far, sums, tops_a, tops_b, bounds)
    if whole < edge:
        new, far = scan(a_row, b_row, whole, edge, cell, pilot, high, STEPS, True)
        sums, tops_a, tops_b, bounds = carry(whole, new, far, sums, tops_a, tops_b, bounds)
    out = partial + pid
    for field in tl.static_range(8):
        tl.store(out + field * programs, tl.sum(sums[field]))
    best_a, second_a, top_a = find(a_row, edge, cell, tops_a, STEPS)
    best_b, second_b, top_b = find(b_row, edge, cell, tops_b, STEPS)
    rest = (best_a, second_a, top_a, best_b, second_b, top_b, tl.max(bounds[0]), tl.min(bounds[1]), pilot, high)
    for field in tl.static_range(10):
        tl.store(out + (8 + field) * programs, rest[field].to(tl.float64))
