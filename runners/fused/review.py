"""Rows that the pass could not do, read again in float64: masks, NaN, ties, shifts, values near the ends of float32.

It means what `evidence.parity.exact` means, and takes two more readings of a row. A program does one row.
"""

import triton
import triton.language as tl

from runners.fused.total import trail


@triton.jit
def load(row, at, vocabulary):
    """Return a block of a row as float64; ids from *vocabulary* on are masked."""
    return tl.load(row + at, mask=at < vocabulary, other=float("-inf")).to(tl.float64)


@triton.jit
def survey(row, other, vocabulary, BLOCK: tl.constexpr):
    """Return mean, highest, least and number of the kept ids of a row, and whether it holds NaN, +inf, a lone mask."""
    low = float("-inf")
    total = tl.zeros([BLOCK], tl.float64)
    most, least = tl.full([BLOCK], low, tl.float64), tl.full([BLOCK], -low, tl.float64)
    none = tl.zeros([BLOCK], tl.int32)
    kept, lost, wild, lone = none, none, none, none
    for start in tl.range(0, vocabulary, BLOCK):
        at = start + tl.arange(0, BLOCK)
        x, y = load(row, at, vocabulary), load(other, at, vocabulary)
        masked = x == low
        total += tl.where(masked, 0.0, x)
        most, least = tl.maximum(most, x), tl.minimum(least, tl.where(masked, -low, x))
        kept += (masked == 0).to(tl.int32)
        lost += (x != x).to(tl.int32)
        wild += (x == -low).to(tl.int32)
        lone += (masked != (y == low)).to(tl.int32)
    number, odd = tl.sum(kept), (tl.sum(lost) > 0, tl.sum(wild) > 0, tl.sum(lone) > 0)
    return tl.sum(total) / number, tl.max(most), tl.min(least), number, odd


@triton.jit
def rank(row, other, vocabulary, most, best, BLOCK: tl.constexpr):
    """Return the lowest id of the highest logit, the lowest that is highest on both sides, the gap, and the drop."""
    low = float("-inf")
    first, both = tl.full([BLOCK], 2147483647, tl.int32), tl.full([BLOCK], 2147483647, tl.int32)
    many = tl.zeros([BLOCK], tl.int32)
    second, theirs = tl.full([BLOCK], low, tl.float64), tl.full([BLOCK], low, tl.float64)
    for start in tl.range(0, vocabulary, BLOCK):
        at = start + tl.arange(0, BLOCK)
        x, y = load(row, at, vocabulary), load(other, at, vocabulary)
        top, their = (x == most) & (at < vocabulary), (y == best) & (at < vocabulary)
        first = tl.minimum(first, tl.where(top, at, 2147483647))
        both = tl.minimum(both, tl.where(top & their, at, 2147483647))
        many += top.to(tl.int32)
        second = tl.maximum(second, tl.where(x < most, x, low))
        theirs = tl.maximum(theirs, tl.where(their, x, low))
    gap = tl.where(tl.sum(many) > 1, 0.0, most - tl.max(second))
    return tl.min(first), tl.min(both), gap, most - tl.max(theirs)


@triton.jit
def compare(a_row, b_row, vocabulary, mean_a, mean_b, most_a, most_b, BLOCK: tl.constexpr):
    """Return the centred sums aa, ab, bb, dd of two rows, their largest centred difference, and KL."""
    zero = tl.zeros([BLOCK], tl.float64)
    aa, ab, bb, dd, far, ea, eb, ed = zero, zero, zero, zero, zero, zero, zero, zero
    for start in tl.range(0, vocabulary, BLOCK):
        at = start + tl.arange(0, BLOCK)
        a, b = load(a_row, at, vocabulary), load(b_row, at, vocabulary)
        kept = a > float("-inf")
        up_a, up_b = tl.where(kept, a - most_a, 0.0), tl.where(kept, b - most_b, 0.0)
        weight = tl.where(kept, tl.exp(up_a), 0.0)
        ea += weight
        eb += tl.where(kept, tl.exp(up_b), 0.0)
        ed += weight * (up_a - up_b)
        a, b = tl.where(kept, a - mean_a, 0.0), tl.where(kept, b - mean_b, 0.0)
        aa, ab, bb, dd = aa + a * a, ab + a * b, bb + b * b, dd + (b - a) * (b - a)
        far = tl.maximum(far, tl.abs(b - a))
    weights = tl.sum(ea)
    kl = tl.sum(ed) / weights - tl.log(weights) + tl.log(tl.sum(eb))
    return tl.sum(aa), tl.sum(ab), tl.sum(bb), tl.sum(dd), tl.max(far), tl.maximum(kl, 0.0)


