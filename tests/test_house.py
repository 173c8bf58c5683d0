"""The rules of the house that a program can check: sizes, names, sentences."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "spec", "contracts", "evidence", "runners")
SOURCES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
VAGUE = re.compile(r"^(utils?|helpers?|common|misc|manager|base)$")
PROCESS = {
    "app/git.py",
    "app/sandbox/program.py",
    "app/sandbox/transport.py",
    "runners/meter.py",
    "runners/run.py",
    "runners/starter.py",
}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return every function of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function, its docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_function_is_longer_than_forty_lines() -> None:
    """A function fits on a screen."""
    long = [f"{p.name}:{f.name}" for p in SOURCES for f in functions(p) if length(f) > 40]

    assert long == []


def test_the_median_function_has_ten_lines_at_most() -> None:
    """Most functions are read at a glance."""
    assert statistics.median(length(f) for p in SOURCES for f in functions(p)) <= 10


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_has_three_hundred_lines_at_most(path: Path) -> None:
    """A file holds one concept."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_every_name_says_something() -> None:
    """No file is called for being a drawer."""
    assert [p.name for p in SOURCES if VAGUE.match(p.stem)] == []


def test_every_test_is_a_sentence() -> None:
    """A reader learns from the docstring what a test shows."""
    bare = [
        f"{p.name}:{f.name}"
        for p in TESTS
        for f in functions(p)
        if f.name.startswith("test_") and not ast.get_docstring(f)
    ]

    assert bare == []


def test_programs_are_started_in_few_places_only() -> None:
    """Git in one file, legs in another, what meters them in a third, the sandbox's git in two; nothing else does."""
    started = r"subprocess\.(run|Popen|call|check_)|create_subprocess|\bpty\.|\bos\.(system|popen|exec|fork)"
    starting = re.compile(started)

    found = {str(p.relative_to(ROOT)) for p in SOURCES if starting.search(p.read_text(encoding="utf-8"))}

    assert found == PROCESS


def test_yaml_is_composed_by_us_alone() -> None:
    """Nothing calls PyYAML's loaders or dumpers: events are read once, bounded, with places."""
    forbidden = re.compile(r"yaml\.(load|safe_load|full_load|compose|dump|safe_dump)\b")

    assert [p.name for p in SOURCES if forbidden.search(p.read_text(encoding="utf-8"))] == []


def test_configured_patterns_run_in_re2_alone() -> None:
    """One file imports re2; the rest compile only patterns that stand in the code."""
    assert {str(p.relative_to(ROOT)) for p in SOURCES if "import re2" in p.read_text(encoding="utf-8")} == {
        "evidence/pattern.py"
    }


def test_nothing_imports_torch() -> None:
    """No command of the program needs torch."""
    torch = re.compile(r"^\s*(import|from) torch", re.MULTILINE)

    assert [p.name for p in SOURCES if torch.search(p.read_text(encoding="utf-8"))] == []
