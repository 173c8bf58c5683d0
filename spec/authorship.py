"""What is asked of the parts of a section that the bot wrote: that people can see which of them it did not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.rule import Fault, Rule
from spec.marker import BEGIN, FIGURES, digest, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.finding import Severity
    from spec.marker import Block
    from spec.revision import Revision

_LEVEL = re.compile(r"#{1,6}[ \t]+")


def _edited(revision: Revision) -> Iterator[Fault]:
    """A part that the bot wrote and somebody edited is named.

    People may edit such a part: answer a Why, add a sentence, correct one. What they wrote survives every refresh, and
    this notice says where it is, so that nobody takes it for measured. Figures are another matter: the tables of what
    landed and what flipped, and the effects, are worked out from git, and an edit of them is a warning. Where a figure
    is wrong, mend what it is worked out from, or say so in a sentence beside it.
    """
    spec = revision.after
    if BEGIN not in spec.text:
        return
    for section in spec.sections:
        for block in read(spec.text[section.start : section.end]):
            if not block.intact:
                named = f"“{_name(block)}” of §{section.number}"
                words = f"{named} was edited by hand: the bot wrote something else between these marks"
                severity: Severity = "warning" if block.key in FIGURES else "notice"
                about = f"{named} {block.key} {digest(block.text)}"
                yield Fault(spec.place(section.start + block.start), words, about=about, severity=severity)


def _name(block: Block) -> str:
    """Return a part's heading, or its name where it has none."""
    line = block.text.lstrip().partition("\n")[0].strip()
    return _LEVEL.sub("", line)[:80] if _LEVEL.match(line) else block.key


RULES: tuple[Rule[Revision], ...] = (Rule("spec/block-edited", "notice", _edited, standing=True),)
