"""What people wrote in an amendment, carried over to what the bot writes anew: a three-way merge of the whole spec.

The bot's blocks are its own as long as they are intact. One that people edited is merged line by line; the order of the
blocks, the text between them and what is gone are people's. Where both sides changed the same lines, the people's
text stands, and a sentence says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contracts.error import EditError
from spec.document import read
from spec.frame import SECTION, begin, find, recognise
from spec.hunk import weave_lines
from spec.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.document import Spec
    from spec.frame import Frame
    from spec.origin import Record, Written

TEXT = "text"
"""The name in a record under which stands that people's words are somewhere in the text."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The spec to write, sentences about what could not be brought up to date, and the record for the next time.

    The record is empty only where nobody's words but the bot's stand in the text.
    """

    text: str
    kept: tuple[str, ...] = ()
    record: Record = field(default_factory=dict)


def merge(written: Written, theirs: str, ours: str, number: int) -> Merged:
    """Return what the bot would write now with what people wrote on the branch.

    Args:
        written: what the bot wrote there last.
        theirs: the spec at the branch's head.
        ours: the spec as the bot would write it if nobody had edited anything.
        number: the section's number in *ours*.

    Raises:
        EditError: the two do not go together; nothing should be written then.
        Unreadable: *theirs* cannot be read.
    """
    if theirs == written.text and not written.record and not written.touched:
        return Merged(ours)
    root, spec = read(written.root), read(theirs)
    hand, mine = recognise(spec, root, written.number), find(read(_suit(ours, theirs)), number)
    last = find(read(written.text), written.number)
    parts = Transfer(hand, mine, last, written)
    section, banner = parts.section(_renumber(hand, written.number, number)), parts.banner((hand.number, last.number))
    text = mine.fill(_surround(hand, mine, last, root), banner, section)
    _verify(text, theirs, number)
    return Merged(text, tuple(parts.kept), parts.record if text == ours else {TEXT: None, **parts.record})


def _suit(text: str, example: str) -> str:
    """Return *text* with the line ends of *example*."""
    plain = text.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if example.count("\r\n") * 2 > example.count("\n") else plain


def _renumber(frame: Frame, old: int, new: int) -> str:
    """Return a section with the number in its real headings of level 3 and below replaced."""
    heading, rest = frame.section, ""
    marks = [part.start for part in read(frame.section).headings[1:]]
    pattern = re.compile(rf" {{0,3}}#{{1,6}}[ \t]+(?P<n>{old}|{frame.number})(?=\.[0-9])")
    for start in reversed(marks):
        found = pattern.match(heading, start)
        if found:
            rest = f"{new}{heading[found.end('n') :]}{rest}"
            heading = heading[: found.start("n")]
    return heading + rest


def _surround(hand: Frame, mine: Frame, last: Frame, root: Spec) -> Sequence[str]:
    """Return the lines around the section, with what people changed in them.

    Raises:
        EditError: people and the default branch changed the same lines, or people stated another version.
    """
    if hand.version not in {last.version, mine.version}:
        raise EditError(f"people stated the version {hand.version} on the branch", mend=f"Write {last.version} again")
    if hand.lines == mine.lines:
        return mine.lines
    base, theirs, ours = ("\n".join(frame.lines) for frame in (begin(root), hand, mine))
    woven = weave_lines(base, theirs, ours)
    if woven.dropped:
        shown = next((line.strip() for line in woven.dropped if line.strip()), "")
        near = f", near “{shown[:80]}”" if shown and SECTION not in shown else ""
        what = f"people and the default branch changed the same lines outside §{hand.number}{near}"
        raise EditError(what, mend="Take one of the two back, or merge the amendment as it is")
    return woven.text.split("\n")


def _verify(text: str, theirs: str, number: int) -> None:
    """Read the merged text again.

    Raises:
        EditError: the section would not be one section, or no version would be stated.
    """
    spec = read(text)
    found = [section.number for section in spec.sections]
    if spec.version is None or found.count(number) != 1:
        raise EditError(f"§{number} would not be one section of the merged spec", mend="Look for an open code fence")
    twice = {n for n in found if found.count(n) > 1}
    before = [section.number for section in read(theirs).sections] if twice else []
    if any(before.count(n) < 2 for n in twice):  # noqa: PLR2004 - twice
        raise EditError(f"section {min(twice)} would stand twice in the merged spec")
