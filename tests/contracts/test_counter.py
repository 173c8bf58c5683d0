"""Counters that a flip makes false are corrected, and only those."""

from __future__ import annotations

import pytest

from contracts.amend import AppendEvidence, Edit, FlipStatus, amend

TESTS = (
    "falsification_tests:\n- {id: F-1, status: DISCHARGED}\n- {id: F-2, status: PARTIAL_ALGORITHM_LEVEL}\n"
    "- {id: F-3, status: FUNCTIONAL}\n- {id: F-4}\n"
)


def flipped(summary: str, id_: str = "F-2", after: str = "DISCHARGED") -> str:
    """Return the summary after a flip of one of the four falsifiers."""
    return amend(f"{summary}\n{TESTS}", [FlipStatus(id_, after)]).text.removesuffix("\n").split("\nfalsification")[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("s: {discharged: 1, partial: 1, functional: 1}", "s: {discharged: 2, partial: 0, functional: 1}"),
        ("s: {discharged_count: 1} # c", "s: {discharged_count: 2} # c"),
        ("falsifiers_discharged: 1", "falsifiers_discharged: 2"),
        ("partial_algorithm_level: 1", "partial_algorithm_level: 0"),
        ("partial: 2", "partial: 1"),
        ("partial: 3", "partial: 3"),
        ("discharged: 7", "discharged: 7"),
        ("discharged: '1'", "discharged: '1'"),
        ("total_obligations: 1", "total_obligations: 1"),
        ("obligations_discharged: 1", "obligations_discharged: 1"),
        ("total_falsifiers: 4", "total_falsifiers: 4"),
        ("discharged: true", "discharged: true"),
        ("runs: [{discharged: 1}]", "runs: [{discharged: 1}]"),
        ("note: 1/4 falsifiers DISCHARGED", "note: 2/4 falsifiers DISCHARGED"),
        (
            "note: 'it''s 1 of 4 gates discharged (1/4 discharged)'",
            "note: 'it''s 2 of 4 gates discharged (2/4 discharged)'",
        ),
        ("note: 1/3 discharged, then 1/4 discharged", "note: 1/3 discharged, then 2/4 discharged"),
        ("note: 1/4 partial", "note: 1/4 partial"),
        ("note: 1/4 partial, 3/4 discharged", "note: 1/4 partial, 3/4 discharged"),
        ("note: on 2026/1/4 discharged", "note: on 2026/1/4 discharged"),
        (
            "note: |\n  so far\n  1/4 are discharged\n  1/4\n  discharged",
            "note: |\n  so far\n  2/4 are discharged\n  1/4\n  discharged",
        ),
        ("changelog: {now: 1/4 discharged}", "changelog: {now: 1/4 discharged}"),
    ],
)
def test_a_counter_moves_if_it_was_right_and_would_be_wrong(before: str, after: str) -> None:
    """An integer whose key names a status, or a share of all falsifiers; histories and lists stay."""
    assert flipped(before) == after


def test_a_step_that_is_not_the_last_moves_its_own_counter() -> None:
    """Unbound → PARTIAL adds to the partial ones; a share of the discharged ones stays."""
    before = "s: {partial: 1, discharged: 1, note: 1/4 discharged}"

    assert flipped(before, "F-4", "PARTIAL_ALGORITHM_LEVEL") == "s: {partial: 2, discharged: 1, note: 1/4 discharged}"


def test_a_flow_text_broken_over_lines_is_left_alone() -> None:
    """The words must stand on one line, as they are read."""
    assert flipped("note: 'now 1/4\n  are discharged'") == "note: 'now 1/4\n  are discharged'"


def test_a_corrected_counter_is_among_the_changes() -> None:
    """So the one who asked can see it; evidence alone moves no counter."""
    edits: list[Edit] = [FlipStatus("F-3", "DISCHARGED"), AppendEvidence("F-3", "seen")]

    changes = amend(f"s:\n  discharged: 1\n  functional: 1\n{TESTS}", edits).changes

    assert [(change.path, change.before, change.after, change.line) for change in changes] == [
        (("s", "discharged"), 1, 2, 2),
        (("s", "functional"), 1, 0, 3),
        (("falsification_tests", 2, "status"), "FUNCTIONAL", "DISCHARGED", 7),
        (("falsification_tests", 2, "algorithm_evidence"), None, ["seen"], 7),
    ]
    assert len(amend(f"discharged: 1\n{TESTS}", [AppendEvidence("F-4", "seen")]).changes) == 1
