"""The files that a contract names, in a value or a comment, and that must be there: evidence, other contracts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Place
from contracts.node import Scalar, Sequence
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from contracts.document import Document
    from contracts.finding import Severity

_NAMED = re.compile(r"(?<![\w./*<-])(?:evidence|contracts)/[\w./*<>{}-]*")
_VAGUE = re.compile(r"\.\.\.|[*<>{}]")
"""A path with one of these stands for several, or is abbreviated."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{1,120}")
"""The name of a contract, as `depends_on` has it; paths are read wherever they stand."""
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


def list_names(paths: Iterable[str]) -> frozenset[str]:
    """Return the names under which contracts may depend on files: those of YAML files, without folder and ending."""
    stems = (path.rpartition("/")[2].rpartition(".") for path in paths)
    return frozenset(stem for stem, _, ending in stems if ending in ("yaml", "yml"))


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
    *gone* what the change takes away, and *names* is what YAML files are called after it.
    """

    document: Document
    before: str | None
    there: Collection[str]
    gone: Collection[str]
    names: frozenset[str] = frozenset()


def _dangle(naming: Naming) -> Iterator[Fault]:
    """Evidence and contracts that a contract names are there.

    A path below `evidence/` or `contracts/`, in a value or in a comment, is looked for at the commit, and so is every
    contract that `depends_on` names. What a change writes, or takes away, is an error where it is evidence or a
    dependence, and a warning where it is the path of a contract, which may stand in another repository. What stood
    before is a notice.
    """
    yield from _depend(naming)
    known = Counter(naming.before.split("\n") if naming.before is not None else ())
    for number, line in enumerate(naming.document.text.split("\n"), 1):
        known[line] -= 1
        for path in dict.fromkeys(read(line)):
            if path not in naming.there:
                taken = path in naming.gone
                words = f"{path} is named here, and {'this change takes it away' if taken else 'is not there'}"
                severity: Severity = "error" if path.startswith("evidence/") else "warning"
                place, stood = Place(naming.document.file, number, 1), not (known[line] < 0 or taken)
                yield Fault(place, words, severity=severity, stood=stood)


def _depend(naming: Naming) -> Iterator[Fault]:
    """Yield the contracts that `depends_on` names, by name or by path, and that are nowhere."""
    lost = list_names(naming.gone) - naming.names
    written = set(naming.before.split("\n")) if naming.before is not None else set[str]()
    lines: list[str] = []
    for node in _dependences(naming.document):
        name = node.text.strip().rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml")
        if "/" in node.text or not _NAME.fullmatch(name) or name in naming.names:
            continue
        lines = lines or naming.document.text.split("\n")
        caused = name in lost or lines[node.line - 1] not in written
        how = "this change takes it away" if name in lost else "no contract of that name is there"
        place = Place(naming.document.file, node.line, node.column)
        yield Fault(place, f"it depends on {name}, and {how}", stood=not caused)


def _dependences(document: Document) -> Iterator[Scalar]:
    for path in (("metadata", "depends_on"), ("depends_on",)):
        node = document.node(path)
        every = node.items if isinstance(node, Sequence) else (node,)
        yield from (item for item in every if isinstance(item, Scalar) and isinstance(item.value, str))


DANGLING: Rule[Naming] = Rule("contract/dangling", "error", _dangle)
