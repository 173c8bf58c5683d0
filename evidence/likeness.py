"""The section of a page about compared logits: numbers, what differs, and the picture. Markdown, pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evidence.agreement import name_picture
from evidence.model import Parity
from evidence.quote import cell, code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evidence.model import Measurement
    from evidence.parity.number import Flip, Numbers

_SHOWN = 12
_SHORT = 16


def render(rows: Iterable[Measurement]) -> str:
    """Return one part for each comparison that was measured, in the order of the table; empty where there is none.

    The same prediction stands there once for each repeat, so that its n-th row is of the n-th repeat.
    """
    parts: list[str] = []
    met: Counter[Parity] = Counter()
    for row in rows:
        if isinstance(row.prediction, Parity):
            met[row.prediction] += 1
            if row.parity:
                parts.append(_tell(row.prediction, row.parity, met[row.prediction]))
    return "\n\n".join(dict.fromkeys(parts))


def _tell(prediction: Parity, numbers: Numbers, repeat: int) -> str:
    legs = f"{code(prediction.leg)} against {code(prediction.reference)}, tier {code(numbers.tier)}"
    again = f", run {repeat}" if repeat > 1 else ""
    head = f"{legs}{again}: **{numbers.verdict.replace('_', ' ')}**"
    picture = f"![KL and centred cosine at every position]({name_picture(prediction, repeat)})"
    tables = [_tabulate(numbers), *([_list(numbers)] if numbers.listed else [])]
    return "\n\n".join([head, picture, *tables, "\n".join(f"- {fact}" for fact in _facts(numbers))])


def _tabulate(numbers: Numbers) -> str:
    rows = [
        f"| {one.name} | {_write(one.value)} | {one.position:,} | {_write(one.mean)} | {one.bound} |"
        for one in numbers.worst
    ]
    return "\n".join(["| Number | Worst | At position | Mean | Bound |", "|---|---|---|---|---|", *rows])


def _list(numbers: Numbers) -> str:
    rows = [_row(flip) for flip in numbers.listed[:_SHOWN]]
    left = numbers.near_ties + numbers.flips - len(rows)
    more = f"\n\n*({left:,} more; the receipt lists up to 32.)*" if left > 0 else ""
    head = "| Position | Likeliest id | Lost by the other's, in logits | |\n|---|---|---|---|"
    return "\n".join([head, *rows]) + more


def _row(flip: Flip) -> str:
    drops = f"{_write(flip.reference_drop)} and {_write(flip.subject_drop)}"
    return f"| {flip.position:,} | {flip.reference} → {flip.subject} | {drops} | {flip.how.replace('_', ' ')} |"


def _facts(numbers: Numbers) -> Iterable[str]:
    yield f"Likeliest ids: {numbers.same:,} the same, {numbers.near_ties:,} near ties, {numbers.flips:,} flips"
    if numbers.bad is not None:
        yield f"At most {numbers.bad:.2%} of such positions are bad (95 %, positions taken as independent)"
    yield f"Logits, sha256: {code(numbers.reference[:_SHORT])} and {code(numbers.subject[:_SHORT])}; they are not kept"
    for remark in numbers.remarks:
        yield cell(remark)


def _write(value: float | None) -> str:
    """Return a number for people; near 1 the distance to 1, which six digits would hide."""
    if value is None:
        return "not finite"
    if 0 < abs(1 - value) < 1e-5:  # noqa: PLR2004 - where six digits would say 1
        return f"1 {'-' if value < 1 else '+'} {abs(1 - value):.1e}"
    return f"{value:.6g}"
