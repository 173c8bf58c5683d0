"""Titles from facts, and branches that can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.model import Version
from spec.model import Amendment, Landed, Row
from spec.title import SLUG_LIMIT, TITLE_LIMIT, branch, read_branch, slug, title


def _landed(number: int, scope: str = "", what: str = "w") -> Landed:
    return Landed(number, "t", what, "c", "2026-05-03", scope=scope)


def _amendment(*landed: Landed, rows: tuple[Row, ...] = (), given_: str = "") -> Amendment:
    return Amendment("x", given_, "2026-05-03", landed, rows)


FLIPS = (
    Row("c", ("FALSIFY-CPU-GPU-001", "FALSIFY-CPU-GPU-002"), "FUNCTIONAL", "DISCHARGED", ""),
    Row("c", ("FALSIFY-TOK-001",), None, "FUNCTIONAL", ""),
    Row("c", ("FALSIFY-TOK-002",), "FUNCTIONAL", "FUNCTIONAL", ""),
)


@pytest.mark.parametrize(
    ("amendment", "text"),
    [
        (_amendment(given_="  My\ntitle "), "My title"),
        (
            _amendment(_landed(1, "a"), _landed(2, "b"), _landed(3, "a"), rows=FLIPS),
            "a + b: 2 falsifiers DISCHARGED, 1 falsifier FUNCTIONAL",
        ),
        (_amendment(_landed(1), rows=FLIPS[:1]), "cpu-gpu: 2 falsifiers DISCHARGED"),
        (_amendment(rows=(Row("c", ("ALONE",), None, "DISCHARGED", ""),)), "1 falsifier DISCHARGED"),
        (_amendment(*(_landed(n, f"s{n}") for n in range(1, 6))), "s1 + s2 + s3 + 2 more: #1-#5 landed"),
        (_amendment(_landed(7, what="refresh the table")), "refresh the table"),
        (_amendment(), "no pull request landed"),
    ],
)
def test_title(amendment: Amendment, text: str) -> None:
    """A title says what was worked on and what became of it."""
    assert title(amendment) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("distill-train + cpu-gpu: 2 falsifiers PARTIAL", "distill-train-cpu-gpu-2-falsifiers"),
        ("Café — §43 “quoted”", "cafe-43-quoted"),
        ("→ 漢字", "record"),
        ("x" * 60, "x" * SLUG_LIMIT),
        ("a" * 39 + " bc", "a" * 39),
    ],
)
def test_slug(text: str, words: str) -> None:
    """A slug is short, plain and never empty."""
    assert slug(text) == words


@pytest.mark.parametrize("version", ["2.88.0", "3.00.0", "1.5"])
def test_branch(version: str) -> None:
    """A branch's name keeps the digits of the version and reads back."""
    name = branch(_amendment(_landed(1, "a")), Version.parse(version))
    major, minor = version.split(".")[:2]

    assert name == f"spec/v{major}-{minor}-a-w-amendment"
    assert read_branch(name) == (f"{major}.{minor}", "a-w")


@pytest.mark.parametrize(
    "name", ["main", "spec/v2-88-amendment", "spec/v2-88-A-amendment", "spec/v2-88-a-b", "spec/v2-x-a-amendment"]
)
def test_other_branches(name: str) -> None:
    """What is no amendment's branch is not taken for one."""
    assert read_branch(name) is None


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=200), st.integers(0, 99))
def test_any_title(text: str, minor: int) -> None:
    """Any words make a title in its bound and a branch that reads back."""
    amendment = _amendment(_landed(1, text), _landed(2, text + "!"))

    assert len(title(amendment)) <= TITLE_LIMIT
    assert len(slug(text)) <= SLUG_LIMIT
    assert read_branch(branch(amendment, Version.parse(f"2.{minor}.0"))) == (f"2.{minor}", slug(title(amendment)))
