"""One value of one variable: what it must be, and the sentence about one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evidence.quote import show

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

LONGEST = 40
"""How many signs of a value are cited."""


class Mistake(ValueError):  # noqa: N818 - it is the operator's, and read as a sentence
    """What is wrong with the value of one variable: the rest of a sentence that begins with the variable's name."""


def read_number(least: int, most: int, example: str) -> Callable[[str], int]:
    """Return what reads a whole number from *least* to *most*."""

    def convert(value: str) -> int:
        if not value:
            raise Mistake("is not set; `discharge setup` makes it")
        if not (value.isascii() and value.isdigit() and len(value) < LONGEST and least <= int(value) <= most):
            shown = show(value[:LONGEST])
            raise Mistake(f"is “{shown}”, and no whole number from {least} to {most}; write one such as {example}")
        return int(value)

    return convert


def read_choice(*choices: str) -> Callable[[str], str]:
    """Return what reads one of a few words."""

    def convert(value: str) -> str:
        if value not in choices:
            raise Mistake(f"is “{show(value[:LONGEST])}”; write {' or '.join(choices)}")
        return value

    return convert


def read_name(form: re.Pattern[str], rest: str) -> Callable[[str], str]:
    """Return what reads a name of that form, or nothing; *rest* ends the sentence about another one."""

    def convert(value: str) -> str:
        if value and not form.fullmatch(value):
            raise Mistake(f"is “{show(value[:LONGEST])}”, and {rest}")
        return value

    return convert
