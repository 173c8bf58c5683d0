"""What a program printed, quoted in Markdown so that it can break nothing around it."""

from __future__ import annotations

import re

from contracts.group import UNBOUND

LONGEST = 160
"""How many characters of one literal are shown in a sentence or a table."""

_STATUS = 60
_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}")
_RUN = re.compile("`+")
_PICTURES = {n: chr(0x2400 + n) for n in range(32) if chr(n) not in "\t\n"} | {0x7F: "\u2421"}
_REORDERING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029), "\ufffd")
_VISIBLE = _PICTURES | _REORDERING


def show(text: str) -> str:
    """Return *text* with its control characters made visible; tabs and line ends stay.

    Escape sequences would colour a reader's terminal, and the characters that reorder text would
    let a log read other than it is. What cannot be encoded, half of a pair or a byte of a path that
    is no UTF-8, is written as its escape.
    """
    return encodable(text.replace("\r\n", "\n").translate(_VISIBLE))


def encodable(text: str) -> str:
    """Return *text* with an escape for each character that no encoding has."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def code(text: str, limit: int = LONGEST) -> str:
    """Return *text* as one line of inline code of at most *limit* characters, `(nothing)` if it is empty."""
    if not text:
        return "(nothing)"
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    line = show(cut).replace("\n", "\u240a").replace("\t", " ")
    ticks = "`" * (_longest_run(line) + 1) if "`" in line else "`"
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def name_status(status: str | None) -> str:
    """Return a status for people: `unbound` for none, and one that is no plain word as code."""
    if status is None:
        return UNBOUND
    return status if _WORD.fullmatch(status) else code(status, _STATUS)


def fence(text: str, language: str = "") -> str:
    """Return *text* as a fenced block; the fence is longer than any run of backticks inside."""
    body = show(text)
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{language}\n{body}{'' if body.endswith(chr(10)) else chr(10)}{ticks}"


def cell(text: str) -> str:
    """Return one line of Markdown as the cell of a table."""
    return " ".join(text.split("\n")).replace("|", r"\|")


def _longest_run(text: str) -> int:
    return max((len(run) for run in _RUN.findall(text)), default=0)
