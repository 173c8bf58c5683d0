"""The tiers: how far a correct run may be from its reference, by what it computes in, and why so far."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bound:
    """How far one number of a row may be: its *name* and unit for people, and *key*, the field of a summary.

    *least* and *most* are both kept; one that is infinite bounds nothing.
    """

    name: str
    unit: str
    key: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Tier:
    """Bounds for one kind of arithmetic. Every row must keep them; a bound that is missed anywhere is a mismatch.

    *cosine* is the least centred cosine, *norm* how far the norm ratio may be from 1, *kl* and *kl_mean* are in nats,
    *max_abs* and *tau* in logits, *nmse* is a ratio. *share* is how many of the rows may be near-ties; one always may.
    *reason* says where the numbers come from.
    """

    name: str
    dtype: str
    tf32: bool
    cosine: float
    norm: float
    kl: float
    kl_mean: float
    max_abs: float
    nmse: float
    tau: float
    share: float
    reason: str

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The bounds of every row, in the order in which they are told."""
        return (
            Bound("KL", "nats", "kl", -math.inf, self.kl),
            Bound("centred cosine", "", "cosine", self.cosine, math.inf),
            Bound("norm ratio", "", "norm_ratio", 1 - self.norm, 1 + self.norm),
            Bound("max-abs", "logits", "max_abs", -math.inf, self.max_abs),
            Bound("NMSE", "", "nmse", -math.inf, self.nmse),
        )


STRICT = Tier(
    "strict",
    "float32",
    tf32=False,
    cosine=1 - 1e-6,
    norm=1e-4,
    kl=1e-6,
    kl_mean=1e-7,
    max_abs=5e-3,
    nmse=1e-7,
    tau=1e-3,
    share=0.01,
    reason="An NVIDIA H200 with TF32 off, beside a CPU, gives at most KL 7e-10, max-abs 1.1e-4 and NMSE 4.3e-11 on a "
    "135M language model, four texts of 512 positions and the cache among them. TF32 that nobody told of gives "
    "KL 1.2e-6 and max-abs 6e-3 on the smallest network tried, and must not pass; the smallest of eight injected bugs "
    "gives KL 4.8e-3.",
)
TF32 = Tier(
    "tf32",
    "float32",
    tf32=True,
    cosine=0.9999,
    norm=5e-3,
    kl=2e-4,
    kl_mean=2e-5,
    max_abs=0.5,
    nmse=2e-5,
    tau=1e-2,
    share=0.01,
    reason="A 135M language model on an NVIDIA H200 with TF32 on gave KL 4.2e-5, max-abs 0.045 and NMSE 6.1e-6 over "
    "512 positions; the smallest of eight injected bugs gave KL 6.8e-3 and NMSE 1.3e-3 there.",
)
FLOAT16 = Tier(
    "float16",
    "float16",
    tf32=True,
    cosine=0.998,
    norm=0.01,
    kl=2e-3,
    kl_mean=2e-4,
    max_abs=1.0,
    nmse=1e-4,
    tau=0.03,
    share=0.02,
    reason="All in float16 (10 bits) gave a worst cosine of 0.99972, KL 8e-4, max-abs 0.15, and a flip at a gap of "
    "0.011; with the frequencies of the positions left in float32, as models are loaded, KL 1.2e-4 and NMSE 2.2e-5.",
)
BFLOAT16 = Tier(
    "bfloat16",
    "bfloat16",
    tf32=True,
    cosine=0.99,
    norm=0.03,
    kl=2e-2,
    kl_mean=3e-3,
    max_abs=4.0,
    nmse=3e-3,
    tau=0.25,
    share=0.05,
    reason="All in bfloat16 (7 bits) gave a worst cosine of 0.99531, KL 7.2e-3, mean KL 1.2e-3, max-abs 1.4 and flips "
    "at gaps up to 0.22 in 2 % of the rows; on an NVIDIA H200 KL 8.4e-3 and NMSE 1.5e-3. A small structural bug hides "
    "in that noise (KL 1.5e-2): the strict tier is for it.",
)
FLOAT8 = Tier(
    "float8",
    "float8",
    tf32=True,
    cosine=0.85,
    norm=0.1,
    kl=1.0,
    kl_mean=5e-2,
    max_abs=8.0,
    nmse=2e-2,
    tau=0.75,
    share=0.12,
    reason="Weights in e4m3, a scale for each row, gave a worst cosine of 0.886, KL 0.55, mean KL 2.7e-2 and 8.6 % of "
    "the rows flipped. Against a float32 reference this says little: give a quantised run a reference of its own kind.",
)
TIERS = {tier.name: tier for tier in (STRICT, TF32, FLOAT16, BFLOAT16, FLOAT8)}


def find(dtype: str, *, tf32: bool = False) -> Tier | None:
    """Return the tier of what was computed in *dtype* (`torch.float32` and `float32` are one); None: there is none."""
    name = dtype.removeprefix("torch.")
    if name == "float32":
        return TF32 if tf32 else STRICT
    return next((tier for tier in TIERS.values() if name.startswith(tier.dtype)), None)
