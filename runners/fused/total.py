"""From the parts of a row to its numbers, in float64, with a check that the float32 sums are good enough for them.

A row that is not *sound* has no numbers here: something in it is not finite, or digits were lost, or tops are tied in a
way that single ids do not tell. `review` reads it again, slowly and with care.
"""

import triton
import triton.language as tl

from runners.fused.sweep import FAR

BITS = tl.constexpr(1.4426950408889634)
LEAN = tl.constexpr(1000.0)
"""How many times the reference's variance the square of its mean may be: so many times the sums' rounding is in it."""
SLANT = tl.constexpr(10000.0)
"""The same for the mean of the differences."""
SMALL = tl.constexpr(0.0625)
"""The least share of the reference's variance that the subject's may be: it is got by subtraction."""
PALE = tl.constexpr(1e-15)
"""Squares of smaller differences vanish in float32, and those of other values below the square of it."""
STEEP = tl.constexpr(100.0)
"""Bits above the pilot from where a weight comes near the end of float32."""
RISE = tl.constexpr(40.0)
"""Nats by which a logit of the subject may be above the reference's: a weight of 0 may be 2^-126 of the largest."""
SLIGHT = tl.constexpr(1e-3)
"""Up to here the first terms of log(1 + x) are right to the last digits."""
FADED = tl.constexpr(0.1)
"""The least share of its terms that their sum, E[exp d], may be."""


@triton.jit
def crown(best, second, top):
    """Return the best logit of a row, the second best and the lowest id of the best, from those of its parts."""
    most = tl.max(best)
    holds = best == most
    after = tl.max(tl.where(holds, second, best))
    after = tl.where(tl.sum(holds.to(tl.int32)) > 1, most, after)
    return most, after, tl.min(tl.where(holds, top, float(FAR))).to(tl.int32)


@triton.jit
def join(number, sa, sd, saa, sad, sdd):
    """Return the mean difference and the centred sums of squares of a row, and the squares of the means in it."""
    part, whole = 1.0 / tl.maximum(number, 1.0), 1.0 / tl.sum(number)
    mean, shift = tl.sum(sa) * whole, tl.sum(sd) * whole
    ma, md = sa * part, sd * part
    caa = tl.sum(saa - sa * ma + number * (ma - mean) * (ma - mean))
    cad = tl.sum(sad - sa * md + number * (ma - mean) * (md - shift))
    cdd = tl.sum(sdd - sd * md + number * (md - shift) * (md - shift))
    return shift, caa, cad, tl.maximum(cdd, 0.0), tl.sum(sa * ma), tl.sum(sd * md)


@triton.jit
def diverge(ea, ed, ef, pilot, PACKED: tl.constexpr):
    """Return the KL of a row, log E[exp d] - E[d] with E[exp d] = 1 + E[d] + E[exp d - 1 - d], and whether it cancels.

    What each part's weights are relative to does not matter.
    """
    scale = tl.exp2(pilot - tl.max(pilot))
    weight = 1.0 / tl.sum(ea * scale)
    mean, bent = tl.sum(ed * scale) * weight, tl.sum(ef * scale) * weight
    if PACKED:
        bent = bent - 1.0 - mean
    grown = mean + bent
    near = bent - grown * grown * (0.5 - grown * (1 / 3 - grown * 0.25))
    kl = tl.where(tl.abs(grown) < SLIGHT, near, tl.log(1.0 + grown) - mean)
    return tl.maximum(kl, 0.0), 1.0 + grown >= FADED * (1.0 + tl.abs(mean) + bent)


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
    return kept & near & (up <= RISE) & (caa + cbb + kl + far < float("inf"))


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
def take(at, field, step, inside):
    """Return one of the sums of all parts of a row."""
    return tl.load(at + field * step, mask=inside, other=0.0)


@triton.jit
def compare(at, step, inside, number, up, down, PACKED: tl.constexpr):
    """Return cosine, norm ratio, KL, max-abs, NMSE, shift of a row, whether they are sound, and the highest pilot."""
    sa, sd, saa = take(at, 0, step, inside), take(at, 1, step, inside), take(at, 2, step, inside)
    sad, sdd, ea = take(at, 3, step, inside), take(at, 4, step, inside), take(at, 5, step, inside)
    ed, ef = take(at, 6, step, inside), take(at, 7, step, inside)
    pilot = tl.load(at + 16 * step, inside, float("-inf"))
    kl, kept = diverge(ea, ed, ef, pilot, PACKED)
    shift, caa, cad, cdd, away, aside = join(number, sa, sd, saa, sad, sdd)
    cbb, equal, over = caa + 2 * cad + cdd, up == down, 1.0 / caa
    sound = trust(caa, cbb, cdd, away, aside, kl, up, down, tl.sum(number)) & kept
    ratio = tl.sqrt(cbb * over)
    cosine = tl.where(equal, 1.0, (caa + cad) * over / ratio)
    apart = tl.where(equal, 0.0, tl.maximum(up - shift, shift - down))
    ratio, kl, nmse = tl.where(equal, 1.0, ratio), tl.where(equal, 0.0, kl), tl.where(equal, 0.0, cdd * over)
    return (cosine, ratio, kl, apart, nmse, shift), sound, tl.max(pilot)


@triton.jit
def choose(at, step, inside):
    """Return the best logit of a side, the second best and its id, of what the parts say from *at* on."""
    low = float("-inf")
    return crown(tl.load(at, inside, low), tl.load(at + step, inside, low), tl.load(at + 2 * step, inside, low))


@triton.jit(do_not_specialize=["vocabulary", "width", "rows", "parts"])
def total(reference, subject, partial, out, stride_a, stride_b, vocabulary, width, length, rows, parts,
          ROOM: tl.constexpr, PACKED: tl.constexpr, EARLY: tl.constexpr):  # fmt: skip
    """Write 15 columns of one row to *out*, column by column: as `launch` takes them, and whether the row is sound."""
    if EARLY:
        tl.extra.cuda.gdc_wait()
    row = tl.program_id(0)
    a_row = reference + row.to(tl.int64) * stride_a
    b_row = subject + row.to(tl.int64) * stride_b
    part = tl.arange(0, ROOM)
    inside = part < parts
    number = tl.where(inside, tl.minimum(vocabulary - part * length, length), 0).to(tl.float64)
    at, step = partial + row * parts + part, rows * parts
    most_a, after_a, top_a = choose(at + 8 * step, step, inside)
    most_b, after_b, top_b = choose(at + 11 * step, step, inside)
    a_there = tl.load(a_row + tl.minimum(top_b, vocabulary - 1)).to(tl.float64)
    b_there = tl.load(b_row + tl.minimum(top_a, vocabulary - 1)).to(tl.float64)
    up = tl.max(tl.load(at + 14 * step, inside, float("-inf")))
    down = tl.min(tl.load(at + 15 * step, inside, float("inf")))
    numbers, sound, pilot = compare(at, step, inside, number, up, down, PACKED)
    top_a, top_b, drop_a, drop_b, known = match(most_a, after_a, top_a, most_b, after_b, top_b, a_there, b_there)
    sound = sound & known & (most_a * BITS - pilot <= STEEP)
    tail, peak = trail(a_row, b_row, vocabulary, width, 128)
    tops = (top_a, top_b, most_a - after_a, most_b - after_b, drop_a, drop_b)
    every = numbers + tops + (tail, peak > most_b, sound)
    for column in tl.static_range(15):
        tl.store(out + column * rows + row, every[column].to(tl.float64))
