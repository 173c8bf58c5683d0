"""Several goes of one subject: they hold only together, and what disagrees is unstable. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.parity.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evidence.parity.row import Summary
    from evidence.parity.verdict import Judgement


@dataclass(frozen=True, slots=True)
class Noise:
    """What the goes say of themselves: a digest of the logits of each, and how far each is from the first.

    One digest throughout is a subject that computes the same each time; several are its noise floor.
    """

    digests: tuple[str, ...]
    floor: tuple[Summary, ...] = ()

    @property
    def is_steady(self) -> bool:
        """Whether all goes gave the same bytes."""
        return len(set(self.digests)) == 1


def agree(judgements: Sequence[Judgement]) -> tuple[Verdict, str]:
    """Return the verdict of all goes together, and why.

    A go that holds is never taken for the others: where some hold and some do not, nothing was measured. Running it
    again until it holds changes nothing, because every go counts.
    """
    verdicts = [one.verdict for one in judgements]
    if not verdicts:
        return Verdict.NOT_MEASURED, "no subject was given"
    for verdict in (Verdict.INVALID_COMPARISON, Verdict.NOT_MEASURED):
        if verdict in verdicts:
            return verdict, _name(judgements, verdict)
    held = sum(one.holds for one in verdicts)
    if 0 < held < len(verdicts):
        return Verdict.NOT_MEASURED, f"unstable: it holds in {held} of {len(verdicts)} goes"
    if held and Verdict.NEAR_TIE in verdicts:
        return Verdict.NEAR_TIE, _name(judgements, Verdict.NEAR_TIE)
    return verdicts[0], _name(judgements, verdicts[0])


def _name(judgements: Sequence[Judgement], verdict: Verdict) -> str:
    """Return the first reason of the first go with that verdict, with its number where there are several."""
    number, first = next((n, one) for n, one in enumerate(judgements, start=1) if one.verdict is verdict)
    return f"go {number} of {len(judgements)}: {first.reasons[0]}" if len(judgements) > 1 else first.reasons[0]
