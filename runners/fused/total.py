"""From the parts of a row to its numbers, in float64, with a check that the float32 sums are good enough for them.

A row that is not *sound* has no numbers here: something in it is not finite, or a pilot was so bad that digits are lost,
or tops are tied in a way that single ids do not tell. It has to be read again, slowly and with care.
"""

import triton
import triton.language as tl

from runners.fused.sweep import FAR

BITS = tl.constexpr(1.4426950408889634)
LEAN = tl.constexpr(64.0)
"""How many times the variance the square of pilot less mean may be: so many times the sums' rounding is in it."""
SLANT = tl.constexpr(10000.0)
"""The same for the mean of the differences."""
SMALL = tl.constexpr(0.0625)
"""The least share of the reference's variance that the subject's may be: it is got by subtraction."""
PALE = tl.constexpr(1e-15)
"""Squares of smaller differences vanish in float32, and those of other values below the square of it."""
STEEP = tl.constexpr(100.0)
"""Bits above the pilot from where a weight comes near the end of float32."""


@triton.jit
def crown(best, second, top):
    """Return the best logit of a row, the second best and the lowest id of the best, from those of its parts."""
    most = tl.max(best)
    holds = best == most
    after = tl.max(tl.where(holds, second, best))
    after = tl.where(tl.sum(holds.to(tl.int32)) > 1, most, after)
    return most, after, tl.min(tl.where(holds, top, float(FAR))).to(tl.int32)


@triton.jit
def join(number, count, sa, sd, saa, sad, sdd, pilot):
    """Return the mean difference and the centred sums of squares of a row, and how far its pilots lay from the means."""
    ma, md = pilot + sa / count, sd / count
    mean, shift = tl.sum(ma * number) / tl.sum(number), tl.sum(md * number) / tl.sum(number)
    away, aside = tl.sum(sa * sa / count), tl.sum(sd * sd / count)
    caa = tl.sum(saa - sa * sa / count + number * (ma - mean) * (ma - mean))
    cad = tl.sum(sad - sa * sd / count + number * (ma - mean) * (md - shift))
    cdd = tl.sum(sdd - sd * sd / count + number * (md - shift) * (md - shift))
    return shift, caa, cad, tl.maximum(cdd, 0.0), away, aside


@triton.jit
def diverge(ea, ed, ef, high):
    """Return the KL of a row: log E[exp d] - E[d], whatever each part's weights are relative to."""
    scale = tl.exp2(high - tl.max(high))
    weight = tl.sum(ea * scale)
    return tl.maximum(tl.log(tl.sum(ef * scale) / weight) - tl.sum(ed * scale) / weight, 0.0)


@triton.jit
def match(most_a, after_a, top_a, most_b, after_b, top_b, a_there, b_there):
    """Return both tops, both drops and whether they are settled; *a_there* is the reference at the subject's top."""
    first = b_there == most_b
    same = first | (a_there == most_a)
    both = tl.where(first, top_a, top_b)
    known = same | ((after_a < most_a) & (after_b < most_b))
    drop_a, drop_b = tl.where(same, 0.0, most_a - a_there), tl.where(same, 0.0, most_b - b_there)
    return tl.where(same, both, top_a), tl.where(same, both, top_b), drop_a, drop_b, known


@triton.jit
def trust(caa, cbb, cdd, away, aside, kl, up, down, number):
    """Return whether the sums of a row kept their digits; what is not finite did not."""
    far = tl.maximum(tl.abs(up), tl.abs(down))
    near = (up == down) | ((aside <= SLANT * cdd) & (far >= PALE))
    kept = (caa > PALE * PALE * number) & (away <= LEAN * caa) & (cbb >= SMALL * (caa + cdd))
    return kept & near & (caa + cbb + kl + far < float("inf"))


@triton.jit
def trail(a_row, b_row, vocabulary, width, BLOCK: tl.constexpr):
    """Return the largest difference in the padded tail of a row, and the highest logit of the subject in it."""
    apart = tl.zeros([BLOCK], tl.float64)
    most = tl.full([BLOCK], float("-inf"), tl.float32)
    for start in tl.range(vocabulary, width, BLOCK):
        at = start + tl.arange(0, BLOCK)
        a = tl.load(a_row + at, mask=at < width, other=float("-inf")).to(tl.float32)
        b = tl.load(b_row + at, mask=at < width, other=float("-inf")).to(tl.float32)
        d = tl.abs(b.to(tl.float64) - a.to(tl.float64))
        d = tl.where(a == b, 0.0, tl.where(d < float("inf"), d, float("inf")))
        apart, most = tl.maximum(apart, d), tl.maximum(most, b)
    return tl.max(apart), tl.max(most)


