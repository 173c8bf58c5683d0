"""The size of a change, by kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.lines import Changed, bound, classify, count, describe
from spec.model import KINDS, Lines

HISTORY = Path(__file__).parents[2].parent / "shared" / "corpus" / "ccpa" / "history.json"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("crates/x/src/lib.rs", "code"),
        ("crates/x/tests/cli.rs", "tests"),
        ("crates/x/src/parse_tests.rs", "tests"),
        ("crates/x/src/tests.rs", "tests"),
        ("pkg/run_test.go", "tests"),
        ("app/test_run.py", "tests"),
        ("conftest.py", "tests"),
        ("web/a.test.ts", "tests"),
        ("web/a.spec.jsx", "tests"),
        ("fixtures/canonical/0001/meta.toml", "tests"),
        ("java/FooTest.java", "tests"),
        ("src/latest.py", "code"),
        ("src/contest.rs", "code"),
        ("contracts/x-v1.yaml", "YAML"),
        (".github/workflows/test.yml", "YAML"),
        ("README.md", "docs"),
        ("docs/plan.svg", "docs"),
        ("notes.rst", "docs"),
        ("requirements-dev.txt", "code"),
        ("cpp/CMakeLists.txt", "code"),
        ("evidence/cpu-gpu-005/findings.md", "logs"),
        ("evidence/judge.py", "code"),
        ("docs/conf.py", "code"),
        ("src/fixtures/load.py", "code"),
        ("fixtures/golden.json", "tests"),
        ("evidence/cpu-gpu-005/receipt.json", "logs"),
        ("evidence/cpu-gpu-005/wgpu-smoke.log", "logs"),
        ("run.log", "logs"),
        ("Cargo.lock", "code"),
        ("Makefile", "code"),
    ],
)
def test_classify(path: str, kind: str) -> None:
    """A file's kind is told by its path; in doubt it is code."""
    assert classify(path) == kind


def test_count() -> None:
    """Lines add up by kind, and test code inside a code file counts as tests."""
    files = (
        Changed("src/lib.rs", 20, 4, tests=18),
        Changed("src/all.rs", 5, 0, tests=9),
        Changed("tests/cli.rs", 30, 0),
        Changed("c.yaml", 3, 1, tests=2),
    )

    assert count(files) == Lines((("code", 6), ("tests", 53), ("YAML", 4)))


def test_describe_the_seed() -> None:
    """The seed's own figure comes out of the lines."""
    lines = Lines((("code", 14), ("tests", 224), ("YAML", 42)))

    assert describe(lines, 3) == "~280 LOC across 3 PRs (80% test scaffolding, 15% YAML, 5% code)"


@pytest.mark.parametrize(
    ("lines", "prs", "text"),
    [
        ((("YAML", 50),), 1, "50 LOC across 1 PR (100% YAML)"),
        ((("YAML", 99),), 1, "99 LOC across 1 PR (100% YAML)"),
        ((("code", 996),), 2, "~1000 LOC across 2 PRs (100% code)"),
        ((("docs", 12345),), 2, "~12000 LOC across 2 PRs (100% docs)"),
        ((("code", 1), ("logs", 999)), 2, "~1000 LOC across 2 PRs (100% logs)"),
        ((("code", 1), ("docs", 1), ("logs", 1)), 2, "3 LOC across 2 PRs (34% code, 33% docs, 33% logs)"),
        ((), 2, "no counted lines across 2 PRs"),
    ],
)
def test_describe(lines: tuple[tuple[str, int], ...], prs: int, text: str) -> None:
    """Totals are exact below a hundred, shares are whole, and what rounds to nothing is left out."""
    assert describe(Lines(lines), prs) == text


def test_no_code_only_where_proved() -> None:
    """No production code changed: only if lines are known, and no code file is among them."""
    assert bound(Lines((("YAML", 4),)), 1) == "4 LOC across 1 PR (100% YAML). No production code change."
    assert bound(Lines((("YAML", 4), ("code", 1))), 1) == "5 LOC across 1 PR (80% YAML, 20% code)."
    assert bound(Lines(), 1) == "no counted lines across 1 PR."
    binary = count([Changed("model.bin", 0, 0), Changed("c.yaml", 4, 0)])
    assert bound(binary, 1) == "4 LOC across 1 PR (100% YAML)."
    inside = count([Changed("src/lib.rs", 4, 0, tests=4)])
    assert bound(inside, 1) == "4 LOC across 1 PR (100% test scaffolding). No production code change."


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=5), st.integers(0, 5))
def test_shares_add_up(numbers: list[int], prs: int) -> None:
    """Shares add up to a hundred and descend."""
    text = describe(Lines(tuple(zip(KINDS, numbers, strict=True))), prs)
    shares = [int(share) for share in re.findall(r"(\d+)%", text)]

    assert sum(shares) == (100 if any(numbers) else 0)
    assert shares == sorted(shares, reverse=True)
    assert 0 not in shares


def test_real_history() -> None:
    """Every changed line of the real history has a kind, and documentation commits change no code."""
    if not HISTORY.exists():
        pytest.skip("the corpus is not here")
    commits = json.loads(HISTORY.read_text(encoding="utf-8"))
    counted = {c["pull_request"]: count(Changed(**file) for file in c["files"]) for c in commits}

    totals = {c["pull_request"]: sum(f["added"] + f["removed"] for f in c["files"]) for c in commits}
    assert {pr: lines.total for pr, lines in counted.items()} == totals
    assert counted[5].of("tests") == 284
    assert counted[22] == Lines((("code", 26), ("YAML", 27), ("docs", 41)))
