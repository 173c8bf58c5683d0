"""The pass: a program reads one part of one row of both sides, once, and leaves the sums that all numbers follow from.

Why it is fast. Nothing in the loop crosses lanes: each lane has its own sums, so no lane waits for another. A running
maximum would have to be shared; instead the exponentials are relative to the highest logit of the part's first tile,
its *pilot*. The best logit is found without its id: the lane and the chunk that hold it are known, and the id is looked
up there at the end. A tile is split into its columns, so that each sum is one chain of fused multiply-adds.

Why it is exact enough. A float32 chain is one chunk of one lane, 8 to 32 values. All is told by the difference d of the
sides, so that what is lost is a part of the deviation. KL comes from E[d] and E[exp d - 1 - d] under the reference's
weights, in which an error of a weight is an error of the KL by the same share. What this cannot do, `total` tells.
"""

import triton
import triton.language as tl

LOG2E = tl.constexpr(1.4426950408889634)
FAR = tl.constexpr(2147483647)
"""An id above all ids."""
TINY = tl.constexpr(0.0625)
"""Up to here four terms of the series are right to 1e-7 of their sum."""


@triton.jit
def split(tile):
    """Return the four columns of a tile, in the order 0, 2, 1, 3; each lane keeps what it has read."""
    even, odd = tl.split(tl.reshape(tile, [tile.shape[0], 2, 2]))
    first, third = tl.split(even)
    second, fourth = tl.split(odd)
    return first, third, second, fourth


@triton.jit
def widen(column, BRAIN: tl.constexpr):
    """Return both values of each 32-bit word as float32, of two bfloat16 or float16: the lower half comes first."""
    if BRAIN:
        return (column << 16).to(tl.float32, bitcast=True), (column & -65536).to(tl.float32, bitcast=True)
    else:
        low, high = (column & 65535).to(tl.int16), (column >> 16).to(tl.int16)
        return low.to(tl.float16, bitcast=True).to(tl.float32), high.to(tl.float16, bitcast=True).to(tl.float32)


@triton.jit
def bend(d, PACKED: tl.constexpr):
    """Return exp d - 1 - d, small ones from their series; of 16-bit logits, whose noise is larger, exp d will do."""
    power = tl.exp2(d * LOG2E)
    if PACKED:
        return power
    series = tl.fma(tl.fma(tl.fma(d, 1 / 120, 1 / 24), d, 1 / 6), d, 0.5) * (d * d)
    return tl.where(tl.abs(d) < TINY, series, power - 1.0 - d)


@triton.jit
def add(state, a, b, pilot, inside, MASKED: tl.constexpr, PACKED: tl.constexpr):
    """Return each lane's float32 sums and extremes with one more value of either side."""
    sa, sd, saa, sad, sdd, ea, ed, ef, best_a, best_b, up, down = state
    d, weight = b - a, tl.exp2(tl.fma(a, LOG2E, -pilot))
    most, least, high_a, high_b = d, d, a, b
    if MASKED:
        low = float("-inf")
        most, least = tl.where(inside, d, low), tl.where(inside, d, -low)
        high_a, high_b = tl.where(inside, a, low), tl.where(inside, b, low)
        weight, d, a = tl.where(inside, weight, 0.0), tl.where(inside, d, 0.0), tl.where(inside, a, 0.0)
    moments = (sa + a, sd + d, tl.fma(a, a, saa), tl.fma(a, d, sad), tl.fma(d, d, sdd))
    weights = (ea + weight, tl.fma(weight, d, ed), tl.fma(weight, bend(d, PACKED), ef))
    bests = (tl.maximum(best_a, high_a), tl.maximum(best_b, high_b))
    return moments + weights + bests + (tl.maximum(up, most), tl.minimum(down, least))


