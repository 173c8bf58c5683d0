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
def weigh(value, high):
    """Return the exponential of *value*, in nats, relative to *high*, in bits."""
    return tl.exp2(tl.fma(value, LOG2E, -high))


@triton.jit
def split(tile):
    """Return the four columns of a tile, in the order 0, 2, 1, 3; each lane keeps what it has read."""
    even, odd = tl.split(tl.reshape(tile, [tile.shape[0], 2, 2]))
    first, third = tl.split(even)
    second, fourth = tl.split(odd)
    return first, third, second, fourth


@triton.jit
def widen(column):
    """Return the two bfloat16 of each 32-bit word as float32: the lower half is the value at the lower address."""
    low = (column << 16).to(tl.float32, bitcast=True)
    return low, (column & -65536).to(tl.float32, bitcast=True)


@triton.jit
def add(state, a, b, high, inside, MASKED: tl.constexpr, TOPS: tl.constexpr, INTS: tl.constexpr):
    """Return each lane's float32 sums and extremes with one more value of either side."""
    sa, sd, saa, sad, sdd, ea, ed, ef, best_a, best_b, up, down = state
    d, weight = b - a, weigh(a, high)
    most, least = d, d
    if MASKED:
        low = float("-inf")
        most, least = tl.where(inside, d, low), tl.where(inside, d, -low)
        weight, d = tl.where(inside, weight, 0.0), tl.where(inside, d, 0.0)
        best_a, best_b = tl.maximum(best_a, tl.where(inside, a, low)), tl.maximum(best_b, tl.where(inside, b, low))
        a = tl.where(inside, a, 0.0)
    elif TOPS:
        best_a, best_b = tl.maximum(best_a, a), tl.maximum(best_b, b)
    sums = (sa + a, sd + d, tl.fma(a, a, saa), tl.fma(a, d, sad), tl.fma(d, d, sdd))
    weights = (ea + weight, tl.fma(weight, d, ed), tl.fma(weight, tl.exp2(d * LOG2E), ef))
    if INTS:
        up = tl.maximum(up, d.to(tl.int32, bitcast=True))
        down = tl.maximum(down, d.to(tl.uint32, bitcast=True))
    else:
        up, down = tl.maximum(up, most), tl.minimum(down, least)
    return sums + weights + (best_a, best_b, up, down)


