"""What a change is, as far as the version is concerned."""

from __future__ import annotations

import pytest

from contracts.change import classify
from contracts.document import read
from contracts.model import Ladder

FALSIFIER = "falsification_tests:\n- id: F-1\n  prediction: cosine >= 0.99\n"


def kinds(before: str, after: str) -> list[tuple[str, str]]:
    """Return kind and subject of every change."""
    return [(change.kind, change.subject) for change in classify(read(before), read(after))]


@pytest.mark.parametrize(
    ("before", "after", "evidence", "kind"),
    [
        ("PARTIAL_ALGORITHM_LEVEL", "DISCHARGED", "[a]", "discharged"),
        ("~", "DISCHARGED", "[]", "discharged"),
        ("PLANNED_M0", "DISCHARGED", "[a]", "discharged"),
        ("~", "PARTIAL_ALGORITHM_LEVEL", "[a]", "partial"),
        ("~", "PARTIAL_ALGORITHM_LEVEL", "{notes: n}", "partial"),
        ("~", "PARTIAL_ALGORITHM_LEVEL", "[]", "advanced"),
        ("PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL", "[a]", "partial"),
        ("PLANNED_M0", "FUNCTIONAL", "[]", "advanced"),
        ("DISCHARGED", "FUNCTIONAL", "[a]", "withdrawn"),
        ("DISCHARGED", "~", "[a]", "withdrawn"),
        ("FUNCTIONAL", "PARTIAL_ALGORITHM_LEVEL", "[a]", "withdrawn"),
        ("FUNCTIONAL", "BLOCKED", "[a]", "withdrawn"),
        ("PLANNED_M5", "HARD_BLOCKING_M16", "[a]", "wording"),
        ("~", "BLOCKED", "[a]", "wording"),
    ],
)
def test_a_status_that_moves_is_one_change(before: str, after: str, evidence: str, kind: str) -> None:
    """Up, down, or beside the ladder; a step up needs an evidence block to be a mere partial."""
    head = f"falsification_tests:\n- id: F-1\n  algorithm_evidence: {evidence}\n  status: "

    assert kinds(f"{head}{before}\n", f"{head}{after}\n") == [(kind, "F-1")]


def test_two_discharged_steps_are_the_same_step() -> None:
    """Where the ladder knows two names for it."""
    ladder = Ladder(discharged=("DISCHARGED", "LIVE_DISCHARGED"))
    one, two = (read(f"falsification_tests: [{{id: F-1, status: {s}}}]\n") for s in ladder.discharged)

    assert [change.kind for change in classify(one, two, ladder)] == ["wording"]


def test_a_change_says_what_moved_and_where() -> None:
    """With the old and the new value, on the line of the new text."""
    before = f"{FALSIFIER}  status: FUNCTIONAL\n"
    after = before.replace("0.99", "0.95").replace("FUNCTIONAL", "DISCHARGED")

    changes = classify(read(before), read(after, "c.yaml"))

    assert [(change.sentence, str(change.place)) for change in changes] == [
        ("F-1 moved from FUNCTIONAL to DISCHARGED", "c.yaml:4:11"),
        ("F-1 prediction was loosened: 0.99 → 0.95", "c.yaml:3:15"),
    ]


def test_falsifiers_come_and_go() -> None:
    """One that is gone is told where its list still stands."""
    after = "falsification_tests:\n- id: F-2\n  status: OPEN\n- id: F-2\n"

    changes = classify(read(FALSIFIER), read(after, "c.yaml"))

    assert [(change.kind, change.sentence, str(change.place)) for change in changes] == [
        ("falsifier_added", "F-2 is new, with OPEN", "c.yaml:2:3"),
        ("falsifier_added", "F-2 (2) is new, with no status", "c.yaml:4:3"),
        ("falsifier_removed", "F-1 was removed", "c.yaml:2:1"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("prediction: cosine >= 0.99", "prediction: cosine >= 0.999", "tightened"),
        ("prediction: cosine >= 0.99", "prediction: the cosine is high", "wording"),
        ("prediction: cosine >= 0.99", "if_fails: x", "loosened"),
        ("test: 100 runs", "test: 10 runs", "wording"),
        ("tolerance: 1e-6", "tolerance: 1e-5", "loosened"),
        ("tolerance: 1e-6", "tolerance: 1e-7", "tightened"),
        ("tolerance: 1e-6", "tolerance: 0.000001", None),
        ("tolerance: 1e-6", "tolerance: about that", "loosened"),
        ("tolerance: 1e-6", "name: n", "loosened"),
        ("rule: r", "description: s", "wording"),
    ],
)
def test_the_texts_of_a_falsifier_are_compared(before: str, after: str, kind: str | None) -> None:
    """A bound moved, a text reworded, or a promise emptied; the same text under another name is the same."""
    one, two = (f"falsification_tests:\n- {{id: F-1, {text}}}\n" for text in (before, after))

    assert kind in [found for found, _ in kinds(one, two)] or (kind is None and not kinds(one, two))
    assert kinds("falsification_tests: [{id: F-1, rule: r}]", "falsification_tests: [{id: F-1, description: r}]") == []


