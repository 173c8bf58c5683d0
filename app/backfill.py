"""What landed in the stretches of earlier sections, and is recorded nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from app.landing import is_own, measure
from spec.landed import read as read_message
from spec.mention import find
from spec.model import Late

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.history import Commit
    from app.landing import Choice
    from app.workspace import Workspace
    from spec.document import Spec

LIMIT = 300
"""How many pull requests are told, the newest first."""
TOUCHES = 400
"""How many changes of a spec are looked at, the newest first: what is older counts as recorded."""
_HEADING = re.compile(rb"^## (?:\xc2\xa7[ \t]?)?(\d{1,6})(?=[.:) \t])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Backfill:
    """What was found, oldest first, and how many more there are."""

    late: tuple[Late, ...] = ()
    left: int = 0


def gather(
    workspace: Workspace, spec: Spec, records: Sequence[str], choice: Choice, known: Collection[int]
) -> Backfill:
    """Return the landed pull requests that neither their section nor a later one names, but for *known*.

    A section's stretch ends with the commit that wrote it, and begins with the one that wrote the section before.
    """
    sections = {section.number: f"{section.sign}{section.number}" for section in spec.sections}
    written = _find_written(workspace, spec.file, set(sections))
    named = find(spec)
    missing = [
        (commit, sections[number])
        for number, commit, pull in _assign(workspace, written)
        if named.get(pull, -1) < number and pull not in known
    ]
    measured = ((measure(workspace, commit, tuple(records), choice), where) for commit, where in missing[-LIMIT:])
    late = tuple(Late(one.landed, where) for one, where in measured if not one.aside)
    return Backfill(late, max(0, len(missing) - LIMIT))


def _find_written(workspace: Workspace, path: str, numbers: set[int]) -> list[tuple[str, int]]:
    """Return (commit, the lowest section that it wrote), oldest first; the first is where the history is known from.

    Its number is 0: what landed before it belongs to no stretch.
    """
    touching = workspace.repository.touching(path, workspace.commit)[:TOUCHES]
    written: list[tuple[str, int]] = []
    standing: set[int] = set()
    for commit in reversed(touching):
        text = workspace.repository.read(commit, [path]).get(path, b"")
        there = {int(found[1]) for found in _HEADING.finditer(text)} & numbers
        new = there - standing
        if not written or new:
            written.append((commit, min(new) if written else 0))
        standing |= there
    return written


def _assign(workspace: Workspace, written: list[tuple[str, int]]) -> Iterator[tuple[int, Commit, int]]:
    """Yield (section, commit, pull request) of everything that landed in the stretch of a section."""
    for (begin, _), (end, number) in pairwise(written):
        for commit in workspace.repository.log(begin, end):
            landed = read_message(commit.subject, commit.body, commit=commit.hash, date=commit.date)
            if landed and commit.hash != end and not is_own(workspace, commit):
                yield number, commit, landed.number
