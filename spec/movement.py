"""What is asked of a change to a spec: that its sections stay, and how its version may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.error import Place
from contracts.model import Part
from contracts.rule import Fault, Rule
from spec.why import count

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


def _gone(revision: Revision) -> Iterator[Fault]:
    """A spec stays, and so do its sections.

    Later sections count on what the record says. A file that is taken away, and a `path` that points at another one,
    must be replaced by a spec of that name with all the sections, by their numbers or their titles. Sections that
    leave a file in which others stay are a warning: people move the oldest ones to a file of their own. So is a spec
    that the configuration names no more.
    """
    before, after = revision.before, revision.after
    if before is None:
        return
    numbers, titles = ({getattr(one, name) for one in after.sections} for name in ("number", "title"))
    gone = [one for one in before.sections if one.number not in numbers and (one.title or None) not in titles]
    if not after.text.strip() and before.text.strip():
        words = f"the spec is gone, with its {count(len(gone), 'section')}"
    elif gone:
        named = ", ".join(f"§{one.number}" for one in gone[:_NAMED])
        words = f"{len(gone)} of {len(before.sections)} sections that stood before are gone: {named}"
        words += ", …" if len(gone) > _NAMED else ""
    else:
        return
    mild = before.file == after.file and len(gone) < len(before.sections)
    yield Fault(Place(after.file or before.file, 1, 1), words, severity="warning" if mild else None)


_NAMED = 6
"""How many sections that are gone are named."""
GONE: Rule[Revision] = Rule("spec/gone", "error", _gone)
RULES: tuple[Rule[Revision], ...] = (
    GONE,
    Rule("spec/version-back", "error", _back),
    Rule("spec/version-unmoved", "error", _unmoved),
)
