"""Whatever stands in a contract, the rules say something or nothing; and they cost no more than it is long."""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.document import Document, read
from contracts.model import Ladder
from contracts.policy import Policy
from contracts.revision import Revision
from contracts.rules import RULES, check, check_change

if TYPE_CHECKING:
    from contracts.rule import Rule

TOP = (
    *("metadata", "version", "status", "kind", "equations", "equation", "proof_obligations", "falsification_tests"),
    *("falsification_conditions", "kani_harnesses", "qa_gate", "qa-gate", "enforcement", "verification_summary"),
    *("obligation_coverage", "status_history", "changelog", "milestones", "depends_on", "gates"),
)
INNER = (
    *("id", "version", "status", "kind", "references", "changelog", "depends_on", "formula", "tolerance", "property"),
    *("formal", "applies_to", "type", "obligation", "bound", "binds_to", "prediction", "expected", "test", "if_fails"),
    *("rule", "evidence", "algorithm_evidence", "functional_evidence", "discharge_status", "falsification_id"),
    *("total_obligations", "discharged_count", "falsifier_count", "pass_criteria", "to", "date", "notes", "softmax"),
)
WORDS = (
    *("", "1.0.0", "1.1.0", "draft", "2026-05-04", "DISCHARGED", "Discharged", "PARTIAL", "FUNCTIONAL", "kernel"),
    *("FALSIFY-X-001", "FALSIFY-X-002", "F-1", "softmax", "softmux", "all", "all 3 falsifiers", "X-INV-001", "— § ≥ “"),
    *("All 2 falsification tests pass", "1/2 gates discharged", "'1.1.0 — 2026-05-04 — x'", "1.0.0 x", "cosine >= 0.9"),
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-3, 99), st.floats(allow_nan=False))
SCALARS = st.one_of(PLAIN, st.sampled_from(WORDS), st.text("aé-: #\n", max_size=9))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(INNER), inner, max_size=4)),
    max_leaves=12,
)
ITEM = st.dictionaries(st.sampled_from(INNER), VALUES, max_size=5)
BLOCK = st.one_of(VALUES, ITEM, st.lists(st.one_of(ITEM, VALUES), max_size=4))
TREES = st.dictionaries(st.sampled_from(TOP), BLOCK, max_size=6)


def write(tree: dict[str, Any]) -> Document:
    """Return a tree as a document, a line for each top-level block: JSON is YAML in flow style."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in tree.items()]
    return read("".join(lines) or "{}\n", "contracts/odd.yaml")


@settings(deadline=None, max_examples=200)
@given(TREES, TREES)
def test_no_tree_makes_a_rule_fail(one: dict[str, Any], two: dict[str, Any]) -> None:
    """Lists where mappings are expected, numbers as ids, nulls: findings are one line each, on lines of the text."""
    before, after = write(one), write(two)

    findings = [*check(after, Ladder()), *check_change(before, after, Policy(), Ladder())]

    lines = after.text.count("\n") + 1
    assert all(0 <= finding.place.line <= lines and "\n" not in finding.message for finding in findings)
    assert all("\n" not in finding.suggestion for finding in findings)


@settings(deadline=None, max_examples=60)
@given(TREES)
def test_what_did_not_change_brings_nothing_in(tree: dict[str, Any]) -> None:
    """The same text on both sides: nothing but notices."""
    document = write(tree)

    assert {finding.severity for finding in check_change(document, document, Policy(), Ladder())} <= {"notice"}


@lru_cache
def grow(size: int, *, after: bool) -> Document:
    """Return a contract with so many of everything, most of it wrong in some way."""
    status = "Discharged" if after else "FUNCTIONAL"
    moved = "DISCHARGED" if after else "FUNCTIONAL"
    blocks = {
        "metadata": ["  kind: kernel", f"  version: 1.{int(after)}.0", "  changelog:"]
        + [f"  - '1.{n}.0 — 2026-05-{n % 27 + 1:02} — entry {n}'" for n in range(size)],
        "equations": [f"  e_{n}: {{formula: 'x >= 0.{9 - int(after)}'}}" for n in range(size)],
        "proof_obligations": [f"- {{id: X-INV-{n:05}, formal: f, applies_to: e_{n}x}}" for n in range(size)],
        "kani_harnesses": [f"- {{id: K-1, obligation: X-INV-{n + size:05}}}" for n in range(size)],
        "falsification_tests": [
            f"- {{id: FALSIFY-X-{n:05}, rule: r{int(after)}, prediction: '', if_fails: 'see FALSIFY-X-{n + size:05}', "
            f"binds_to: f_{n}, status: {status if n % 2 else moved}, evidence: [one]}}"
            for n in range(size)
        ],
        "tally": [
            f"  part_{n}: {{discharged_count: 0, note: all 7 falsifiers}}  # all 7 falsifiers" for n in range(size)
        ],
    }
    text = "".join(f"{key}:\n" + "".join(f"{line}\n" for line in lines) for key, lines in blocks.items())
    return read(text, "contracts/large.yaml")


def count_calls(rule: Rule[Revision], size: int) -> int:
    """Return how many functions a rule calls in a change to a contract with so many of everything."""
    revision = Revision(grow(size, after=False), grow(size, after=True))
    calls = 0

    def notice(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(notice)
    try:
        for _ in rule.find(revision):
            pass
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_costs_in_proportion(rule: Rule[Revision]) -> None:
    """Eight times as much of everything takes no more than nine times the calls: nothing is compared with all else."""
    small, large = count_calls(rule, 60), count_calls(rule, 480)

    assert large <= 9 * small + 2000
