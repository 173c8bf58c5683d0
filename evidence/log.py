"""Looking into what a leg printed: its texts, where something stands in them, and what a look came to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.quote import code

if TYPE_CHECKING:
    from evidence.model import Match, Observation
    from evidence.parity.number import Numbers

_VISIBLE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_AROUND = 60
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one prediction came to: whether it matched, what was seen, and how far a number is from its bound.

    *observed* is a reason where the match is unknown.
    """

    match: Match
    observed: str
    margin: str = ""
    parity: Numbers | None = None


def streams(seen: Observation) -> tuple[str, ...]:
    """Return stdout and stderr where they were kept apart, as far as anything stands in them."""
    return tuple(text for text in (seen.stdout, seen.stderr) if text)


def texts(seen: Observation) -> tuple[str, ...]:
    """Return every text of the leg: merged first, then the streams.

    A line of one stream can tear a line of the other in the merged text, so that a look for a text
    is a look into all of them.
    """
    return (seen.merged, *streams(seen))


def blank(seen: Observation) -> bool:
    """Return whether the leg printed nothing that a person could see: white space and control characters at most."""
    return not any(_VISIBLE.search(text) for text in texts(seen))


def answer(seen: Observation) -> str:
    """Return what `output` compares: stdout; the one text that there is where only that was recorded."""
    return seen.stdout if seen.origin == "ran" else seen.stdout or seen.merged


def spot(seen: Observation, text: str) -> str:
    """Return the first place of *text* as `line 11: …`, or an empty text where it does not stand."""
    at = seen.merged.find(text)
    if at >= 0:
        return f"line {line(seen.merged, at)}: {excerpt(seen.merged, at)}"
    for name, stream in (("stdout", seen.stdout), ("stderr", seen.stderr)):
        at = stream.find(text)
        if at >= 0:
            return f"line {line(stream, at)} of {name}: {excerpt(stream, at)}"
    return ""


def line(text: str, at: int) -> int:
    """Return the 1-based number of the line in which offset *at* lies."""
    return text.count("\n", 0, at) + 1


def excerpt(text: str, at: int) -> str:
    """Return the line around offset *at* as inline code; of a long line the part around it."""
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    end = len(text) if end < 0 else end
    first = start if end - start <= _SHOWN else max(start, at - _AROUND)
    head = "…" if first > start else ""
    return code(head + text[first : min(end, first + _SHOWN + 1)].strip(), _SHOWN)
