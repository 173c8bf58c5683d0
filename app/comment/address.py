"""Which lines of a comment are addressed to this bot: its own commands, and slips of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.comment.grammar import FORMS
from app.comment.paragraph import find
from app.comment.phrase import nearest
from contracts.error import Unreadable
from spec.escape import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.comment.grammar import Form

OTHERS = 50
"""How many commands of other bots are compared with ours; a comment has a few."""

_HEAD = re.compile(r"/(?P<name>[A-Za-z][\w-]*+)(?P<tail>[@:,.;!]\S*+)?(?:\s(?P<rest>.*))?", re.DOTALL)
_ANY = re.compile(rf"(?im)^[^\S\n]{{0,3}}/(?:{'|'.join(FORMS)})(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class Call:
    """One line for us. *form* is None where it is only near a command: *name*; *rest* is then what was written."""

    line: int
    name: str
    form: Form | None
    rest: str


def address(body: str) -> Iterator[Call]:
    """Yield what a comment calls us for, line by line; commands of other bots and paths are left alone.

    Raises:
        Unreadable: the comment names a command of ours, and is too large to be read.
    """
    try:
        lines = find(body)
    except Unreadable:
        if _ANY.search(body):
            raise
        return
    others = 0
    for line in lines:
        head = _HEAD.fullmatch(clean(line.text))
        if head is None:
            continue  # a path, for instance
        name = head["name"].lower()
        if name in FORMS and not head["tail"]:
            yield Call(line.number, name, FORMS[name], head["rest"] or "")
        elif others < OTHERS:
            others += 1
            near = "discharge" if name.startswith("discharge") else nearest(name, FORMS)
            if near:
                yield Call(line.number, near, None, head["name"] + (head["tail"] or ""))
