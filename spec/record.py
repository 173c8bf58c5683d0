"""What is asked of the tables of landed pull requests: that each landed, and is recorded once."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from contracts.rule import Fault, Rule
from spec.table import read_landed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.document import Section, Spec
    from spec.revision import Revision
    from spec.table import Named


def _unmerged(revision: Revision) -> Iterator[Fault]:
    """A pull request that a section records as landed is merged on the default branch.

    A commit of the branch names it: `(#1438)` in the subject of a squash, or `Merge pull request #1438`. Rows that a
    change adds to a table whose first column is `PR` are looked at; a row that says `open` or `pending` in a cell of
    its own claims nothing. Where the history is not at hand, or names no pull request at all, nothing is said.
    """
    if not revision.landed:
        return
    for section, named in fresh(revision):
        if named.number not in revision.landed:
            words = f"§{section.number} records #{named.number} as landed, and no commit of the default branch names it"
            yield Fault(revision.after.place(named.start), words, about=f"§{section.number} #{named.number}")


def fresh(revision: Revision) -> Iterator[tuple[Section, Named]]:
    """Yield the rows that a change brings in: of this repository, and not called open by themselves."""
    if revision.before is None:
        return
    for section in revision.after.sections:
        was = revision.old.get(section.number)
        if was and _text(revision.before, was) == _text(revision.after, section):
            continue
        stood = {named.number for named in read_landed(revision.before, was)} if was else set()
        for named in read_landed(revision.after, section):
            if named.number not in stood and not named.open and _is_ours(named, revision.home):
                yield section, named


def _text(spec: Spec, section: Section) -> str:
    return spec.text[section.start : section.end]


def _is_ours(named: Named, home: str) -> bool:
    """Return whether a row is about a pull request of this repository, as far as that can be told."""
    return not (named.home and home) or home.lower().endswith(named.home.lower())


def _twice(revision: Revision) -> Iterator[Fault]:
    """A pull request that landed is recorded in one section.

    Recorded twice it counts twice for whoever adds up what landed. Two tables of one section may name it.
    """
    first: dict[tuple[int, str], int] = {}
    for section in sorted(revision.after.sections, key=attrgetter("number")):
        said: set[int] = set()
        for named in read_landed(revision.after, section):
            other = first.setdefault((named.number, named.home), section.number)
            if other != section.number and named.number not in said:
                said.add(named.number)
                words = f"§{section.number} records #{named.number}, which §{other} recorded already"
                yield Fault(revision.after.place(named.start), words)


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/landed-unmerged", "error", _unmerged),
    Rule("spec/landed-twice", "warning", _twice, standing=True),
)