@triton.jit
def compare(at, step, inside, number, high, up, down):
    """Return cosine, norm ratio, KL, max-abs, NMSE and shift of a row, and whether they are sound."""
    count = tl.maximum(number, 1.0)
    sa, sd, saa = tl.load(at, inside, 0.0), tl.load(at + step, inside, 0.0), tl.load(at + 2 * step, inside, 0.0)
    sad, sdd, pilot = tl.load(at + 3 * step, inside, 0.0), tl.load(at + 4 * step, inside, 0.0), tl.load(at + 16 * step, inside, 0.0)
    ea, ed, ef = tl.load(at + 5 * step, inside, 0.0), tl.load(at + 6 * step, inside, 0.0), tl.load(at + 7 * step, inside, 0.0)
    shift, caa, cad, cdd, away, aside = join(number, count, sa, sd, saa, sad, sdd, pilot)
    cbb = caa + 2 * cad + cdd
    kl = diverge(ea, ed, ef, high)
    sound = trust(caa, cbb, cdd, away, aside, kl, up, down, tl.sum(number))
    equal = up == down
    cosine = tl.where(equal, 1.0, (caa + cad) / tl.sqrt(caa * cbb))
    apart = tl.where(equal, 0.0, tl.maximum(up - shift, shift - down))
    ratio, nmse = tl.where(equal, 1.0, tl.sqrt(cbb / caa)), tl.where(equal, 0.0, cdd / caa)
    return (cosine, ratio, tl.where(equal, 0.0, kl), apart, nmse, shift), sound


@triton.jit
def total(reference, subject, partial, out, stride_a, stride_b, vocabulary, width, length, rows,
          SPLIT: tl.constexpr, ROOM: tl.constexpr):  # fmt: skip
    """Write the 15 columns of one row to *out*: twelve of `measured.COLUMNS`, tail, leak, and whether it is sound."""
    row = tl.program_id(0)
    a_row = reference + row.to(tl.int64) * stride_a
    b_row = subject + row.to(tl.int64) * stride_b
    part = tl.arange(0, ROOM)
    inside = part < SPLIT
    number = tl.where(inside, tl.minimum(vocabulary - part * length, length), 0).to(tl.float64)
    at, step, low = partial + row * SPLIT + part, rows * SPLIT, float("-inf")
    best, second, top = tl.load(at + 8 * step, inside, low), tl.load(at + 9 * step, inside, low), tl.load(at + 10 * step, inside, low)
    most_a, after_a, top_a = crown(best, second, top)
    best, second, top = tl.load(at + 11 * step, inside, low), tl.load(at + 12 * step, inside, low), tl.load(at + 13 * step, inside, low)
    most_b, after_b, top_b = crown(best, second, top)
    up, down = tl.max(tl.load(at + 14 * step, inside, low)), tl.min(tl.load(at + 15 * step, inside, -low))
    high = tl.load(at + 17 * step, inside, low)
    numbers, sound = compare(at, step, inside, number, high, up, down)
    a_there = tl.load(a_row + tl.minimum(top_b, vocabulary - 1)).to(tl.float64)
    b_there = tl.load(b_row + tl.minimum(top_a, vocabulary - 1)).to(tl.float64)
    top_a, top_b, drop_a, drop_b, known = match(most_a, after_a, top_a, most_b, after_b, top_b, a_there, b_there)
    sound = sound & known & (most_a * BITS - tl.max(high) <= STEEP)
    tail, peak = trail(a_row, b_row, vocabulary, width, 128)
    tops = (top_a, top_b, most_a - after_a, most_b - after_b, drop_a, drop_b)
    every = numbers + tops + (tail, (peak > most_b), sound)
    for column in tl.static_range(15):
        tl.store(out + column * rows + row, every[column].to(tl.float64))
