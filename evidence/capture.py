"""Numbers and words captured from a log, compared with their bound; the worst one decides."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from evidence.log import Outcome, streams
from evidence.model import Match
from evidence.pattern import MOST, compile  # noqa: A004 - the word of both `re` and `re2`
from evidence.prediction import bound, number
from evidence.quote import code

if TYPE_CHECKING:
    from evidence.model import Capture, Observation
    from evidence.pattern import Pattern

_NUMBER = re.compile(r"[+-]?(?:\d{1,60}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_LISTED = 5


@dataclass(frozen=True, slots=True)
class _Caught:
    """One captured text, and the line of the log where its match begins (empty: not in the merged log)."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class _Compared:
    """One captured text beside its bound: *distance* is negative on the wrong side, None for words."""

    caught: _Caught
    fits: bool
    distance: Decimal | None = None


def capture(prediction: Capture, seen: Observation) -> Outcome:
    """Compare every match of the pattern with the bound.

    Raises:
        Unreadable: the pattern is no RE2 pattern.
    """
    pattern = compile(prediction.pattern)
    flaw = _flaw(prediction, pattern)
    if flaw:
        return Outcome(Match.UNKNOWN, flaw)
    caught = _catch(pattern, seen)
    if not caught:
        return Outcome(Match.UNKNOWN, f"{code(prediction.pattern)} matches nothing in the log")
    if len(caught) > MOST:
        return Outcome(Match.UNKNOWN, f"{code(prediction.pattern)} matches more than {MOST:,} times")
    compared = [_compare(one, prediction) for one in caught]
    if None in compared:
        odd = caught[compared.index(None)]
        return Outcome(Match.UNKNOWN, f"{code(odd.text)}{odd.where} is no number")
    return _weigh([one for one in compared if one], prediction)


def _flaw(prediction: Capture, pattern: Pattern) -> str:
    """Return why the prediction cannot be measured at all, or an empty text."""
    between = prediction.between or ()
    bounds = (prediction.equals, prediction.below, prediction.at_least, prediction.between)
    numbers = [n for n in (*bounds[:3], *between) if isinstance(n, float | int)]
    if sum(value is not None for value in bounds) != 1:
        return "the prediction must give exactly one bound"
    if any(not math.isfinite(n) for n in numbers) or (between and between[0] > between[1]):
        return f"nothing can be {bound(prediction)}"
    return "" if pattern.groups else f"{code(pattern.text)} has no group to capture"


def _catch(pattern: Pattern, seen: Observation) -> list[_Caught]:
    """Return what the first group caught, at most one more than the bound on hits.

    Where the streams were kept apart they are searched, because a line of one cannot tear a line
    of the other there; a pattern that spans both is looked for in the merged log.
    """
    merged = list(islice(pattern.hits(seen.merged), MOST + 1))
    apart = [hit for text in streams(seen) for hit in islice(pattern.hits(text), MOST + 1)]
    lines = {hit.text: hit.line for hit in reversed(merged)}
    return [
        _Caught(hit.groups[0] or "", f" (line {lines[hit.text]})" if hit.text in lines else "")
        for hit in apart[: MOST + 1] or merged
    ]


def _compare(caught: _Caught, prediction: Capture) -> _Compared | None:
    """Return how *caught* stands to the bound; None if it should be a number and is none."""
    if isinstance(prediction.equals, str):
        return _Compared(caught, caught.text == prediction.equals)
    value = _parse(caught.text)
    if value is None:
        return None
    if prediction.below is not None:
        distance = _decimal(prediction.below) - value
        return _Compared(caught, distance > 0, distance)
    distance = _distance(value, prediction)
    return _Compared(caught, distance >= 0, distance)


def _distance(value: Decimal, prediction: Capture) -> Decimal:
    if prediction.at_least is not None:
        return value - _decimal(prediction.at_least)
    if prediction.between is not None:
        low, high = (_decimal(edge) for edge in prediction.between)
        return min(value - low, high - value)
    assert not isinstance(prediction.equals, str | None)
    return -abs(value - _decimal(prediction.equals))


def _weigh(compared: list[_Compared], prediction: Capture) -> Outcome:
    worst = min(compared, key=lambda one: (one.fits, one.distance or 0))
    match = Match.YES if worst.fits else Match.NO
    return Outcome(match, _tell(compared, worst), _margin(worst, prediction))


def _tell(compared: list[_Compared], worst: _Compared) -> str:
    """Return the captured texts, the worst one first where there are several."""
    head = f"{code(worst.caught.text)}{worst.caught.where}"
    others = [one.caught for one in compared if one is not worst]
    if not others:
        return head
    rest = ", ".join(code(one.text) for one in others[:_LISTED])
    more = f" and {len(others) - _LISTED:,} more" if len(others) > _LISTED else ""
    return f"{head} is the worst of {len(compared):,}; the others: {rest}{more}"


def _margin(worst: _Compared, prediction: Capture) -> str:
    """Return how far the worst number is from its bound: `0.223921 under 0.99`."""
    if worst.distance is None:
        return ""
    far = _plain(abs(worst.distance))
    if prediction.below is not None:
        return f"{far} {'under' if worst.fits else 'over'} {number(prediction.below)}"
    if prediction.at_least is not None:
        return f"{far} {'over' if worst.fits else 'under'} {number(prediction.at_least)}"
    if prediction.between is not None:
        return f"{far} {'inside' if worst.fits else 'outside'} {bound(prediction).removeprefix('from ')}"
    return f"{far} off {bound(prediction)}"


def _parse(text: str) -> Decimal | None:
    """Return the number that *text* is, None if it is none; NaN and infinities are none."""
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        return None
    return Decimal(text)


def _decimal(value: float) -> Decimal:
    """Return the number as a person wrote it: 0.99, and not its nearest binary fraction."""
    return Decimal(repr(value))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if abs(value.adjusted()) < 12 else f"{value.normalize():e}"  # noqa: PLR2004 - digits
