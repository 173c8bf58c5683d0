"""What is asked of a spec as it stands: the version that it states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.error import Place
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.revision import Revision


def _missing(revision: Revision) -> Iterator[Fault]:
    """A spec states its version in its header.

    The header ends at the first heading of level 2. Without a version nobody can say which state of the record a
    sentence is about, and no section can be added. Add a line such as `**Version:** 1.0.0` under the title.
    """
    spec = revision.after
    if spec.version is None and not spec.misstated:
        words = "The spec states no version in its header; add a line such as **Version:** 1.0.0"
        yield Fault(Place(spec.file, 1), words)


def _unreadable(revision: Revision) -> Iterator[Fault]:
    """The version of a spec is two or three numbers.

    Versions are compared as numbers: `2.10.0` is newer than `2.9.0`. Zeros in front keep their place (`3.00.0`), and
    a suffix like `-draft` may follow.
    """
    spec = revision.after
    if spec.version is None and spec.misstated:
        wrong = spec.misstated[0]
        words = f"“{wrong.value}” is no version; write it as two or three numbers, for instance 1.4.0"
        yield Fault(spec.place(wrong.start), words, about=wrong.value)


def _twice(revision: Revision) -> Iterator[Fault]:
    """A spec that states its version twice states the same one.

    The first place counts: the front matter, then the first line of the header that states one.
    """
    spec = revision.after
    for other in spec.versions[1:]:
        first = spec.versions[0]
        if other.version != first.version:
            words = f"states version {first.version}, this line {other.version}"
            line = spec.lines.line(other.line - 1)
            column = other.start - spec.lines.offset(other.line - 1)
            right = line[:column] + str(first.version) + other.rest
            yield Fault(spec.place(other.start), f"Line {first.line} {words}", right, about=words)


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/version-missing", "error", _missing, standing=True),
    Rule("spec/version-unreadable", "error", _unreadable, standing=True),
    Rule("spec/version-twice", "warning", _twice, standing=True),
)
