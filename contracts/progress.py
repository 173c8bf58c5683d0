"""Tally and ship percentage: how they are stated, and how a change moves them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contracts.error import Complaint
from contracts.model import Flip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contracts.model import Contract, Ladder

_GAP = r"[ \t]{0,3}"
_SUM = rf"\d{{1,6}}{_GAP}\+{_GAP}\d{{1,6}}"
_ARROW = rf"{_GAP}(?:→|->|=>){_GAP}"
_POINTS = r"\d{1,3}(?:\.\d{1,3})?"
_TALLY = re.compile(
    r"(?i:tally|scoreboard)(?:\*\*)?:?(?:\*\*)?:?[ \t]*(?:\*\*)?"
    rf"(?P<one>{_SUM})(?:\*\*)?(?:{_ARROW}(?:\*\*)?(?P<two>{_SUM}))?",
)
_SHIP = re.compile(
    r"(?:\*\*)?(?P<model>MODEL-[A-Za-z0-9]{1,20})(?:\*\*)?"
    r"(?:[ \t]+ship)?(?:[ \t]+%)?(?:\*\*)?:?(?:\*\*)?:?[ \t]*(?:unchanged at[ \t]+)?(?:\*\*)?"
    rf"(?P<one>{_POINTS})(?P<sign>[ \t]?%)?(?:\*\*)?(?![\d.]*\d)"
    rf"(?:{_ARROW}(?:\*\*)?(?P<two>{_POINTS})(?:[ \t]?%)?(?:\*\*)?)?"
    r"(?=(?P<rest>[^\n]{0,600}(?:\n[ \t]{2,}[^\n-][^\n]{0,600}){0,6}))",
)
_DECLARED = re.compile(
    r"(?P<model>[A-Za-z][\w.-]{0,40})\s+(?P<sign>[+\-−])(?P<points>\d{1,3}(?:\.\d{1,3})?)%?"
    r"\s+because\s+(?P<reason>\S.{0,600})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """`A+B`: how many falsifiers are discharged and how many partial."""

    discharged: int
    partial: int

    @classmethod
    def parse(cls, text: str) -> Tally:
        """Read `15+33` or `15 + 33`."""
        left, right = text.split("+")
        return cls(int(left), int(right))

    def advance(self, flips: Iterable[Flip], ladder: Ladder) -> Tally:
        """Move the tally by rule: each flip leaves the side it was on and joins the one it is on.

        Unbound → partial adds one on the right, partial → discharged moves one to the left; a
        status off the ladder is on neither side (design, section 7).
        """
        left, right = self.discharged, self.partial
        for flip in flips:
            left += (flip.after in ladder.discharged) - (flip.before in ladder.discharged)
            right += (flip.after in ladder.partial) - (flip.before in ladder.partial)
        return Tally(left, right)

    def write(self, *, spaced: bool = False) -> str:
        """Return `15+33`, or `15 + 33` where the neighbours write it so."""
        plus = " + " if spaced else "+"
        return f"{self.discharged}{plus}{self.partial}"


@dataclass(frozen=True, slots=True)
class TallyStated:
    """A tally that a text states; *before* is None where it states no move. Offset in the text."""

    before: Tally | None
    after: Tally
    spaced: bool
    offset: int


@dataclass(frozen=True, slots=True)
class ShipStated:
    """A ship percentage that a text states, in percent; *reason* is what stands behind it."""

    model: str
    before: float | None
    after: float
    reason: str
    offset: int


def read_tallies(text: str) -> tuple[TallyStated, ...]:
    """Return every tally that *text* states, in order of appearance."""
    return tuple(_tally(found) for found in _TALLY.finditer(text))


def _tally(found: re.Match[str]) -> TallyStated:
    one, two = found["one"], found["two"]
    before = Tally.parse(one) if two else None
    return TallyStated(before, Tally.parse(two or one), " +" in (two or one), found.start("one"))


def read_ships(text: str) -> tuple[ShipStated, ...]:
    """Return every ship percentage that *text* states, in order of appearance."""
    return tuple(_ships(text))


def _ships(text: str) -> Iterator[ShipStated]:
    for found in _SHIP.finditer(text):
        one, two = found["one"], found["two"]
        if not (two or found["sign"]):
            continue  # a number beside a model's name that is no percentage
        before = float(one) if two else None
        yield ShipStated(found["model"], before, float(two or one), _reason(found["rest"]), found.start("model"))


def _reason(rest: str) -> str:
    """Return the words behind a percentage: in brackets, or behind a dash."""
    words = " ".join(rest.split())
    bracket = re.match(r"\((?P<reason>.*)\)\.?$", words)
    dash = re.match(r"(?:—|–|-|because)\s+(?P<reason>.+)$", words)
    found = bracket or dash
    return found["reason"].strip() if found else ""


@dataclass(frozen=True, slots=True)
class ShipDeclared:
    """What an operator says of a model: so many points up or down, because."""

    model: str
    points: float
    reason: str

    @classmethod
    def parse(cls, text: str) -> ShipDeclared:
        """Read `MODEL-1 +1 because …`.

        Raises:
            Complaint: the text is not of that form.
        """
        found = _DECLARED.fullmatch(text.strip())
        if found is None:
            what = f"“{text[:80]}” declares no ship percentage"
            raise Complaint(what, mend="Write MODEL ±POINTS because REASON, for instance: MODEL-1 +1 because …")
        points = float(found["points"]) * (1 if found["sign"] == "+" else -1)
        return cls(found["model"], points, " ".join(found["reason"].split()))

    def apply(self, before: float) -> float:
        """Return the percentage after the move.

        Raises:
            Complaint: it would leave the span from 0 to 100.
        """
        after = before + self.points
        if not 0 <= after <= 100:  # noqa: PLR2004 - percent
            what = f"{self.model} is at {before:g}%, and {self.points:+g} would make it {after:g}%"
            raise Complaint(what, mend="Declare a move that stays between 0 and 100")
        return after


@dataclass(frozen=True, slots=True)
class Share:
    """A ship percentage that follows from statuses by weights, and how, in words; *percent* has one decimal."""

    percent: float
    words: str


def weigh(contracts: Iterable[Contract], weights: Mapping[str, float]) -> Share | None:
    """Return 100 × the sum of the weights of all statuses / the number of falsifiers; None where there are none.

    What is unbound weighs nothing, and so does a status that has no weight.
    """
    statuses = Counter(falsifier.status for contract in contracts for falsifier in contract.falsifiers)
    total = statuses.total()
    if not total:
        return None
    summed = sum(weights.get(status, 0) * number for status, number in statuses.items() if status)
    terms = [f"{statuses[status]} {status} × {weight:g}" for status, weight in weights.items() if statuses[status]]
    return Share(round(100 * summed / total, 1), f"{' + '.join(terms) or '0'} of {total} falsifiers")


@dataclass(frozen=True, slots=True)
class Chain:
    """What the record says now: the last tally, the last percentage of each model, and what clashed."""

    tally: Tally | None = None
    ships: tuple[tuple[str, float], ...] = ()
    clashes: tuple[str, ...] = ()

    def ship(self, model: str) -> float | None:
        """Return the last stated percentage of *model*."""
        return dict(self.ships).get(model)


def follow(chain: Chain, text: str, source: str) -> Chain:
    """Return the chain after *text*: a section, a changelog entry, or a landed message."""
    for tally in read_tallies(text):
        chain = _step_tally(chain, tally, source)
    for ship in read_ships(text):
        chain = _step_ship(chain, ship, source)
    return chain


def _step_tally(chain: Chain, stated: TallyStated, source: str) -> Chain:
    known, before = chain.tally, stated.before
    clashes = chain.clashes
    if known and before and known not in (before, stated.after):
        words = f"{source} moves the tally from {before.write()}, but {known.write()} was stated before it"
        clashes = (*clashes, words)
    return replace(chain, tally=stated.after, clashes=clashes)


def _step_ship(chain: Chain, stated: ShipStated, source: str) -> Chain:
    known, before = chain.ship(stated.model), stated.before
    clashes = chain.clashes
    if known is not None and before is not None and known not in (before, stated.after):
        words = f"{source} moves {stated.model} from {before:g}%, but {known:g}% was stated before it"
        clashes = (*clashes, words)
    ships = (*((m, p) for m, p in chain.ships if m != stated.model), (stated.model, stated.after))
    return replace(chain, ships=ships, clashes=clashes)


def compare(before: Contract | None, after: Contract | None) -> tuple[Flip, ...]:
    """Return every status that differs between two versions of one contract, in the order of *after*.

    A falsifier that is on one side only counts as unbound on the other.
    """
    old = {f.id: f.status for f in before.falsifiers} if before else {}
    new = {f.id: f.status for f in after.falsifiers} if after else {}
    path = after.path if after else before.path if before else ""
    pairs = ((id_, old.get(id_), new.get(id_)) for id_ in {**new, **old})
    return tuple(Flip(path, id_, was, is_) for id_, was, is_ in pairs if was != is_)
