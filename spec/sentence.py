"""Words of a person, one line of them: code spans found, the first sentence taken, the length bounded."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TICKS = re.compile(r"(?<!\\)(\\*+)(`+)")
_STOP = re.compile(r"[.!?][\"'”’)\]*_]{0,3}(?=\s|$)")
_SHORT = re.compile(r"(?:^|[\s(])(?:e\.g|i\.e|cf|vs|approx|fig|eq|resp|incl|excl|dr|mrs?)\.$", re.IGNORECASE)
_INITIAL = re.compile(r"(?:^|\s)[A-Z]\.$")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]{1,400})(?<=\S)\*\*")
_ADDRESS = re.compile(r"<(https?://[^<>\s]{1,2000})>")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def code_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return the half-open ranges of *text* that are code: a run of backticks to the next run as long.

    A backslash keeps the first backtick behind it from opening; in code it is a letter. A run
    without a partner is no code. The time grows with the text, whatever it is.
    """
    runs = [(found.start(2) + len(found[1]) % 2, found.start(2), found.end()) for found in _TICKS.finditer(text)]
    places: dict[int, list[int]] = {}
    for index, (_, start, stop) in enumerate(runs):
        places.setdefault(stop - start, []).append(index)
    spans, end = [], 0
    for index, (opening, start, stop) in enumerate(runs):
        partners = places.get(stop - opening, [])
        later = bisect_right(partners, index)
        if start >= end and later < len(partners):
            end = runs[partners[later]][2]
            spans.append((opening, end))
    return tuple(spans)


def pieces(text: str) -> tuple[tuple[bool, str], ...]:
    """Cut *text* into (is code, piece), in order; the pieces joined are the text."""
    cuts, at = [], 0
    for start, end in code_spans(text):
        cuts += [(False, text[at:start]), (True, text[start:end])]
        at = end
    return tuple((code, piece) for code, piece in [*cuts, (False, text[at:])] if piece)


def plain(text: str) -> str:
    """Return *text* without the marks of Markdown that people and we put around words.

    Bold stars, backslashes before punctuation and the brackets of `<https://…>` go; code stays as it
    is. So what we wrote can be read and written again without growing.
    """
    return "".join(piece if code else _unmark(piece) for code, piece in pieces(text))


def _unmark(piece: str) -> str:
    return _ESCAPED.sub(r"\1", _ADDRESS.sub(r"\1", _BOLD.sub(r"\1", piece)))


def first(text: str) -> str:
    """Return the first sentence of *text*.

    A full stop ends it only before white space, outside code, not behind `e.g.` and its like, and
    not where the next word starts with a small letter: `v1.3.0`, `0.99` and `run.sh` stay whole.
    """
    spans = code_spans(text)
    stops = (stop for stop in _STOP.finditer(text) if not inside(spans, stop.start()))
    end = next((stop.end() for stop in stops if _ends(text, stop)), len(text))
    return text[:end].strip()


def _ends(text: str, stop: re.Match[str]) -> bool:
    following = text[stop.end() : stop.end() + 20].lstrip()[:1]
    tail = text[max(0, stop.start() - 12) : stop.start() + 1]
    return not (following.islower() or _SHORT.search(tail) or _INITIAL.search(tail))


def inside(spans: Sequence[tuple[int, int]], offset: int) -> bool:
    """Tell whether *offset* lies in one of *spans*, which are ascending and disjoint."""
    index = bisect_right(spans, offset, key=itemgetter(0)) - 1
    return index >= 0 and offset < spans[index][1]


def clip(text: str, limit: int) -> str:
    """Return *text* in at most *limit* characters: cut between words, outside code, with `…`."""
    if len(text) <= limit:
        return text
    room = text[: limit - 1]
    whole = next((room[:start] for start, end in code_spans(text) if start < limit - 1 < end), room)
    words = whole if text[len(whole)].isspace() else whole.rpartition(" ")[0]
    return (words.rstrip(" ,;:—–-(") or room) + "…"