@triton.jit
def fold(state, a, b, high, at, edge, MASKED: tl.constexpr, INTS: tl.constexpr):
    """Return the state with four columns of a tile of float32."""
    columns_a, columns_b = split(a), split(b)
    for column in tl.static_range(4):
        state = add(state, columns_a[column], columns_b[column], high, at + (column // 2 + column % 2 * 2) < edge, MASKED, True, INTS)
    return state


@triton.jit
def higher(x, y):
    """Return the higher ones of two bfloat16 each that stand in one word."""
    return tl.inline_asm_elementwise("max.bf16x2 $0, $1, $2;", "=r,r,r", [x, y], dtype=tl.int32, is_pure=True, pack=1)


@triton.jit
def unfold(state, a, b, top_a, top_b, high, ASM: tl.constexpr, INTS: tl.constexpr):
    """Return the state with four columns of a tile of words, two bfloat16 each."""
    columns_a, columns_b = split(a), split(b)
    for column in tl.static_range(4):
        pair_a, pair_b = widen(columns_a[column]), widen(columns_b[column])
        state = add(state, pair_a[0], pair_b[0], high, True, False, not ASM, INTS)
        state = add(state, pair_a[1], pair_b[1], high, True, False, not ASM, INTS)
        if ASM:
            top_a, top_b = higher(top_a, columns_a[column]), higher(top_b, columns_b[column])
    return state, top_a, top_b


@triton.jit
def scan(a_row, b_row, start, edge, lane, high, PACKED: tl.constexpr, STEPS: tl.constexpr, MASKED: tl.constexpr, ASM: tl.constexpr, INTS: tl.constexpr):
    """Return each lane's sums and extremes over one chunk: *STEPS* tiles from *start* on."""
    zero = tl.zeros(lane.shape, tl.float32)
    low = tl.full(lane.shape, float("-inf"), tl.float32)
    state = (zero, zero, zero, zero, zero, zero, zero, zero, low, low, low, -low)
    if INTS:
        state = (zero, zero, zero, zero, zero, zero, zero, zero, low, low, tl.zeros(lane.shape, tl.int32), tl.zeros(lane.shape, tl.uint32))
    top_a = tl.full(lane.shape, -8323200, tl.int32)
    top_b = top_a
    WIDE: tl.constexpr = 8 if PACKED else 4
    TILE: tl.constexpr = lane.shape[0] * WIDE
    HALVES: tl.constexpr = 2 if PACKED and MASKED else 1
    cell = lane[:, None] * (WIDE if MASKED else 4) + tl.arange(0, 4)[None, :]
    for step in tl.static_range(STEPS * HALVES):
        if PACKED and not MASKED:
            at = start // 2 + step * (TILE // 2) + cell
            a = tl.load(a_row.to(tl.pointer_type(tl.int32)) + at)
            b = tl.load(b_row.to(tl.pointer_type(tl.int32)) + at)
            state, top_a, top_b = unfold(state, a, b, top_a, top_b, high, ASM, INTS)
        elif MASKED:
            begin = start + step // HALVES * TILE + step % HALVES * 4
            a = tl.load(a_row + begin + cell, mask=begin + cell < edge, other=0.0).to(tl.float32)
            b = tl.load(b_row + begin + cell, mask=begin + cell < edge, other=0.0).to(tl.float32)
            state = fold(state, a, b, high, begin + lane * WIDE, edge, True, INTS)
        else:
            at = start + step * TILE + cell
            a, b = tl.load(a_row + at).to(tl.float32), tl.load(b_row + at).to(tl.float32)
            state = fold(state, a, b, high, edge, edge, False, INTS)
    if ASM and PACKED and not MASKED:
        sa, sd, saa, sad, sdd, ea, ed, ef, best_a, best_b, up, down = state
        pair_a, pair_b = widen(top_a), widen(top_b)
        best_a, best_b = tl.maximum(pair_a[0], pair_a[1]), tl.maximum(pair_b[0], pair_b[1])
        state = (sa, sd, saa, sad, sdd, ea, ed, ef, best_a, best_b, up, down)
    return state


@triton.jit
def climb(start, new, best, second, place):
    """Return a lane's best, second best and the chunk of its best, with the best of one more chunk."""
    return tl.maximum(best, new), tl.maximum(second, tl.minimum(best, new)), tl.where(new > best, start, place)


@triton.jit
def carry(start, state, sums, tops_a, tops_b, bounds, INTS: tl.constexpr):
    """Return a lane's sums, tops and bounds of the difference with one more chunk."""
    xa, xd, xaa, xad, xdd, ya, yd, yf, best_a, best_b, up, down = state
    sa, sd, saa, sad, sdd, ea, ed, ef = sums
    tops_a = climb(start, best_a, tops_a[0], tops_a[1], tops_a[2])
    tops_b = climb(start, best_b, tops_b[0], tops_b[1], tops_b[2])
    sums = (sa + xa, sd + xd, saa + xaa, sad + xad, sdd + xdd, ea + ya, ed + yd, ef + yf)
    return sums, tops_a, tops_b, (tl.maximum(bounds[0], up), tl.maximum(bounds[1], down) if INTS else tl.minimum(bounds[1], down))


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
    """Return the pilot from the first tile of a part of the reference: its highest logit in bits."""
    at = begin + cell
    return tl.max(tl.load(row + at, mask=at < edge, other=float("-inf")).to(tl.float32)) * LOG2E


@triton.jit(do_not_specialize=["vocabulary", "programs", "split"])
def sweep(reference, subject, partial, stride_a, stride_b, vocabulary, length, programs, split,
          LANES: tl.constexpr, WIDE: tl.constexpr, STEPS: tl.constexpr, STAGES: tl.constexpr, PACKED: tl.constexpr, ASM: tl.constexpr, INTS: tl.constexpr):  # fmt: skip
    """Write the 17 numbers of one part of one row to *partial*, field by field."""
    pid = tl.program_id(0)
    begin = (pid % split) * length
    edge = tl.minimum(begin + length, vocabulary)
    a_row = reference + (pid // split).to(tl.int64) * stride_a
    b_row = subject + (pid // split).to(tl.int64) * stride_b
    lane = tl.arange(0, LANES)
    cell = lane[:, None] * WIDE + tl.arange(0, WIDE)[None, :]
    high = aim(a_row, begin, edge, cell)
    zero, none = tl.zeros([LANES], tl.float32), tl.zeros([LANES], tl.int32)
    low = tl.full([LANES], float("-inf"), tl.float32)
    sums = (zero, zero, zero, zero, zero, zero, zero, zero)
    tops_a, tops_b, bounds = (low, low, none), (low, low, none), (low, -low)
    if INTS:
        bounds = (none, tl.zeros([LANES], tl.uint32))
    CHUNK: tl.constexpr = LANES * WIDE * STEPS
    whole = begin + (edge - begin) // CHUNK * CHUNK
    for start in tl.range(begin, whole, CHUNK, num_stages=STAGES):
        state = scan(a_row, b_row, start, edge, lane, high, PACKED, STEPS, False, ASM, INTS)
        sums, tops_a, tops_b, bounds = carry(start, state, sums, tops_a, tops_b, bounds, INTS)
    if whole < edge:
        state = scan(a_row, b_row, whole, edge, lane, high, PACKED, STEPS, True, ASM, INTS)
        sums, tops_a, tops_b, bounds = carry(whole, state, sums, tops_a, tops_b, bounds, INTS)
    out = partial + pid
    for field in tl.static_range(8):
        tl.store(out + field * programs, tl.sum(sums[field].to(tl.float64)))
    best_a, second_a, top_a = find(a_row, edge, cell, tops_a, STEPS)
    best_b, second_b, top_b = find(b_row, edge, cell, tops_b, STEPS)
    if INTS:
        up = tl.max(bounds[0]).to(tl.float32, bitcast=True)
        down = tl.max(bounds[1]).to(tl.float32, bitcast=True)
    else:
        up, down = tl.max(bounds[0]), tl.min(bounds[1])
    rest = (best_a, second_a, top_a, best_b, second_b, top_b, up, down, high)
    for field in tl.static_range(9):
        tl.store(out + (8 + field) * programs, rest[field].to(tl.float64))
