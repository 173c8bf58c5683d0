"""Two edits of one text, brought together: a three-way merge by lines, and by words where both changed one line."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_WORD = re.compile(r"\s+|\S+")
WORK = 4_000_000
"""So many pairs of equal lines are looked at, again and again, to compare two texts: less than a second.

Above it what lies between equal ends is one change. What both sides changed then does not go together, and is told.
"""
_WORD_WORK = WORK // 10
"""The same for the words of one place, of which a text has many."""


class Overworked(Exception):  # noqa: N818 - what happened, not who is to blame
    """Two texts cannot be compared within what their comparison may cost."""


class Comparison(SequenceMatcher[str]):
    """Compares two texts piece by piece, for no more than *limit* pairs; *spent* counts them."""

    def __init__(self, base: list[str], other: list[str], limit: int) -> None:
        super().__init__(_is_blank, base, other, autojunk=False)
        self.limit, self.spent = limit, 0
        there = Counter(piece for piece in other if not _is_blank(piece))
        costs = (1 + there[piece] for piece in base)
        self._costs = [0, *accumulate(costs)]

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """Find one match, if there is enough left to pay for it.

        Raises:
            Overworked: there is not.
        """
        cost = self._costs[len(self._costs) - 1 if ahi is None else ahi] - self._costs[alo]
        if self.spent + cost > self.limit:
            raise Overworked
        self.spent += cost
        return super().find_longest_match(alo, ahi, blo, bhi)


class Hunk(NamedTuple):
    """Pieces *start* to *end* of the old text become *pieces*; *theirs* says on whose side."""

    start: int
    end: int
    theirs: bool
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Woven:
    """Both edits in one text; *dropped* is what of ours gave way to theirs."""

    text: str
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """How pieces are merged.

    *lift* makes of a piece what is compared; *resolve* makes one run of those that both sides changed, or None; *apart*
    says whether two runs that were put into one place can stand one behind the other; *limit* bounds the cost.
    """

    lift: Callable[[str], str]
    resolve: Callable[[list[str], list[str], list[str]], list[str] | None]
    apart: Callable[[Sequence[str], Sequence[str]], bool]
    limit: int


@dataclass(frozen=True, slots=True)
class _Side:
    """One edit: the pieces that stayed, by their place in the old text, and the hunks that changed the others."""

    kept: dict[int, str]
    hunks: tuple[Hunk, ...]

    def read(self, hunks: Sequence[Hunk], start: int, end: int) -> list[str]:
        """Return what became of a stretch of the old text, in which lie those *hunks*."""
        pieces, done = [], start
        for hunk in hunks:
            pieces += [self.kept[n] for n in range(done, hunk.start)]
            pieces += hunk.pieces
            done = hunk.end
        return [*pieces, *(self.kept[n] for n in range(done, end))]


def bare(line: str) -> str:
    """Return a line without its carriage return: by that two lines are compared."""
    return line.removesuffix("\r")


def weave_lines(base: str, theirs: str, ours: str, lift: Callable[[str], str] = bare) -> Woven:
    """Return *theirs* with what *ours* changed of *base*, line by line, and word by word within a line.

    Where both changed the same words, *theirs* stands and what *ours* would be is told. Nothing that *theirs* added or
    changed is lost, ever. Lines are the same if *lift* makes the same of them.
    """
    way = _Way(lift, _weave_stretch, lambda hand, mine: [*map(lift, hand)] != [*map(lift, mine)], WORK)
    pieces, dropped = _weave(base.split("\n"), theirs.split("\n"), ours.split("\n"), way)
    return Woven("\n".join(pieces), tuple(dropped))


def weave_words(base: str, theirs: str, ours: str) -> Woven:
    """Return *theirs* with what *ours* changed of *base*, word by word; see `weave_lines`."""
    old, hand, mine = (_WORD.findall(text) for text in (base, theirs, ours))
    pieces, dropped = _weave(old, hand, mine, _Way(str, lambda *_: None, _are_apart, _WORD_WORK))
    return Woven("".join(pieces), tuple(dropped))


def _weave_stretch(base: list[str], theirs: list[str], ours: list[str]) -> list[str] | None:
    """Return lines that both changed, brought together word by word; None if both changed the same words.

    None, too, where a line that they wrote anew would not stay whole.
    """
    if not (theirs and ours):
        return None
    old, hand, mine = ("\n".join(map(bare, lines)) for lines in (base, theirs, ours))
    woven = weave_words(old, hand, mine)
    if woven.dropped or _tears(base, theirs, woven.text):
        return None
    end = "\r" if theirs[0].endswith("\r") else ""
    return [f"{line}{end}" for line in woven.text.split("\n")]


def _tears(base: list[str], theirs: list[str], text: str) -> bool:
    """Return whether a line of theirs is not in one piece in *text*, and is none of *base* that they reworded."""
    known = set(" ".join(base).split())
    lines = Counter(line for line in map(bare, theirs) if line.strip())
    whole = Counter(text.split("\n"))
    torn = (line for line, times in lines.items() if whole[line] < times and text.count(line) < times)
    return any(len(known.intersection(line.split())) * 2 <= len(set(line.split())) for line in torn)


def _are_apart(hand: Sequence[str], mine: Sequence[str]) -> bool:
    """Return whether two runs of words can stand one behind the other, and make no new word where they meet."""
    return all(_is_blank(run[0]) for run in (hand, mine)) or all(_is_blank(run[-1]) for run in (hand, mine))


def _weave(base: Sequence[str], theirs: Sequence[str], ours: Sequence[str], way: _Way) -> tuple[list[str], list[str]]:
    """Return the pieces of both edits in one, and those of ours that gave way."""
    lift = way.lift
    hand, mine = (_compare(base, side, way, theirs=side is theirs) for side in (theirs, ours))
    hunks, dropped = [], list[str]()
    for group in _group([*hand.hunks, *mine.hunks], way):
        start, end = group[0].start, max(hunk.end for hunk in group)
        sides = [[hunk for hunk in group if hunk.theirs is flag] for flag in (True, False)]
        if not all(sides):
            hunks += group
            continue
        left, right = hand.read(sides[0], start, end), mine.read(sides[1], start, end)
        same = list(map(lift, left)) == list(map(lift, right))
        both = left if same else way.resolve(list(base[start:end]), left, right)
        dropped += [] if both is not None else right
        hunks.append(Hunk(start, end, True, tuple(left if both is None else both)))  # noqa: FBT003 - a field
    return list(_apply(hand.kept, hunks)), dropped


def _compare(base: Sequence[str], pieces: Sequence[str], way: _Way, *, theirs: bool) -> _Side:
    lifted, others = ([*map(way.lift, side)] for side in (base, pieces))
    kept: dict[int, str] = {}
    hunks = []
    for same, left, right, start, end in _opcodes(lifted, others, way.limit):
        if same:
            kept |= dict(zip(range(left, right), pieces[start:end], strict=True))
        else:
            hunks.append(Hunk(left, right, theirs, tuple(pieces[start:end])))
    return _Side(kept, tuple(hunks))


def _opcodes(base: list[str], other: list[str], limit: int) -> Iterator[tuple[bool, int, int, int, int]]:
    """Yield (same, start and end in the one, start and end in the other); equal ends need no comparing."""
    shorter = min(len(base), len(other))
    head = next((n for n in range(shorter) if base[n] != other[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if base[-1 - n] != other[-1 - n]), rest)
    left, right = len(base) - tail, len(other) - tail
    yield True, 0, head, 0, head
    try:
        for tag, a, b, c, d in Comparison(base[head:left], other[head:right], limit).get_opcodes():
            yield tag == "equal", head + a, head + b, head + c, head + d
    except Overworked:  # before the first of them was found
        yield False, head, left, head, right
    yield True, left, len(base), right, len(other)


def _is_blank(piece: str) -> bool:
    return not piece.strip()


def _group(hunks: list[Hunk], way: _Way) -> list[list[Hunk]]:
    """Return the hunks in order, those together that change the same pieces, or fall into what another changes."""
    groups: list[list[Hunk]] = []
    reach = -1
    for hunk in _order(hunks):
        if hunk.start < reach or (groups and _meet(groups[-1][-1], hunk, way)):
            groups[-1].append(hunk)
        else:
            groups.append([hunk])
        reach = max(reach, hunk.end)
    return groups


def _meet(one: Hunk, other: Hunk, way: _Way) -> bool:
    """Return whether both put something into one place that cannot stand one behind the other."""
    place = one.start == one.end == other.start == other.end
    return place and not way.apart(one.pieces, other.pieces)


def _order(hunks: list[Hunk]) -> list[Hunk]:
    """Return the hunks in order. What both put into one place: theirs goes on where it was put, or begins anew."""
    inserts = {hunk.start: hunk for hunk in hunks if hunk.theirs and hunk.start == hunk.end}

    def rank(hunk: Hunk) -> tuple[int, int, int]:
        other = inserts.get(hunk.start)
        first = other is not None and _is_blank(other.pieces[0]) and hunk.pieces and not _is_blank(hunk.pieces[0])
        return hunk.start, hunk.end, 1 if hunk.theirs else (0 if first else 2)

    return sorted(hunks, key=rank)


def _apply(kept: dict[int, str], hunks: Sequence[Hunk]) -> Iterator[str]:
    """Yield the pieces that stay, and in their places those of the hunks."""
    gone = {n for hunk in hunks for n in range(hunk.start, hunk.end)}
    stays, done = [n for n in sorted(kept) if n not in gone], 0
    for hunk in hunks:
        while done < len(stays) and stays[done] < hunk.start:
            yield kept[stays[done]]
            done += 1
        yield from hunk.pieces
    yield from (kept[n] for n in stays[done:])
