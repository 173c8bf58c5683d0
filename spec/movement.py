"""What is asked of a change to a spec: how its version may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.model import Part
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.model import Version
    from spec.header import Stated
    from spec.revision import Revision


def _back(revision: Revision) -> Iterator[Fault]:
    """The version of a spec never moves back.

    Sections, banners and commits name versions, and a version that is given twice names two states of the record.
    """
    for old, new in _stated(revision):
        if new.version < old.version:
            right = _right(revision, old.version)
            yield _fault(revision, new, f"The version moves back from {old.version} to {new.version}", right)


def _unmoved(revision: Revision) -> Iterator[Fault]:
    """A new section takes a new version.

    One minor version for each change that adds sections; behind 99 the minor number rolls over (`2.99.0` → `3.00.0`).
    It is a floor: a larger step passes. A step in the third number only is a warning.
    """
    for old, new in _stated(revision):
        if not revision.added or new.version < old.version or new.version.numbers[:2] != old.version.numbers[:2]:
            continue
        same = new.version.numbers == old.version.numbers
        stays = f"the version stays {old.version}" if same else f"the version moves from {old.version} to {new.version}"
        words = f"Section {revision.added[-1].number} is new, but {stays}"
        yield _fault(revision, new, words, _right(revision, old.version), grave=same)


def _stated(revision: Revision) -> Iterator[tuple[Stated, Stated]]:
    """Yield the two versions; no version at all is a finding of its own."""
    old, new = revision.before.version if revision.before else None, revision.after.version
    if old and new:
        yield old, new


def _right(revision: Revision, old: Version) -> Version:
    return old.bump(Part.MINOR, rollover=True) if revision.added else old


def _fault(revision: Revision, new: Stated, words: str, right: Version, *, grave: bool = True) -> Fault:
    """Return a fault at the version, with its line as it should be."""
    spec = revision.after
    line = spec.lines.line(new.line - 1)
    suggestion = line[: new.start - spec.lines.offset(new.line - 1)] + str(right) + new.rest
    return Fault(spec.place(new.start), f"{words}; write {right}", suggestion, severity=None if grave else "warning")


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/version-back", "error", _back),
    Rule("spec/version-unmoved", "error", _unmoved),
)