@pytest.mark.parametrize(
    "after",
    [".inf", "inf", ".nan", "true", "five", "5.", "0x10", "1_000", "1e999999999", "5%", "about 5", "<= 5", "1e-3 or 5",
     "½", "１", "[5]", "{a: 5}", "1e-3 / 0.1", "1e-3 1e-9", ">= 1e-9", f"1e-9{' ' * 4}{'x' * 10_000}"],
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["equations: {e: {tolerance: #}}", "proof_obligations: [{property: p, tolerance: #}]",
             "falsification_tests: [{id: F-1, tolerance: #}]"],
)  # fmt: skip
def test_a_tolerance_that_is_not_known_to_be_as_strict_is_loosened(text: str, after: str) -> None:
    """Infinity, another notation, a percentage, a choice, a list: none of them is a mere change of words."""
    value = after if after.startswith(("[", "{")) else f"'{after}'"
    one, two = (f"metadata: {{}}\n{text.replace('#', number)}\n" for number in ("1e-3", value))

    assert [kind for kind, _ in kinds(one, two)] == ["loosened"]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("{f16: 1e-3}", "{f16: 5}", "loosened"),
        ("{f16: 1e-3}", "{f16: 1e-4}", "tightened"),
        ("{f16: 1e-3}", "5", "loosened"),
    ],
)
def test_a_tolerance_for_every_type_is_compared_value_by_value(before: str, after: str, kind: str) -> None:
    """A mapping of tolerances is one text."""
    one, two = (f"metadata: {{}}\nequations: {{e: {{tolerance: {text}}}}}\n" for text in (before, after))

    assert [found for found, _ in kinds(one, two)] == [kind]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("e: {formula: c >= 0.99}", "e: {formula: c >= 0.9}", [("loosened", "equations.e")]),
        ("e: {formula: c >= 0.9}", "e: {formula: c >= 0.99}", [("tightened", "equations.e")]),
        ("e: {formula: y = 2*x}", "e: {formula: y = 3*x}", [("formula", "equations.e")]),
        ("e: {formula: y = x}", "e: {formula: y = z}", [("formula", "equations.e")]),
        ("e: {formula: y = x}", "e: {domain: x}", [("formula", "equations.e")]),
        ("e: y = x", "e: y = z", [("formula", "equations.e")]),
        ("e: {formula: 'y  = x'}", "e: {formula: y = x, domain: d}", []),
        ("e: {tolerance: 1e-2}", "e: {tolerance: 1e-1}", [("loosened", "equations.e.tolerance")]),
        ("e: {tolerance: 1e-2}", "e: {}", [("loosened", "equations.e.tolerance")]),
        ("e: {}", "e: {tolerance: 1e-2}", [("tightened", "equations.e.tolerance")]),
        ("e: {}", "e: {}, f: {}", [("equation_added", "equations.f")]),
        ("e: {}, f: {}", "e: {}", [("formula", "equations.f")]),
    ],
)
def test_equations_are_compared_by_name(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    """An edit that moves no bound is an edit of the formula, and so is a removal."""
    assert kinds(f"metadata: {{}}\nequations: {{{before}}}\n", f"metadata: {{}}\nequations: {{{after}}}\n") == expected


def test_equations_in_a_list_are_found_by_what_they_call_themselves() -> None:
    """By id, name or property; else by their number."""
    before = "metadata: {}\nequations:\n- {name: a, formula: x}\n- {formula: y}\n- {name: a, formula: z}\n- w\n"
    after = before.replace("formula: y", "formula: yy").replace("formula: z", "formula: zz")

    assert kinds(before, after) == [("formula", "equations.[1]"), ("formula", "equations.a [2]")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("{property: p, formal: x < 1}", "{property: p, formal: x < 2}", [("loosened", "“p” formal")]),
        ("{property: p, formal: x < 1}", "{property: p, formal: x is small}", [("wording", "“p” formal")]),
        ("{property: p, tolerance: 8.0}", "{property: p, tolerance: 4.0}", [("tightened", "“p” tolerance")]),
        ("{property: within 8 ULP}", "{property: within 16 ULP}", [("loosened", "“within 16 ULP” property")]),
        ("{property: p}", "{property: p}, {property: q}", [("obligation_added", "“q”")]),
        ("{property: p}, {property: q}", "{property: p}", [("loosened", "“q”")]),
    ],
)  # fmt: skip
def test_obligations_are_compared_by_property(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    """One that only changed its words keeps its place; one that is gone weakens the contract."""
    head = "metadata: {}\nproof_obligations: "

    found = kinds(f"{head}[{before}]\n", f"{head}[{after}]\n")

    assert [(kind, subject.removeprefix("proof obligation ")) for kind, subject in found] == expected


def test_evidence_changelog_and_version_are_no_changes() -> None:
    """Neither are comments, order and other fields."""
    before = f"metadata: {{version: 1.0.0, changelog: [a]}}\nqa_gate: {{checks: [a]}}\n{FALSIFIER}"
    after = f"# c\n{FALSIFIER}  evidence: [x]\nmetadata: {{version: 2.0.0, changelog: [b, a]}}\n"

    assert kinds(before, after) == []


def test_long_texts_are_cut() -> None:
    """A sentence must stay one."""
    before = f"falsification_tests: [{{id: F-1, rule: {'a' * 90}}}]"

    change = classify(read(before), read(before.replace("a" * 90, "b"), "c.yaml"))[0]

    assert change.sentence == f"F-1 rule was changed: “{'a' * 60}…” → “b”"
