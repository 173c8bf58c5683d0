"""What a section leaves for the next session: each lever with its place (`§42.7 (a)`), and what closes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spec.body import join, passages
from spec.landed import levers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from spec.body import Passage
    from spec.document import Section, Spec
    from spec.model import Lever

_NAMED = re.compile(r"((?:[A-Z0-9]+-)*[A-Z0-9]*[A-Z])-(\d{1,4}(?:/\d{1,4})*)(?![\w%])")
_LISTED = re.compile(
    r"(?P<open>[`*]{0,3})(?P<stem>(?:[A-Za-z0-9]+-)*[A-Za-z0-9]*[A-Za-z])-(?P<numbers>\d{1,4}(?:/\d{1,4})*)(?![\w%])"
    r"(?P<close>[`*]{0,3}(?:\s?(?:,|/|and\b|&|\+)\s?){0,2})"
)
_DANGLING = re.compile(r"(?:\s?(?:,|/|\band\b|&|\+)){1,3}\s?\Z")
_PLACE = re.compile(
    r"(?:(?:(?:§\s?|\bsection\s)(?P<signed>\d{1,6}(?:\.\d{1,3})?)|(?<![\w.])(?P<bare>\d{1,6}\.\d{1,3})),?\s)?"
    r"(?P<letters>\([a-z]{1,2}\)(?:(?:\s?(?:,|/|and\b|&)\s?){1,2}\([a-z]{1,2}\)){0,25})"
)
_LETTER = re.compile(r"\(([a-z]{1,2})\)")
_VERB = re.compile(
    r"(?<!\bnot )(?<!n't )(?<!\bnever )(?<!\bto )(?<!\bwill )(?<!\bwould )"
    r"\b(?:close[sd]?|closing|finish(?:e[sd])?|completed?s?|resolve[sd]?)\s"
    r"(?P<what>(?:\s|,|(?:and|both|the|of|levers?|items?|pickup|section)\b|§|\d{1,6}(?:\.\d{1,3})?|\([a-z]{1,2}\))*+)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PICKUP = re.compile(r"next[- ]session(?: pick-?up)?", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(?:not|no|never|towards?|part(?:ly|ial|ially)?|progress|remains?|remaining|still|open|next|later|will|would"
    r"|should|prepar\w+|carr(?:y|ies|ied)|(?:un)?block\w*|follow\w*|todo|before|needs?|leaves?)\b|n't\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Left:
    """A lever and where it stands: `§42.7 (a)`; *number* is the section's, *part* that of its heading (`42.7`)."""

    where: str
    number: int
    part: str
    lever: Lever

    @property
    def origin(self) -> str:
        """Where it stood first; a lever keeps it however often it is carried over."""
        return self.lever.source or self.where


def find(spec: Spec) -> tuple[Left, ...]:
    """Return what the newest section leaves to pick up, in its order."""
    return tuple(_left(spec, spec.newest)) if spec.newest else ()


def _left(spec: Spec, section: Section) -> Iterator[Left]:
    heading = next((part.title for part in section.parts if "pickup" in part.title.lower()), str(section.number))
    part = heading.split()[0].removeprefix("§")
    for lever in levers(spec.text[section.start : section.end]):
        yield Left(f"{section.sign}{part} ({lever.letter})".replace(" ()", ""), section.number, part, lever)


def closes(lever: Lever, moved: Collection[str]) -> bool:
    """Return whether everything that a lever's name names is among *moved* (ids without `FALSIFY-`)."""
    ids = names(lever)
    return bool(ids) and all(id_ in moved for id_ in ids)


def names(lever: Lever) -> tuple[str, ...]:
    """Return the falsifiers that a lever's name names, without `FALSIFY-`: `X-001/002` names two."""
    found = _NAMED.findall(lever.name.upper())
    ids = (f"{stem}-{number}" for stem, numbers in found for number in numbers.split("/"))
    return tuple(id_.removeprefix("FALSIFY-") for id_ in ids)


def narrow(lever: Lever, moved: Collection[str]) -> Lever:
    """Return a lever whose name names only what is not among *moved*; whole, where that cannot be cut out of it."""
    name = _LISTED.sub(lambda found: _cut_name(found, moved), lever.name)
    cut = replace(lever, name=_DANGLING.sub("", name)) if name != lever.name else lever
    return cut if names(cut) == tuple(id_ for id_ in names(lever) if id_ not in moved) else lever


def _cut_name(found: re.Match[str], moved: Collection[str]) -> str:
    """Return a mention such as `X-001/002, ` with the numbers that are left; nothing, with its comma, for none."""
    stem = found["stem"].upper().removeprefix("FALSIFY-")
    left = [number for number in found["numbers"].split("/") if f"{stem}-{number}" not in moved]
    return f"{found['open']}{found['stem']}-{'/'.join(left)}{found['close']}" if left else ""


def read_closed(title: str, body: str) -> frozenset[tuple[str, str]]:
    """Return the places that a landed message says it closes, as (`42.7`, `a`); `closes (a)` has no number.

    `closes §42.7 (a)` counts anywhere, and so does the bare place in a sentence that does not hedge
    (`not`, `towards`, `remains`, …). What a body leaves for the next session itself is no such sentence.
    """
    paragraphs = [title, *(text for passage in passages(body) if passage.title != "pickup" for text in _cut(passage))]
    return frozenset(place for text in paragraphs for place in _closed(text))


def _cut(passage: Passage) -> Iterator[str]:
    """Yield the paragraphs of a passage, each on one line."""
    return (join(part.split("\n")) for part in "\n".join(passage.lines).split("\n\n"))


def _closed(text: str) -> Iterator[tuple[str, str]]:
    for verb in _VERB.finditer(text):
        yield from _places(verb["what"])
    for sentence in _SENTENCE.split(text):
        if not _HEDGED.search(_PICKUP.sub("", sentence)):
            yield from ((number, letter) for number, letter in _places(sentence) if number)


def _places(text: str) -> Iterator[tuple[str, str]]:
    """Yield (number, letter) of each place; a list such as `§42.7 (a) and (b)` has its number once."""
    for found in _PLACE.finditer(text):
        for letter in _LETTER.findall(found["letters"]):
            yield found["signed"] or found["bare"] or "", letter


def is_closed(left: Left, places: Collection[tuple[str, str]]) -> bool:
    """Return whether one of *places* is a lever's: where it stands now, or where it stood first."""
    mine = {(number, left.lever.letter) for number in ("", str(left.number), left.part)}
    for part, letter in _places(left.lever.source):
        mine |= {(number, letter) for number in (part, part.partition(".")[0]) if number}
    return not mine.isdisjoint(places)
