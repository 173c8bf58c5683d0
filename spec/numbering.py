"""What is asked of the numbers of sections: each once, none missing, in the order in which the file runs."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec.document import Section, Spec
    from spec.outline import Heading
    from spec.revision import Revision

_PART = re.compile(r"(?P<sign>§[ \t]?)?(?P<number>[0-9]{1,6})(?P<rest>(?:\.[0-9]{1,3})+)(?=[.:)]?(?:[ \t]|$))")


def _twice(revision: Revision) -> Iterator[Fault]:
    """Each section has a number of its own.

    Two amendments that were written at the same time both take the next number, and git merges them without a word.
    Give the one that landed last the next free number: heading, subheadings, banner.
    """
    same: dict[int, list[Section]] = {}
    for section in revision.after.sections:
        same.setdefault(section.number, []).append(section)
    for number, sections in same.items():
        first, *others = sorted(sections, key=lambda section: _is_new(revision, section))
        for times, section in enumerate(others, 2):
            words = f"Section {number} stands on line {first.line} and again on line {section.line}"
            yield Fault(revision.after.place(section.start), words, about=f"{number}, {times} times")


def _is_new(revision: Revision, section: Section) -> bool:
    """Return whether a section is not the one of its number that stood before the change."""
    was = revision.old.get(section.number)
    return was is not None and was.title != section.title


def _gaps(revision: Revision) -> Iterator[Fault]:
    """No number is missing between two sections.

    Sections are counted on, so that a missing one was lost or moved away. Long-lived records have such gaps for good
    reasons, and so this is only told.
    """
    ordered = sorted(revision.after.sections, key=attrgetter("number"))
    for below, above in pairwise(ordered):
        first, last = below.number + 1, above.number - 1
        if first <= last:
            words = f"Section {first} is missing" if first == last else f"Sections {first} to {last} are missing"
            yield Fault(revision.after.place(above.start), words)


def _back(revision: Revision) -> Iterator[Fault]:
    """Section numbers follow the order of the file.

    A file runs ascending, or ascending first and then newest first, and signed numbers (`§42`) may run another way
    than plain ones. A new section goes where the order has its place: before the newest where the newest come first,
    else behind it.
    """
    old = _signed(revision.before) if revision.before else {}
    for sign, sections in _signed(revision.after).items():
        before = [section.number for section in old.get(sign, [])]
        stood = {pair for pair, back in zip(pairwise(before), mark_back(before), strict=True) if not back}
        marks = mark_back([section.number for section in sections], before)
        for (above, section), back in zip(pairwise(sections), marks, strict=True):
            if back and (above.number, section.number) not in stood:
                yield _misplaced(revision, above, section)


def _signed(spec: Spec) -> dict[str, list[Section]]:
    """Return the sections by their sign, in the order of the text."""
    found: dict[str, list[Section]] = {}
    for section in spec.sections:
        found.setdefault(section.sign, []).append(section)
    return found


def _misplaced(revision: Revision, above: Section, section: Section) -> Fault:
    """Return the fault at the lower section of the two, or at the upper one if only that one is new."""
    new = {one.number for one in revision.added}
    blamed, where, other = (section, "behind", above)
    if above.number in new and section.number not in new:
        blamed, where, other = above, "before", section
    words = f"{_name(blamed)} stands {where} {_name(other)}, against the order in which this file counts"
    return Fault(revision.after.place(blamed.start), words, about=f"{section.number} behind {above.number}")


def _name(section: Section) -> str:
    return f"§{section.number}" if section.sign else f"Section {section.number}"


def mark_back(numbers: Sequence[int], before: Sequence[int] = ()) -> list[bool]:
    """Return for each step from number to number whether it goes back: against ascending, then descending order.

    Where the order turns is chosen so that the fewest steps go back. Where *before* only ascends or only descends, so
    must *numbers*; of equal choices the first turn counts where it turned before or mostly descends, else the last one.
    """
    down = [left > right for left, right in pairwise(numbers)]
    up = [left < right for left, right in pairwise(numbers)]
    turn = _turn(down, up, before)
    return [up[i] if i >= turn else down[i] and i < turn - 1 for i in range(len(down))]


def _turn(down: Sequence[bool], up: Sequence[bool], before: Sequence[int]) -> int:
    """Return the index at which the descending part begins; the step into it may go either way."""
    steps = list(pairwise(before))
    if steps and all(left <= right for left, right in steps):
        return len(down) + 1
    if steps and all(left >= right for left, right in steps):
        return 0
    falls = [0, *accumulate(down, initial=0)]
    rises = [0, *accumulate(reversed(up), initial=0)][::-1]
    costs = [one + other for one, other in zip(falls, rises, strict=True)]
    turns = range(len(costs))
    falling = not any(mark_back(before)) if steps else sum(down) > sum(up)
    return min(turns if falling else reversed(turns), key=costs.__getitem__)


def _parts(revision: Revision) -> Iterator[Fault]:
    """The parts of a section begin with the section's own number: `### 43.2` stands in §43.

    A section that was given another number keeps the old one in its subheadings unless somebody thinks of them.
    Headings like `### 3.5 GB of weights`, whose number is no section's, are left alone.
    """
    spec = revision.after
    numbers = {section.number for section in spec.sections}
    for section in spec.sections:
        found = [(part, named) for part in section.parts if (named := _PART.match(part.title))]
        shared = [int(named["number"]) for _, named in found]
        for part, named in found:
            number = int(named["number"])
            if number != section.number and (number in numbers or shared.count(number) > 1):
                yield _renumbered(spec, section, part, named)


def _renumbered(spec: Spec, section: Section, part: Heading, named: re.Match[str]) -> Fault:
    line = spec.lines.line(part.line - 1)
    right = f"{named['sign'] or ''}{section.number}{named['rest']}"
    words = f"{named[0]} stands in {_name(section)}; write {right}"
    return Fault(spec.place(part.start), words, line.replace(named[0], right, 1), f"{section.number}: {part.title}")


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/section-twice", "error", _twice, standing=True),
    Rule("spec/section-gap", "notice", _gaps, standing=True),
    Rule("spec/section-back", "warning", _back, standing=True),
    Rule("spec/part-number", "warning", _parts, standing=True),
)
