"""What is asked of a spec, and of a change to it."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from contracts.error import Place
from contracts.finding import Finding
from contracts.model import Part
from contracts.progress import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.progress import Chain, ShipStated, TallyStated
    from spec.document import Section, Spec

_SUM = re.compile(r"[0-9]{1,6}[ \t]{0,3}\+[ \t]{0,3}[0-9]{1,6}")
_POINTS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")
_NEAR = 60  # how far behind a figure `unchanged` still speaks of it, in characters
_S = TypeVar("_S", "TallyStated", "ShipStated")
Figure = Tally | float
Key = tuple[str, str]


def check(spec: Spec) -> tuple[Finding, ...]:
    """Return what is wrong with a spec as it stands: its version, its numbers, its top banner."""
    return tuple(_standing(spec).values())


def check_change(before: Spec | None, after: Spec, known: Chain | None = None) -> tuple[Finding, ...]:
    """Return what a change brings in: only that can fail it.

    *before* is None where the file is new. *known* is what the record says before the new sections,
    where more than the spec tells it (changelogs and landed messages); by default `before.chain()`.
    A new section needs a new version, and each move it states must start from what was stated last.
    """
    if before is None:
        return check(after)
    old = _standing(before)
    brought = tuple(finding for key, finding in _standing(after).items() if key not in old)
    numbers = {section.number for section in before.sections}
    added = sorted((s for s in after.sections if s.number not in numbers), key=lambda section: section.number)
    moves = _moves(after, added, known or before.chain())
    return (*brought, *_version_moves(before, after, added), *moves)


def _standing(spec: Spec) -> dict[Key, Finding]:
    """Return the findings about a spec under keys that do not depend on lines."""
    found = (*_versions(spec), *_twice(spec), *_gaps(spec))
    return {(finding.rule, about): finding for about, finding in found}


def _versions(spec: Spec) -> Iterator[tuple[str, Finding]]:
    stated = spec.version
    if stated is None and spec.misstated:
        wrong = spec.misstated[0]
        words = f"“{wrong.value}” is no version; write it as two or three numbers, for instance 1.4.0"
        yield wrong.value, Finding("spec/version-unreadable", "error", spec.place(wrong.start), words)
    elif stated is None:
        words = "The spec states no version in its header; add a line such as **Version:** 1.0.0"
        yield "", Finding("spec/version-missing", "error", Place(spec.file, 1), words)
    else:
        for other in (line for line in spec.versions[1:] if line.version != stated.version):
            words = f"Line {stated.line} states version {stated.version}, this line {other.version}"
            yield words.partition(" ")[2], Finding("spec/version-twice", "warning", spec.place(other.start), words)
        for top in spec.banners[:1]:
            if top.version.numbers != stated.version.numbers:
                words = f"The spec is at version {stated.version}, its top banner speaks of v{top.version}"
                yield words, Finding("spec/banner-version", "warning", spec.place(top.start), words)


def _twice(spec: Spec) -> Iterator[tuple[str, Finding]]:
    seen: dict[int, Section] = {}
    for section in spec.sections:
        first = seen.setdefault(section.number, section)
        if first is not section:
            words = f"Section {section.number} stands on line {first.line} and again on line {section.line}"
            yield str(section.number), Finding("spec/section-twice", "error", spec.place(section.start), words)


def _gaps(spec: Spec) -> Iterator[tuple[str, Finding]]:
    ordered = sorted(spec.sections, key=lambda section: section.number)
    for below, above in pairwise(ordered):
        first, last = below.number + 1, above.number - 1
        if first <= last:
            words = f"Section {first} is missing" if first == last else f"Sections {first} to {last} are missing"
            yield words, Finding("spec/section-gap", "notice", spec.place(above.start), words)


def _version_moves(before: Spec, after: Spec, added: list[Section]) -> Iterator[Finding]:
    old, new = before.version, after.version
    if old is None or new is None:
        return  # no version at all is a finding of its own
    right = old.version.bump(Part.MINOR, rollover=True) if added else old.version
    line = after.lines.line(new.line - 1)
    column = new.start - after.lines.offset(new.line - 1)
    suggestion = line[:column] + str(right) + new.rest
    place = after.place(new.start)
    if new.version < old.version:
        words = f"The version moves back from {old.version} to {new.version}; write {right}"
        yield Finding("spec/version-back", "error", place, words, suggestion)
    elif added and new.version.numbers == old.version.numbers:
        words = f"Section {added[-1].number} is new, but the version stays {old.version}; write {right}"
        yield Finding("spec/version-unmoved", "error", place, words, suggestion)


@dataclass(frozen=True, slots=True)
class _Move:
    """A figure that a section moves, from *before* to *after*; *start* is where its first number may stand."""

    name: str
    before: Figure
    after: Figure
    offset: int
    start: int
    spaced: bool = False

    def write(self, figure: Figure) -> str:
        return figure.write(spaced=self.spaced) if isinstance(figure, Tally) else f"{figure:g}%"

    def right(self, last: Figure) -> Figure:
        """Return where a move as large as this one leads from *last*."""
        if isinstance(last, Tally):
            assert isinstance(self.before, Tally)
            assert isinstance(self.after, Tally)
            left = last.discharged + self.after.discharged - self.before.discharged
            return Tally(max(0, left), max(0, last.partial + self.after.partial - self.before.partial))
        assert not isinstance(self.before, Tally)
        assert not isinstance(self.after, Tally)
        return min(100.0, max(0.0, last + self.after - self.before))


def _moves(spec: Spec, added: list[Section], chain: Chain) -> Iterator[Finding]:
    """Follow each figure through the new sections, oldest first."""
    last: dict[str, Figure] = {**dict(chain.ships), **({"tally": chain.tally} if chain.tally else {})}
    for section in added:
        seen = set(last.items())
        righted: dict[tuple[str, Figure, Figure], Figure] = {}
        for move in _stated(spec, section):
            known = last.setdefault(move.name, move.before)
            seen.add((move.name, known))
            if move.after == known and (move.name, move.before) in seen:
                continue  # said again, or moves summed up
            if move.before == known:
                last[move.name] = move.after
                continue
            start = righted.setdefault((move.name, move.before, move.after), known)
            last[move.name] = move.right(start)
            yield _broken(spec, section, move, start)


def _stated(spec: Spec, section: Section) -> Iterator[_Move]:
    """Yield the moves that a section states; a figure said to be unchanged moves to itself."""
    for tally in _within(spec.tallies, section):
        if tally.before or _unchanged(spec, tally):
            yield _Move("tally", tally.before or tally.after, tally.after, tally.offset, tally.offset, tally.spaced)
    for ship in _within(spec.ships, section):
        if ship.before is not None or _unchanged(spec, ship):
            before = ship.after if ship.before is None else ship.before
            yield _Move(ship.model, before, ship.after, ship.offset, ship.offset + len(ship.model))


def _within(stated: Sequence[_S], section: Section) -> Sequence[_S]:
    offset = attrgetter("offset")
    return stated[bisect_left(stated, section.start, key=offset) : bisect_left(stated, section.end, key=offset)]


def _unchanged(spec: Spec, stated: TallyStated | ShipStated) -> bool:
    line = spec.text[stated.offset : stated.offset + _NEAR].splitlines()[0]
    return "unchanged" in line


def _broken(spec: Spec, section: Section, move: _Move, last: Figure) -> Finding:
    right = move.right(last)
    same = move.before == move.after
    text = move.write(last) if same else f"{move.write(last)} → {move.write(right)}"
    name = "the tally" if move.name == "tally" else move.name
    says = f"leaves {name} at" if same else f"moves {name} from"
    words = f"§{section.number} {says} {move.write(move.before)}, but {move.write(last)} was stated last; write {text}"
    rule = "spec/tally-chain" if move.name == "tally" else "spec/ship-chain"
    new = [move.write(figure).rstrip("%") for figure in ((last,) if same else (last, right))]
    pattern = _SUM if move.name == "tally" else _POINTS
    return Finding(rule, "error", spec.place(move.offset), words, _corrected(spec, move.start, pattern, new))


def _corrected(spec: Spec, start: int, pattern: re.Pattern[str], new: list[str]) -> str:
    """Return the line of *start* with the next numbers in it replaced."""
    index = spec.lines.index(start)
    line, column = spec.lines.line(index), start - spec.lines.offset(index)
    parts, done = [], 0
    for found, text in zip(pattern.finditer(line, column), new, strict=False):
        parts += [line[done : found.start()], text]
        done = found.end()
    return "".join((*parts, line[done:]))