@triton.jit
def fold(state, a, b, pilot, at, edge, MASKED: tl.constexpr, PACKED: tl.constexpr):
    """Return the state with the four columns of a tile; *at* is where each lane's four begin."""
    columns_a, columns_b = split(a.to(tl.float32)), split(b.to(tl.float32))
    for column in tl.static_range(4):
        inside = at + (column // 2 + column % 2 * 2) < edge
        state = add(state, columns_a[column], columns_b[column], pilot, inside, MASKED, PACKED)
    return state


@triton.jit
def unfold(state, a, b, pilot, BRAIN: tl.constexpr):
    """Return the state with the four columns of a tile of words, each of them two logits."""
    columns_a, columns_b = split(a), split(b)
    for column in tl.static_range(4):
        low_a, high_a = widen(columns_a[column], BRAIN)
        low_b, high_b = widen(columns_b[column], BRAIN)
        state = add(state, low_a, low_b, pilot, True, False, True)
        state = add(state, high_a, high_b, pilot, True, False, True)
    return state


@triton.jit
def begin(lane):
    """Return a state of nothing yet: eight sums, both bests, the largest and the least difference."""
    zero = tl.zeros(lane.shape, tl.float32)
    low = tl.full(lane.shape, float("-inf"), tl.float32)
    return zero, zero, zero, zero, zero, zero, zero, zero, low, low, low, -low


@triton.jit
def scan(a_row, b_row, start, lane, pilot, STEPS: tl.constexpr, PACKED: tl.constexpr):
    """Return each lane's sums and extremes over one whole chunk: *STEPS* tiles from *start* on, of 16 bytes a lane."""
    state = begin(lane)
    cell = lane[:, None] * 4 + tl.arange(0, 4)[None, :]
    for step in tl.static_range(STEPS):
        if PACKED:
            at = start // 2 + step * lane.shape[0] * 4 + cell
            a = tl.load(a_row.to(tl.pointer_type(tl.int32)) + at)
            b = tl.load(b_row.to(tl.pointer_type(tl.int32)) + at)
            state = unfold(state, a, b, pilot, a_row.dtype.element_ty == tl.bfloat16)
        else:
            at = start + step * lane.shape[0] * 4 + cell
            state = fold(state, tl.load(a_row + at), tl.load(b_row + at), pilot, start, start, False, False)
    return state


@triton.jit
def scrape(a_row, b_row, start, edge, lane, pilot, STEPS: tl.constexpr, PACKED: tl.constexpr):
    """Return the same over the chunk that ends at *edge*. A lane has the ids that it would have in a whole chunk."""
    state = begin(lane)
    WIDE: tl.constexpr = 8 if PACKED else 4
    for step in tl.static_range(STEPS * WIDE // 4):
        at = start + step // (WIDE // 4) * lane.shape[0] * WIDE + lane * WIDE + step % (WIDE // 4) * 4
        cell = at[:, None] + tl.arange(0, 4)[None, :]
        a, b = tl.load(a_row + cell, cell < edge, 0.0), tl.load(b_row + cell, cell < edge, 0.0)
        state = fold(state, a, b, pilot, at, edge, True, PACKED)
    return state


@triton.jit
def climb(start, new, tops):
    """Return a lane's best, its second best chunk's and the first chunk of its best, with one more chunk's best."""
    best, second, place = tops
    return tl.maximum(best, new), tl.maximum(second, tl.minimum(best, new)), tl.where(new > best, start, place)


@triton.jit
def carry(start, state, sums, tops_a, tops_b, bounds):
    """Return a lane's sums, tops and bounds of the difference with one more chunk."""
    xa, xd, xaa, xad, xdd, ya, yd, yf, best_a, best_b, up, down = state
    sa, sd, saa, sad, sdd, ea, ed, ef = sums
    sums = (sa + xa, sd + xd, saa + xaa, sad + xad, sdd + xdd, ea + ya, ed + yd, ef + yf)
    bounds = (tl.maximum(bounds[0], up), tl.minimum(bounds[1], down))
    return sums, climb(start, best_a, tops_a), climb(start, best_b, tops_b), bounds


@triton.jit
def find(row, edge, cell, tops, STEPS: tl.constexpr):
    """Return the best logit of a part, the second best and the lowest id of the best: from the chunk that holds it."""
    best, second, place = tops
    top = tl.max(best)
    start = tl.min(tl.where(best == top, place, FAR))
    chosen = (best == top) & (place == start)
    after = tl.where(chosen, second, best)
    lowest = tl.full(best.shape, FAR, tl.int32)
    many = tl.zeros(best.shape, tl.int32)
    for step in tl.static_range(STEPS):
        at = start + step * cell.shape[0] * cell.shape[1] + cell
        value = tl.load(row + at, mask=chosen[:, None] & (at < edge), other=float("-inf")).to(tl.float32)
        same = value == top
        lowest = tl.minimum(lowest, tl.min(tl.where(same, at, FAR), 1))
        many += tl.sum(same.to(tl.int32), 1)
        after = tl.maximum(after, tl.max(tl.where(same, float("-inf"), value), 1))
    return top, tl.where(tl.sum(many) > 1, top, tl.max(after)), tl.min(lowest)


@triton.jit
def aim(row, start, edge, cell):
    """Return the pilot: the highest logit of a part's first tile, in bits."""
    at = start + cell
    return tl.max(tl.load(row + at, mask=at < edge, other=float("-inf")).to(tl.float32)) * LOG2E


@triton.jit(do_not_specialize=["vocabulary", "programs", "parts"])
def sweep(reference, subject, partial, stride_a, stride_b, vocabulary, length, programs, parts,
          LANES: tl.constexpr, STEPS: tl.constexpr, STAGES: tl.constexpr, PACKED: tl.constexpr,
          EARLY: tl.constexpr):  # fmt: skip
    """Write the 17 numbers of one part of one row to *partial*, field by field; *EARLY*: what follows may be set up."""
    if EARLY:
        tl.extra.cuda.gdc_launch_dependents()
    pid, lane = tl.program_id(0), tl.arange(0, LANES)
    first = pid % parts * length
    edge = tl.minimum(first + length, vocabulary)
    a_row = reference + (pid // parts).to(tl.int64) * stride_a
    b_row = subject + (pid // parts).to(tl.int64) * stride_b
    WIDE: tl.constexpr = 8 if PACKED else 4
    cell = lane[:, None] * WIDE + tl.arange(0, WIDE)[None, :]
    pilot = aim(a_row, first, edge, cell)
    low, none = tl.full([LANES], float("-inf"), tl.float32), tl.zeros([LANES], tl.int32)
    sums, tops_a, tops_b, bounds = begin(lane)[:8], (low, low, none), (low, low, none), (low, -low)
    CHUNK: tl.constexpr = LANES * WIDE * STEPS
    whole = first + (edge - first) // CHUNK * CHUNK
    for start in tl.range(first, whole, CHUNK, num_stages=STAGES):
        state = scan(a_row, b_row, start, lane, pilot, STEPS, PACKED)
        sums, tops_a, tops_b, bounds = carry(start, state, sums, tops_a, tops_b, bounds)
    if whole < edge:
        state = scrape(a_row, b_row, whole, edge, lane, pilot, STEPS, PACKED)
        sums, tops_a, tops_b, bounds = carry(whole, state, sums, tops_a, tops_b, bounds)
    for field in tl.static_range(8):
        tl.store(partial + field * programs + pid, tl.sum(sums[field].to(tl.float64)))
    bests = find(a_row, edge, cell, tops_a, STEPS) + find(b_row, edge, cell, tops_b, STEPS)
    rest = bests + (tl.max(bounds[0]), tl.min(bounds[1]), pilot)  # noqa: RUF005 - Triton adds its tuples
    for field in tl.static_range(9):
        tl.store(partial + (8 + field) * programs + pid, rest[field].to(tl.float64))
