"""The files that a contract names, in a value or a comment, and that must be there: evidence, other contracts."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from contracts.error import Place
from contracts.finding import Finding

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


def check(document: Document, before: str | None, there: Collection[str], gone: Collection[str]) -> Iterator[Finding]:
    """Yield each path that a contract names and that is not there.

    What a change writes, or takes away, is an error where it is evidence, and a warning where it is a contract, which
    may stand in another repository. What stood before is a notice.

    Args:
        document: the contract after the change.
        before: its text before the change, None if there was none.
        there: every file and folder after the change.
        gone: the files and folders that the change took away.
    """
    known = Counter(before.split("\n") if before is not None else ())
    for number, line in enumerate(document.text.split("\n"), 1):
        known[line] -= 1
        for path in dict.fromkeys(read(line)):
            if path not in there:
                words = f"{path} is named here, and {'this change takes it away' if path in gone else 'is not there'}"
                severity = _weigh(path, caused=known[line] < 0 or path in gone)
                yield Finding("contract/dangling", severity, Place(document.file, number, 1), words)


def _weigh(path: str, *, caused: bool) -> Severity:
    if not caused:
        return "notice"
    return "error" if path.startswith("evidence/") else "warning"
