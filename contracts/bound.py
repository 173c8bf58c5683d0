"""Numeric bounds in the words of a promise: whether an edit loosened one, tightened one, or did neither."""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REACH = 80
"""How many characters may stand between a comparator and the number that it bounds."""
LONGEST = 10_000
"""How many characters a text may have for its numbers to be compared; a longer one is just reworded."""

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?<![A-Za-z0-9_][-−])[-−+]?(?P<base>\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})(?P<exp>[eE][-+−]?\d{1,4})?"
    r"(?:(?:\^|\*\*)\{?(?P<power>[-−+]?\d{1,4})\}?|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}))?"
    r"(?![A-Za-z_]*\d|\.\d|[-−/]\d)",
)
_COMPARATOR = re.compile(
    r"(?P<skip><[A-Za-z][^<>\n]{0,60}>|[-=]>|<-|=<)"
    r"|(?P<low>>=|≥|>|\bat least\b|\bno less than\b|\\geq?\b)"
    r"|(?P<high><=|≤|<|±|\bwithin\b|\bat most\b|\bno more than\b|\btolerance\b|\\leq?\b)",
    re.IGNORECASE,
)
_SUM = re.compile(r"[-−+/÷^*×]\s*\Z")
"""A piece of text that ends so computes with the number behind it."""
_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")


class Shift(Enum):
    """What an edit did to a text."""

    SAME = "the same but for white space"
    LOOSENED = "a bound was weakened"
    TIGHTENED = "a bound was made stronger"
    NUMBERS = "only numbers changed, none of them a bound"
    REWORDED = "the words changed"


@dataclass(frozen=True, slots=True)
class Compared:
    """The shift, and the first number that made it so, before and after, as written."""

    shift: Shift
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    text: str
    value: float


def compare(before: str, after: str, *, tolerance: bool = False) -> Compared:
    """Return what became of the bounds of a text.

    A number is a bound where a comparator stands before it (`>= 0.99`, `within 2`), or a sign
    behind it (`0 < x`). With *tolerance* the text is a tolerance: a number in it is an upper bound
    where no comparator says otherwise, and one that is computed with is reworded. Loosened
    outweighs a number that is no bound, and that outweighs tightened.
    """
    one, two = " ".join(before.split()), " ".join(after.split())
    if one == two:
        return Compared(Shift.SAME)
    if max(len(one), len(two)) > LONGEST:
        return Compared(Shift.REWORDED)
    old, new = list(_numbers(one)), list(_numbers(two))
    frame = _frame(one, old)
    if frame != _frame(two, new) or (tolerance and any(map(_SUM.search, frame[:-1]))):
        return Compared(Shift.REWORDED)
    return _heaviest(list(_shifts(one, old, new, otherwise=True if tolerance else None)))


def _shifts(text: str, old: list[_Number], new: list[_Number], *, otherwise: bool | None) -> Iterator[Compared]:
    """Yield what became of every number that moved; *otherwise* is what one without a comparator is."""
    signs = [found for found in _COMPARATOR.finditer(text) if found["skip"] is None]
    for index, (a, b) in enumerate(zip(old, new, strict=True)):
        if a.value != b.value:
            upper = _upper(text, signs, old, index)
            yield Compared(_judge(a.value, b.value, upper=otherwise if upper is None else upper), a.text, b.text)


def _heaviest(shifts: list[Compared]) -> Compared:
    for shift in (Shift.LOOSENED, Shift.NUMBERS, Shift.TIGHTENED):
        found = next((compared for compared in shifts if compared.shift is shift), None)
        if found is not None:
            return found
    return Compared(Shift.SAME)


def _judge(before: float, after: float, *, upper: bool | None) -> Shift:
    if upper is None:
        return Shift.NUMBERS
    return Shift.LOOSENED if (after > before) is upper else Shift.TIGHTENED


def _numbers(text: str) -> Iterator[_Number]:
    for found in _NUMBER.finditer(text):
        sign = -1.0 if text[found.start()] in "-−" else 1.0
        base = float(found["base"] + (found["exp"] or "").replace("−", "-"))
        power = (found["power"] or (found["raised"] or "").translate(_RAISED)).replace("−", "-")
        yield _Number(found.start(), found.end(), found[0], sign * _power(base, int(power) if power else 1))


def _power(base: float, exponent: int) -> float:
    try:
        return base**exponent
    except (OverflowError, ZeroDivisionError):
        return float("inf")


def _frame(text: str, numbers: list[_Number]) -> list[str]:
    """Return the text between the numbers."""
    starts = [0, *(number.end for number in numbers)]
    ends = [*(number.start for number in numbers), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _upper(text: str, signs: list[re.Match[str]], numbers: list[_Number], index: int) -> bool | None:
    """Return whether a number bounds from above (True) or below (False); None where it is no bound."""
    number = numbers[index]
    floor = max(numbers[index - 1].end if index else 0, number.start - REACH)
    after = bisect(signs, number.start, key=lambda sign: sign.start())
    left = signs[after - 1] if after else None
    if left and left.start() >= floor and ";" not in text[left.end() : number.start]:
        return left["high"] is not None
    right = signs[after] if after < len(signs) else None
    if right and right.start() <= number.end + 2 and not right[0][0].isalpha():
        return right["high"] is None
    return None
