"""The files that a contract names, in a value or a comment, and that must be there: evidence, other contracts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Place
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from contracts.document import Document
    from contracts.finding import Severity

_NAMED = re.compile(r"(?<![\w./*<-])(?:evidence|contracts)/[\w./*<>{}-]*")
_VAGUE = re.compile(r"\.\.\.|[*<>{}]")
"""A path with one of these stands for several, or is abbreviated."""
ROOTS = ("evidence/", "contracts/")


def list_folders(paths: Collection[str]) -> frozenset[str]:
    """Return the folders of files, without a slash at their end."""
    found = set[str]()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def read(line: str) -> Iterator[str]:
    """Yield the paths that a line names; what ends a sentence is no part of one."""
    for found in _NAMED.findall(line):
        path = found.rstrip("./-")
        if "/" in path and not _VAGUE.search(found):
            yield path


@dataclass(frozen=True, slots=True)
class Naming:
    """A contract and what is there.

    *before* is its text before the change, None if there was none. *there* is every file and folder after the change,
    *gone* what the change takes away.
    """

    document: Document
    before: str | None
    there: Collection[str]
    gone: Collection[str]


def _dangle(naming: Naming) -> Iterator[Fault]:
    """Evidence and contracts that a contract names are there.

    A path below `evidence/` or `contracts/`, in a value or in a comment, is looked for at the commit. What a change
    writes, or takes away, is an error where it is evidence, and a warning where it is a contract, which may stand in
    another repository. What stood before is a notice.
    """
    known = Counter(naming.before.split("\n") if naming.before is not None else ())
    for number, line in enumerate(naming.document.text.split("\n"), 1):
        known[line] -= 1
        for path in dict.fromkeys(read(line)):
            if path not in naming.there:
                taken = path in naming.gone
                words = f"{path} is named here, and {'this change takes it away' if taken else 'is not there'}"
                severity = _weigh(path, caused=known[line] < 0 or taken)
                yield Fault(Place(naming.document.file, number, 1), words, severity=severity)


def _weigh(path: str, *, caused: bool) -> Severity:
    if not caused:
        return "notice"
    return "error" if path.startswith("evidence/") else "warning"


DANGLING: Rule[Naming] = Rule("contract/dangling", "error", _dangle)
