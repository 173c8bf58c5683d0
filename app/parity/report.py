"""A comparison for a terminal and for machines: (JSON values, what rich prints, exit status)."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from app.parity import table
from evidence.parity.verdict import Verdict, count_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.parity.comparison import Comparison, Outcome
    from evidence.parity.row import Summary
    from evidence.parity.tier import Tier

STATUSES = {
    Verdict.MATCH: 0,
    Verdict.NEAR_TIE: 0,
    Verdict.MISMATCH: 1,
    Verdict.INVALID_COMPARISON: 3,
    Verdict.NOT_MEASURED: 3,
}
WORDS = {
    Verdict.MATCH: "match",
    Verdict.NEAR_TIE: "match but for near-ties",
    Verdict.MISMATCH: "mismatch",
    Verdict.INVALID_COMPARISON: "invalid comparison",
    Verdict.NOT_MEASURED: "not measured",
}
_COLOURS = {0: "bold green", 1: "bold red", 3: "bold yellow"}
_SHOWN = 8


def describe(outcome: Outcome) -> tuple[Any, Any, int]:
    """Describe a comparison; status 0 where it holds, 1 for a mismatch, 3 where nothing was measured."""
    data: dict[str, Any] = {"verdict": outcome.verdict.value, "reason": outcome.reason}
    data["comparisons"] = [_describe(one) for one in outcome.comparisons]
    if outcome.noise:
        floor = [_describe_floor(one) for one in outcome.noise.floor]
        data["noise"] = {"sha256": outcome.noise.digests, "steady": outcome.noise.is_steady, "floor": floor}
    return clean(data), Group(*_show(outcome)), STATUSES[outcome.verdict]


def clean(value: Any) -> Any:
    """Return *value* as JSON has it: a number that is none, or is infinite, is null."""
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _describe(one: Comparison) -> dict[str, Any]:
    judged, summary = one.judgement, one.judgement.summary
    told = {
        "reference": str(one.reference.path),
        "subject": str(one.subject.path),
        "verdict": judged.verdict.value,
        "reasons": judged.reasons,
        "remarks": judged.remarks,
        "tier": asdict(judged.tier),
        "stored": [one.reference.kind, one.subject.kind],
        "backend": one.measured.backend if one.measured else None,
    }
    return told | (_describe_numbers(summary, judged.tier) if summary else {})


def _describe_numbers(summary: Summary, tier: Tier) -> dict[str, Any]:
    said = asdict(summary)
    lines = {line.key: (line.bound, line.kept) for line in table.tabulate(summary, tier)}
    numbers = {key: said[key] | dict(zip(("bound", "kept"), lines[key], strict=True)) for key in lines if key in said}
    listed = [asdict(row) | {"class": row.relate(tier.tau).value} for row in summary.listed]
    rest = {key: value for key, value in said.items() if key not in numbers and key != "listed"}
    return {"numbers": numbers, **rest, "near_ties_allowed": count_allowed(summary.positions, tier), "listed": listed}


def _describe_floor(summary: Summary) -> dict[str, Any]:
    kl, apart = summary.kl, summary.max_abs
    return {"kl": kl and kl.worst, "max_abs": apart and apart.worst, "compared": summary.compared}


def _show(outcome: Outcome) -> Iterator[Any]:
    """Yield what a person reads: the verdict first."""
    several = len(outcome.comparisons) > 1
    if several:
        yield Text(WORDS[outcome.verdict].upper(), style=_COLOURS[STATUSES[outcome.verdict]])
        yield Text(f"  {outcome.reason}")
        yield Text(f"  {describe_noise(outcome)}\n")
    for one in outcome.comparisons:
        yield from _show_one(one, several=several)


def _show_one(one: Comparison, *, several: bool) -> Iterator[Any]:
    judged = one.judgement
    head = Text(WORDS[judged.verdict].upper(), style=_COLOURS[STATUSES[judged.verdict]])
    head.append(f" · {head_line(one)}", style="not bold default")
    yield head
    if several:
        yield Text(f"  {one.subject.path}", style="dim")
    for reason in judged.reasons:
        yield Text(f"  {reason}")
    if judged.summary:
        yield from _show_numbers(judged.summary, judged.tier)
    for note in judged.remarks:
        yield Text(f"note  {note}", style="yellow")


def head_line(one: Comparison) -> str:
    """Return tier and size of a comparison."""
    tier = one.judgement.tier
    precision = "" if tier.dtype != "float32" else f", TF32 {'on' if tier.tf32 else 'off'}"
    summary = one.judgement.summary
    size = f" · {summary.positions:,} positions × {summary.vocabulary:,} ids" if summary else ""
    return f"tier {tier.name} ({tier.dtype}{precision}){size}"


def describe_noise(outcome: Outcome) -> str:
    """Return what several goes say of themselves, as one sentence without its full stop."""
    goes = len(outcome.comparisons)
    if outcome.noise is None or outcome.noise.is_steady:
        return f"{goes} goes gave the same bytes"
    told = f"{goes} goes gave {len(set(outcome.noise.digests))} different results"
    floor = outcome.noise.floor
    if not floor:
        return f"{told}; how far apart they are was not measured"
    apart = [one.kl.worst for one in floor if one.kl and not math.isnan(one.kl.worst)]
    if apart:
        further = ", and further than a number can tell" if len(apart) < sum(bool(one.kl) for one in floor) else ""
        told += f", up to KL {max(apart):.3g} from the first{further}"
    lacking = max(one.positions - one.compared for one in floor)
    where = f"in {lacking:,} position{'s' if lacking != 1 else ''}"
    return f"{told}; {where} there is nothing to compare" if lacking else told


def _show_numbers(summary: Summary, tier: Tier) -> Iterator[Any]:
    lines = list(table.tabulate(summary, tier))
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("")
    for name in ("worst", "position", "mean", "bound"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("")
    for line in lines:
        shown.add_row(*line.cells, line.mark, style="red" if line.kept is False else None)
    yield Text("")
    if lines:
        yield shown
    yield Text(f"top id  {table.describe_tops(summary, tier)}")
    for row in summary.listed[:_SHOWN]:
        yield Text(f"        at {table.describe_flip(row, tier)}")
    more = summary.near_ties + summary.flips - _SHOWN
    if more > 0:
        yield Text(f"        and {more:,} more: --json lists {len(summary.listed):,} of them")
    yield Text(f"risk    {table.describe_risk(summary)}")