@triton.jit
def conclude(aa, ab, bb, dd, flat_a, flat_b):
    """Return cosine, norm ratio and NMSE; over a flat reference what `evidence.parity` says."""
    beyond = tl.where(flat_b, 0.0, float("inf"))
    ratio = tl.where(flat_a, tl.where(flat_b, 1.0, beyond), tl.where(flat_b, 0.0, tl.sqrt(bb / aa)))
    cosine = tl.where(flat_a | flat_b, tl.where(flat_a & flat_b, 1.0, 0.0), ab / (tl.sqrt(aa) * tl.sqrt(bb)))
    return cosine, ratio, tl.where(flat_a, beyond, tl.where(flat_b, 1.0, dd / aa))


@triton.jit
def review(reference, subject, rows, out, stride_a, stride_b, vocabulary, width, number, BLOCK: tl.constexpr):
    """Write all 20 columns of one of the *rows* to *out*, column by column, in the order of `measured.COLUMNS`."""
    pid = tl.program_id(0)
    row = tl.load(rows + pid)
    a_row, b_row, none = reference + row * stride_a, subject + row * stride_b, float("nan")
    mean_a, most_a, least_a, kept, odd_a = survey(a_row, b_row, vocabulary, BLOCK)
    mean_b, most_b, least_b, _, odd_b = survey(b_row, a_row, vocabulary, BLOCK)
    fine_a, fine_b, equal = (odd_a[0] | odd_a[1]) == 0, (odd_b[0] | odd_b[1]) == 0, odd_a[2] == 0
    sound, sure = fine_a & fine_b & equal & (kept > 0), fine_a & fine_b
    flat_a, flat_b = sound & (most_a == least_a), sound & (most_b == least_b)
    aa, ab, bb, dd, far, kl = compare(a_row, b_row, vocabulary, mean_a, mean_b, most_a, most_b, BLOCK)
    cosine, ratio, nmse = conclude(aa, ab, bb, dd, flat_a, flat_b)
    top_a, both, gap_a, drop_a = rank(a_row, b_row, vocabulary, most_a, most_b, BLOCK)
    top_b, both, gap_b, drop_b = rank(b_row, a_row, vocabulary, most_b, most_a, BLOCK)
    has_a, has_b = fine_a & (most_a > float("-inf")), fine_b & (most_b > float("-inf"))
    same = sure & has_a & has_b & (drop_a == 0) & (drop_b == 0)
    top_a, top_b = tl.where(has_a, top_a, -1), tl.where(has_b, top_b, -1)
    tops = (tl.where(same, both, top_a), tl.where(same, both, top_b))
    gaps = (tl.where(has_a, gap_a, none), tl.where(has_b, gap_b, none))
    drops = (tl.where(has_a & sure, drop_a, none), tl.where(has_b & sure, drop_b, none))
    tail, peak = trail(a_row, b_row, vocabulary, width, 128)
    leak = (peak.to(tl.float64) > most_b) & (odd_b[0] == 0)
    numbers = (cosine, ratio, kl, far, nmse, mean_b - mean_a)
    rest = (tl.where(equal, kept, 0), fine_a, fine_b, equal, flat_a, flat_b, tail, leak)
    for column in tl.static_range(6):
        tl.store(out + column * number + pid, tl.where(sound, numbers[column], none))
    every = tops + gaps + drops + rest
    for column in tl.static_range(14):
        tl.store(out + (6 + column) * number + pid, every[column].to(tl.float64))
