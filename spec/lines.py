"""How large a change is, and of what kind: tests, YAML, docs, logs, code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec.model import KINDS, Lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEST_ROOTS = frozenset({"test", "tests", "__tests__", "testdata"})
_TEST_DATA = frozenset({"fixtures", "golden", "snapshots", "__snapshots__"})
_TEST_FILE = re.compile(
    r"test_.*\.py|(?:.*_)?tests?\.\w+|.*\.(?:test|spec)\.[cm]?[jt]sx?|conftest\.py|\w*[a-z0-9]Tests?\.(?:java|kt|cs|swift)",
)
_BUILD_FILE = re.compile(r"cmakelists\.txt|(?:[\w.-]*)(?:requirements|constraints)(?:[\w.-]*)\.txt")
_SOURCES = (
    *(".py", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".cuh", ".go", ".js", ".ts"),
    *(".java", ".kt", ".swift", ".cs", ".sh", ".wgsl", ".metal", ".zig"),
)
_DOCS = (".md", ".markdown", ".rst", ".txt", ".adoc")
_NAMES = {"tests": "test scaffolding"}


@dataclass(frozen=True, slots=True)
class Changed:
    """One changed file: lines added and removed, and how many of them stand in test code inside it."""

    path: str
    added: int
    removed: int
    tests: int = 0

    @property
    def total(self) -> int:
        """All changed lines."""
        return self.added + self.removed


def classify(path: str) -> str:
    """Return the kind of a file by its path, one of `KINDS`.

    In doubt it is code, so that nobody reads “no production code change” where there was one.
    """
    *folders, name = path.lower().split("/")
    source = name.endswith(_SOURCES)
    if _TEST_ROOTS.intersection(folders) or (_TEST_DATA.intersection(folders) and not source):
        return "tests"
    if name.endswith(".log") or ("evidence" in folders and not source):
        return "logs"
    if name.endswith((".yaml", ".yml")):
        return "YAML"
    if _TEST_FILE.fullmatch(path.rpartition("/")[2]):
        return "tests"
    documented = name.endswith(_DOCS) and not _BUILD_FILE.fullmatch(name)
    return "docs" if documented or (folders[:1] in (["docs"], ["doc"]) and not source) else "code"


def count(files: Iterable[Changed]) -> Lines:
    """Return the changed lines by kind; test code inside a code file counts as tests.

    A code file without counted lines (binary, renamed) keeps the kind `code` with 0 lines, because
    nothing then proves that no code changed.
    """
    counts: dict[str, int] = {}
    for file in files:
        for kind, lines in _split(file):
            counts[kind] = counts.get(kind, 0) + lines
    return Lines(tuple((kind, counts[kind]) for kind in KINDS if kind in counts))


def _split(file: Changed) -> tuple[tuple[str, int], ...]:
    kind = classify(file.path)
    if kind != "code" or not file.tests:
        return ((kind, file.total),)
    tests = min(file.tests, file.total)
    code = (("code", file.total - tests),) if tests < file.total else ()
    return (("tests", tests), *code)


def describe(lines: Lines, prs: int, direct: int = 0) -> str:
    """Return the size in words: `~280 LOC across 3 PRs (80% test scaffolding, 15% YAML, 5% code)`.

    *direct* are commits without a pull request, which count, too. From 100 lines on the total is
    rounded to two figures. Shares are whole percents that add up to 100 (largest remainder); those
    that round to nothing are left out.
    """
    also = f" and {direct} direct commit{'' if direct == 1 else 's'}" if direct else ""
    across = f"across {prs} PR{'' if prs == 1 else 's'}{also}"
    if not lines.total:
        return f"no counted lines {across}"
    shares = ", ".join(f"{share}% {_NAMES.get(kind, kind)}" for kind, share in _shares(lines))
    return f"{measure(lines.total)} {across} ({shares})"


def size(lines: Lines) -> str:
    """Return the size of one change: `~120 LOC: 80% tests, 20% code`; nothing where no line was counted."""
    if not lines.total:
        return ""
    return f"{measure(lines.total)}: {', '.join(f'{share}% {kind}' for kind, share in _shares(lines))}"


def bound(lines: Lines, prs: int, direct: int = 0) -> str:
    """Return `describe` as a sentence, and that no production code changed where the diff proves it."""
    proved = lines.total > 0 and "code" not in dict(lines.by_kind)
    return describe(lines, prs, direct) + (". No production code change." if proved else ".")


def measure(total: int) -> str:
    """Return a number of lines in words, `~120 LOC`; see `describe`."""
    return f"{_round(total)} LOC"


def _round(total: int) -> str:
    if total < 100:  # noqa: PLR2004 - two figures are exact below
        return str(total)
    unit = 10 ** (len(str(total)) - 2)
    return f"~{(total + unit // 2) // unit * unit}"


def _shares(lines: Lines) -> tuple[tuple[str, int], ...]:
    """Return (kind, percent), largest first; percents that are left over go to the largest remainders."""
    parts = [(kind, *divmod(n * 100, lines.total)) for kind, n in lines.by_kind]
    spare = 100 - sum(whole for _, whole, _ in parts)
    favoured = {kind for kind, _, _ in sorted(parts, key=lambda part: -part[2])[:spare]}
    shares = [(kind, whole + (kind in favoured)) for kind, whole, _ in parts]
    return tuple(sorted(((k, s) for k, s in shares if s), key=lambda share: -share[1]))
