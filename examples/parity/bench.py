"""The model and its reference at hand: one run of the subject after the other, each beside the same reference."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from bug import broken

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evidence.parity import exact, tier
from evidence.parity.measured import Measured, allocate
from runners.probe import proof, setting, way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evidence.parity.tier import Tier

NAN = "a NaN in one row"
PLANTED = 100
"""The position of the planted NaN."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the subject: what was changed (empty: nothing), the tier that it computes and is judged in.

    *way* is that of the probe; *holds* says whether the judge must accept it, None that nobody claims either.
    """

    change: str
    tier: Tier
    way: str = "forward"
    holds: bool | None = True

    @property
    def name(self) -> str:
        """What people read."""
        how = ", with the cache" if self.way == "incremental" else ""
        return f"{self.change or 'as it is'}{how}"


def plan(bugs: Iterator[str], harmless: str) -> Iterator[Run]:
    """Yield every run: all that must come out in the strict tier, then lower precision with and without each bug."""
    bugs_ = tuple(bugs)
    yield Run("", tier.STRICT)
    yield Run(harmless, tier.STRICT)
    for bug in (*bugs_, NAN):
        yield Run(bug, tier.STRICT, holds=False)
    for one in (tier.TF32, tier.FLOAT16, tier.BFLOAT16):
        yield Run("", one)
    for one in (tier.TF32, tier.FLOAT16, tier.BFLOAT16):
        for bug in bugs_:
            yield Run(bug, one, holds=None)
    yield Run("", tier.STRICT, "incremental")


@dataclass(frozen=True, slots=True)
class Bench:
    """What stays the same from run to run.

    The model on the CPU as it was read, the device, the ids, the reference's logits, the number of real ids.

    *settled* keeps the copies of the model on the device, by the name of their tier.
    """

    module: Any
    device: Any
    ids: list[int]
    reference: Any
    vocabulary: int
    settled: dict[str, Any]

    def play(self, run: Run) -> Any:
        """Return the logits of one run, positions × vocabulary, as float32 on the CPU."""
        setting.apply(torch, tf32=run.tier is tier.TF32)
        module = self._settle(run.tier)
        walk = way.advance if run.way == "incremental" else way.forward
        with nullcontext() if run.change in {"", NAN} else broken(module, run.change):
            logits = torch.cat([rows.float().cpu() for rows in walk(way.Model(torch, module, self.device), self.ids)])
        if run.change == NAN:
            logits[min(PLANTED, len(self.ids) - 1), 17] = torch.nan
        return logits

    def _settle(self, tier_: Tier) -> Any:
        """Return a copy of the model on the device, in the precision of a tier; the same one each time."""
        if tier_.name not in self.settled:
            module = self.settled[tier_.name] = deepcopy(self.module)
            proof.settle(torch, module, self.device, tier_.dtype)
            if tier_ is tier.TF32 and self.device.type == "cpu":
                _round(module)
        return self.settled[tier_.name]

    def measure(self, logits: Any) -> Measured:
        """Return the numbers of every position, in float64, the rows shared out among threads."""
        width = logits.shape[1]
        table, pairs = allocate(len(logits)), zip(self.reference.numpy(), logits.numpy(), strict=True)
        with ThreadPoolExecutor() as pool:
            rows = pool.map(lambda pair: exact.measure(*pair, self.vocabulary), pairs)
            for n, row in enumerate(rows):
                table[n] = row
        return Measured(table, self.vocabulary, width - self.vocabulary, "float64")


def _round(module: Any) -> None:
    """Round weights to the ten bits of TF32, because a CPU has none: half of what a GPU rounds."""
    for one in module.parameters():
        one.data = ((one.data.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)
