"""What is asked of a spec, and of a change to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.progress import Chain, Tally
from spec.document import read
from spec.rules import check, check_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.finding import Finding
    from spec.amend import Amended

HEADER = "# Spec\n\n**Version:** {} (DRAFT)\n\n"
ONE = "## §1. a\n\nCoverage tally: 15 + 33\n\n- **MODEL-1**: 86% → **87%**\n- **MODEL-2**: 50%\n\n"


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str, str, str]]:
    """Return rule, severity, place and message of each finding."""
    return [(f.rule, f.severity, str(f.place), f.message) for f in findings]


def change(section: str, known: Chain | None = None) -> list[tuple[str, int, str, str]]:
    """Return the errors in a change that brings §2 and a new version."""
    before = read(HEADER.format("1.0.0") + ONE, "s.md")
    after = read(HEADER.format("1.1.0") + ONE + "## §2. b\n\n" + section, "s.md")
    found = (f for f in check_change(before, after, known) if f.severity == "error")
    return [(f.rule, f.place.line, f.message, f.suggestion) for f in found]


def test_the_flagship_spec_has_gaps_and_nothing_worse(corpus: Callable[[str], str]) -> None:
    """Sections that are missing are a notice, at the section after the gap."""
    findings = check(read(corpus("aprender/ship-two-models-spec.md"), "s.md"))

    assert said(findings) == [
        ("spec/section-gap", "notice", "s.md:20:1", "Sections 2 to 25 are missing"),
        ("spec/section-gap", "notice", "s.md:53:1", "Sections 27 to 40 are missing"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# S\n",
            ("spec/version-missing", "error", "s.md:1", "The spec states no version in its header; add a line such as"),
        ),
        (
            "Version: x\n",
            ("spec/version-unreadable", "error", "s.md:1:10", "“x” is no version; write it as two or three"),
        ),
        (
            "---\nversion: 1.0.0\n---\nVersion: 1.1.0\n",
            ("spec/version-twice", "warning", "s.md:4:10", "Line 2 states version 1.0.0, this line 1.1.0"),
        ),
        (
            "Version: 1.1.0\n**N (v1.0.0):** **§1 — x**\n",
            (
                "spec/banner-version",
                "warning",
                "s.md:2:1",
                "The spec is at version 1.1.0, its top banner speaks of v1.0.0",
            ),
        ),
        (
            "Version: 1.1.0\n\n## 3. a\n\n## §3. b\n",
            ("spec/section-twice", "error", "s.md:5:1", "Section 3 stands on line 3 and again on line 5"),
        ),
        (
            "Version: 1.1.0\n\n## 3. a\n\n## §1. b\n",
            ("spec/section-gap", "notice", "s.md:3:1", "Section 2 is missing"),
        ),
    ],
)
def test_each_fault_is_one_finding_at_its_place(text: str, expected: tuple[str, str, str, str]) -> None:
    """Rule, severity, place and sentence."""
    found = said(check(read(text, "s.md")))

    assert [one[:3] for one in found] == [expected[:3]]
    assert found[0][3].startswith(expected[3])


def test_an_amendment_of_ours_passes(corpus: Callable[[str], str], put: Callable[..., Amended]) -> None:
    """What the program writes starts from what was stated last."""
    text = corpus("aprender/ship-two-models-spec.md")

    assert check_change(read(text), read(put(text, None).text)) == ()


def test_a_new_spec_answers_for_all_of_itself() -> None:
    """Without a text before, everything is brought in."""
    spec = read("# S\n")

    assert check_change(None, spec) == check(spec)


def test_what_stood_before_is_not_the_changes_fault() -> None:
    """A section that stood twice on other lines is not said again; one more pair is."""
    old = "Version: 1.0.0\n\n## §1. a\n\n## §1. b\n\n## §2. c\n"

    assert check_change(read(old), read("\n\n" + old)) == ()
    assert [f.rule for f in check_change(read(old), read(old + "\n## §2. d\n"))] == ["spec/section-twice"]


def test_a_new_section_needs_a_new_version() -> None:
    """The finding stands on the version line and suggests it corrected."""
    before, after = read(HEADER.format("1.99.0") + ONE), read(HEADER.format("1.99.0") + ONE + "## §2. b\n", "s.md")
    findings = check_change(before, after)

    assert said(findings) == [
        ("spec/version-unmoved", "error", "s.md:3:14", "Section 2 is new, but the version stays 1.99.0; write 2.00.0")
    ]
    assert findings[0].suggestion == "**Version:** 2.00.0 (DRAFT)"


@pytest.mark.parametrize(("section", "right"), [("", "1.2.0"), ("## §2. b\n", "1.3.0")])
def test_a_version_does_not_move_back(section: str, right: str) -> None:
    """Back is an error with or without a new section; a padded number compares as a number."""
    before, after = read(HEADER.format("1.2.0") + ONE), read(HEADER.format("1.01.0") + ONE + section)
    findings = check_change(before, after)

    assert [(f.rule, f.message) for f in findings] == [
        ("spec/version-back", f"The version moves back from 1.2.0 to 1.01.0; write {right}")
    ]
    assert findings[0].suggestion == f"**Version:** {right} (DRAFT)"


def test_a_version_that_vanishes_is_said_once() -> None:
    """Without a version there is nothing to compare."""
    before, after = read(HEADER.format("1.2.0") + ONE), read("# S\n\n" + ONE + "## §2. b\n")

    assert [f.rule for f in check_change(before, after)] == ["spec/version-missing"]


@pytest.mark.parametrize(
    "section",
    [
        "Coverage tally: 15+33 → **15+35**\n\n- **MODEL-1**: 87% → **88%**\n- **MODEL-2**: 50% → **54%**\n",
        "Coverage tally: 15+33 → 15+35, then tally: 15+35 → 16+34, in all tally: 15+33 → 16+34\n",
        "Coverage tally: **15 + 33** (unchanged)\n- MODEL-2: unchanged at **50%**\n",
        "Coverage tally: 99+99\n- MODEL-1: 1%\n- MODEL-3: 1% → 2%\n- MODEL-3: 2% → 3%\n",
        "```\nCoverage tally: 1+1 → 1+2\n```\n",
    ],
)
def test_moves_that_start_from_the_last_statement_pass(section: str) -> None:
    """Moves may follow each other and be summed up; a bare figure and a new model are no move from anything."""
    assert change(section) == []


def test_a_tally_that_starts_elsewhere_is_corrected() -> None:
    """The message has the right text, the suggestion the whole line; a repetition is corrected alike."""
    findings = change("So: tally: 15 + 34 → **15 + 36** (+2)\n\ntally: 15+34 → 15+36\n\ntally: 15+36 → 16+35\n")

    assert findings == [
        (
            "spec/tally-chain",
            14,
            "§2 moves the tally from 15 + 34, but 15 + 33 was stated last; write 15 + 33 → 15 + 35",
            "So: tally: 15 + 33 → **15 + 35** (+2)",
        ),
        (
            "spec/tally-chain",
            16,
            "§2 moves the tally from 15+34, but 15+33 was stated last; write 15+33 → 15+35",
            "tally: 15+33 → 15+35",
        ),
        (
            "spec/tally-chain",
            18,
            "§2 moves the tally from 15+36, but 15+35 was stated last; write 15+35 → 16+34",
            "tally: 15+35 → 16+34",
        ),
    ]


def test_a_percentage_that_starts_elsewhere_is_corrected() -> None:
    """Percentages are chained likewise, also where one is said to be unchanged."""
    findings = change(
        "- **MODEL-1 ship %**: 88% → **89.5%** (because of 3)\n- **MODEL-2**: unchanged at **54%** — so\n"
    )

    assert findings == [
        (
            "spec/ship-chain",
            14,
            "§2 moves MODEL-1 from 88%, but 87% was stated last; write 87% → 88.5%",
            "- **MODEL-1 ship %**: 87% → **88.5%** (because of 3)",
        ),
        (
            "spec/ship-chain",
            15,
            "§2 leaves MODEL-2 at 54%, but 50% was stated last; write 50%",
            "- **MODEL-2**: unchanged at **50%** — so",
        ),
    ]


def test_what_was_stated_elsewhere_can_be_told() -> None:
    """A changelog may have moved the figures since the last section."""
    known = Chain(Tally(16, 32), (("MODEL-1", 90),))

    assert change("tally: 16+32 → 16+33\n\n- MODEL-1: 90% → 91%\n", known) == []
    assert [one[0] for one in change("tally: 15+33 → 15+34\n", known)] == ["spec/tally-chain"]


LINES = st.sampled_from(
    [
        "## §2. b",
        "## §3. c (2026-01-01)",
        "## 1. again",
        "tally: 15+33 → 15+34",
        "tally: 1 + 1 → 99+0, tally: 5+5",
        "MODEL-1: 87% → 188%, unchanged",
        "- **MODEL-2**: unchanged at **51%**",
        "Version: 0.9.0",
        "```",
        "",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=12).map("\n".join), st.sampled_from(["", "Version: 1.0.0\n\n", "Version: 1.1.0\n\n"]))
def test_any_change_gets_findings_with_places_and_whole_lines(text: str, header: str) -> None:
    """Every finding lies in the new text, and a suggestion is one line that mends what it is about."""
    before, after = read("Version: 1.0.0\n\n" + ONE), read(header + ONE + text)

    for finding in check_change(before, after):
        line = after.lines.line(finding.place.line - 1)
        assert 1 <= finding.place.column <= len(line) + 1 or finding.rule == "spec/version-missing"
        assert finding.suggestion != line
        assert "\n" not in finding.suggestion
