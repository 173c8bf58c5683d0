"""Rules about names, numbers, statuses and histories: what they find, what they leave alone, and what they propose."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.claim import NEAR, meant, measure
from contracts.document import read
from contracts.model import Ladder, Part
from contracts.policy import Policy
from contracts.rules import check, check_change

HEAD = "metadata: {kind: schema, version: 1.0.0}\n"
TESTS = "falsification_tests:\n- id: FALSIFY-X-001\n- id: FALSIFY-X-002\n"


def found(text: str, rule: str) -> list[tuple[int, str, str]]:
    """Return what one rule finds in a contract as it stands: line, message, corrected line."""
    findings = check(read(text, "c.yaml"), Ladder())
    return [(f.place.line, f.message, f.suggestion) for f in findings if f.rule == f"contract/{rule}"]


def brought(before: str, after: str, rule: str, policy: Policy | None = None) -> list[tuple[int, str, str]]:
    """Return what one rule finds in a change that the change brings in: line, severity, corrected line."""
    findings = check_change(read(before, "c.yaml"), read(after, "c.yaml"), policy or Policy(), Ladder())
    return [(f.place.line, f.severity, f.suggestion) for f in findings if f.rule == f"contract/{rule}" and not f.stood]


@pytest.mark.parametrize(
    ("status", "step"),
    [
        ("DISCHARDED", "DISCHARGED"),
        ("Discharged", "DISCHARGED"),
        ("discharged ", "DISCHARGED"),
        ("DISCAHRGED", "DISCHARGED"),
        ("PARTIAL", "PARTIAL_ALGORITHM_LEVEL"),
        ("partial-algorithm-level", "PARTIAL_ALGORITHM_LEVEL"),
        ("FUNKTIONAL", "FUNCTIONAL"),
        ("DISCHARGED", None),
        ("LIVE-DISCHARGED", None),
        ("BLOCKER_FIXTURE_ABSENT", None),
        ("PLANNED_M1", None),
        ("", None),
    ],
)
def test_a_status_is_heard_as_the_step_it_was_meant_to_be(status: str, step: str | None) -> None:
    """Other case, other separators, two letters, a first word; not what is another status."""
    assert meant(status, Ladder()) == step


def test_a_step_that_could_be_either_of_two_is_none() -> None:
    """A ladder with two partial steps: the first word says too little."""
    assert meant("PARTIAL", Ladder(partial=("PARTIAL_ONE", "PARTIAL_TWO"))) is None
    assert meant("SEEM", Ladder(partial=("SEEN",))) is None


def whole(one: str, two: str) -> int:
    """Return the distance of two texts by the whole table, as textbooks have it."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(two) + 1)}
    for i, a in enumerate(one, 1):
        for j, b in enumerate(two, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one), len(two)]


@settings(deadline=None, max_examples=300)
@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_a_distance_is_right_as_far_as_it_is_looked_at(one: str, two: str) -> None:
    """It agrees with the whole table, and says no more than that it is farther."""
    assert measure(one, two) == min(whole(one, two), NEAR + 1)


def test_a_misspelt_status_gets_its_corrected_line() -> None:
    """With its quotes, wherever it stands."""
    text = HEAD + "falsification_tests:\n- id: FALSIFY-X-001\n  discharge_status: 'Partial'  # soon\n  evidence: [x]\n"

    ((line, message, mended),) = found(text, "status-misspelt")

    assert (line, mended) == (4, "  discharge_status: 'PARTIAL_ALGORITHM_LEVEL'  # soon")
    assert message.endswith("has the status “Partial”, which counts as none: is it PARTIAL_ALGORITHM_LEVEL?")


@pytest.mark.parametrize(
    ("text", "lines", "mended"),
    [
        ("gate:\n  criteria: All 3 falsification tests pass\n", [6], "  criteria: All 2 falsification tests pass"),
        ("# the 12 falsifiable gates this contract asserts\n", [5], "# the 2 falsifiable gates this contract asserts"),
        ("# 3 falsifiers\n", [5], "# 2 falsifiers"),
        ("proof_obligations:\n- property: all 5 falsifiers cover it\n", [6], "- property: all 2 falsifiers cover it"),
        ("summary: {falsifier_count: 3}\n", [5], "summary: {falsifier_count: 2}"),
        ("equations: {e: x}\nsummary: {total_equations: 2}\n", [6], "summary: {total_equations: 1}"),
        ("kani_harnesses: [{id: K}]\nsummary:\n  total_kani_harnesses: 4\n", [7], "  total_kani_harnesses: 1"),
        ("summary: '2/2 gates discharged'\n", [5], "summary: '0/2 gates discharged'"),
        ("# 0 of 3 falsifiers are now discharged\n", [5], "# 0 of 2 falsifiers are now discharged"),
        ("status: ACTIVE  # 3/3 gates green\n", [5], "status: ACTIVE  # 2/2 gates green"),
        ("# 1/3 falsifiers are partial\n", [5], "# 1/2 falsifiers are partial"),
        ("# 9/9 gates green, 2/2 gates green, 3/3 gates of layer 1, 5/5 tests pass\n", [], ""),
        ("qa_gate:\n  pass_criteria: All 2 falsification tests pass\n", [], ""),
        ("qa_gate:\n  pass_criteria: the 3 falsifiers of layer 2 pass\n", [], ""),
        ("# all 3 falsifiers of the next version\n", [], ""),
        ("summary: {total_obligations: 4, total_bytes: 9, element_count: 3}\n", [], ""),
        ("status_history: [{note: 'all 9 falsifiers'}]\nmilestones: {M1: all 9 falsifiers}\n", [], ""),
        ("lessons_learned: ['all 9 falsifiers']\nsummary: 1/2 obligations discharged\n", [], ""),
    ],
)  # fmt: skip
def test_a_number_that_is_wrong_is_found_on_its_line(text: str, lines: list[int], mended: str) -> None:
    """In values and comments, about the whole, and not about a part or the past; the corrected line is proposed."""
    seen = found(HEAD + TESTS + text, "counter-stale")

    assert [line for line, _, _ in seen] == lines
    assert [suggestion for _, _, suggestion in seen] == [mended] * len(lines)


def test_a_number_of_falsifiers_may_leave_out_the_gates() -> None:
    """Two falsifiers and a gate are two or three, by who counts."""
    gate = "gates:\n- falsification_id: FALSIFY-Y-001\n"

    counted = {n: bool(found(f"{HEAD}{TESTS}{gate}# {n} falsifiers\n", "counter-stale")) for n in range(1, 5)}

    assert counted == {1: True, 2: False, 3: False, 4: True}


def test_a_counter_of_statuses_that_a_change_leaves_behind_is_found() -> None:
    """It was right before; one that never was right counts something else."""
    before = HEAD + TESTS + "  status: FUNCTIONAL\n  evidence: [one]\nsummary: {discharged: 0, functional: 7}\n"
    after = (
        before.replace("1.0.0", "1.1.0")
        .replace("status: FUNCTIONAL", "status: DISCHARGED")
        .replace("[one]", "[one, two]")
    )

    assert brought(before, after, "counter-stale") == [(7, "warning", "summary: {discharged: 1, functional: 7}")]
    assert brought(before, after.replace("discharged: 0", "discharged: 1"), "counter-stale") == []


def test_a_number_that_was_wrong_before_is_no_fault_of_who_makes_it_worse() -> None:
    """It stood; the sentence with the new number is the same fault."""
    before = HEAD + TESTS + "# all 5 falsifiers\n"
    after = before.replace("# all", "- id: FALSIFY-X-003\n# all").replace("1.0.0", "1.1.0")

    assert brought(before, after, "counter-stale") == []
    assert brought(before.replace("5", "2"), after.replace("5", "2"), "counter-stale")[0][0] == 6


@pytest.mark.parametrize(
    ("binding", "mended"),
    [
        ("cosine_parity", None),
        ("[cosine_parity, FALSIFY-X-002]", None),
        ("FALSIFY-X-002", None),
        ("AC-SHIP2-001", None),
        ("the whole surface", None),
        ("cosine_parify", "  binds_to: cosine_parity"),
        ("argmax", ""),
        ("FALSIFY-X-009", ""),
        ("[cosine_parity, argmax]", ""),
    ],
)
def test_a_binding_names_what_the_contract_has(binding: str, mended: str | None) -> None:
    """Equations, falsifiers, obligations; names that may stand elsewhere are left alone."""
    text = f"{HEAD}equations: {{cosine_parity: {{formula: x}}}}\n{TESTS}  binds_to: {binding}\n"

    seen = found(text, "dangling-binding")

    assert [(line, suggestion) for line, _, suggestion in seen] == ([] if mended is None else [(6, mended)])


def test_an_id_that_nobody_promised_is_found_but_in_the_past() -> None:
    """In a check, in a text, as a part of a path; not in evidence or history, and not those of other contracts."""
    rest = (
        "enforcement: {a: 'contract_tests::FALSIFY-X-003', b: FALSIFY-Y-009, c: FALSIFY-X-1, d: FALSIFY-X-002}\n"
        "status_history: [FALSIFY-X-009]\nnotes: same as FALSIFY-X-004..005 and FALSIFY-X-001\n"
    )

    seen = found(f"{HEAD}{TESTS}  evidence: [FALSIFY-X-008]\n{rest}", "dangling-id")

    assert [(line, message.partition(" ")[0]) for line, message, _ in seen] == [
        (6, "FALSIFY-X-003"),
        (8, "FALSIFY-X-004"),
    ]


@pytest.mark.parametrize(
    ("change", "line", "severity"),
    [
        (("prediction: p", "prediction: q"), 7, "error"),
        (("test: t", "test: u"), 8, "error"),
        (("test: t", "test: t\n  if_fails: n"), 9, "error"),
        (("tolerance: 1e-3", "tolerance: 1e-2"), 9, "error"),
        (("formula: f", "formula: g"), 4, "error"),
        (("formula: f", "formula: f\n    tolerance: 1"), 5, "error"),
        (("prediction: p", "prediction:   p"), 0, ""),
        (("unit: u", "unit: v"), 0, ""),
    ],
)
def test_a_promise_that_is_worded_when_it_is_discharged_is_found(
    change: tuple[str, str], line: int, severity: str
) -> None:
    """Prediction, test, consequence, tolerance, and the equation that it binds to; not spaces, and not other fields."""
    before = (
        "metadata: {kind: schema, version: 1.0.0}\nequations:\n  e:\n    formula: f\nfalsification_tests:\n"
        "- id: F-1\n  prediction: p\n  test: t\n  tolerance: 1e-3\n  binds_to: e\n  unit: u\n  evidence: [one]\n"
    )
    after = before.replace("1.0.0", "2.0.0").replace("[one]", "[one, two]\n  status: DISCHARGED").replace(*change)

    expected = [(line, severity, "")] if line else []
    assert brought(before, after, "registered-late") == expected
    assert brought(before, after.replace("DISCHARGED", "FUNCTIONAL"), "registered-late") == []


def test_a_promise_that_is_born_discharged_is_a_warning() -> None:
    """Nothing of it stood before the run; in a contract that is new as a whole nobody can tell."""
    born = HEAD + TESTS + "- {id: FALSIFY-X-003, status: DISCHARGED, evidence: [live]}\n"

    assert brought(HEAD + TESTS, born.replace("1.0.0", "1.1.0"), "registered-late") == [(5, "warning", "")]
    assert [f.rule for f in check_change(None, read(born), Policy(), Ladder())] == []


LOOSE = "metadata: {kind: schema, version: 1.3.0}\nequations:\n  e:\n    formula: x >= 0.99\n" + TESTS


@pytest.mark.parametrize(
    ("version", "policy", "lines"),
    [
        ("1.3.0", Policy(), [4]),
        ("1.4.0", Policy(), [4]),
        ("1.2.0", Policy(), [4]),
        ("2.0.0", Policy(), []),
        ("3.0.0", Policy(), []),
        ("1.4.0", Policy(loosened=Part.MINOR), []),
        ("1.3.0", Policy(loosened=Part.NONE), []),
    ],
)
def test_a_loosened_bound_stands_on_its_own_line(version: str, policy: Policy, lines: list[int]) -> None:
    """Unless the version moved by what the policy asks for, or more."""
    after = LOOSE.replace("1.3.0", version).replace("0.99", "0.9")

    assert [line for line, _, _ in brought(LOOSE, after, "loosened", policy)] == lines


def test_a_promise_taken_away_is_loosened() -> None:
    """The finding stands where it stood."""
    after = LOOSE.replace("- id: FALSIFY-X-002\n", "").replace("1.3.0", "1.4.0")

    assert brought(LOOSE, after, "loosened") == [(6, "error", "")]


STEPS = HEAD + "falsification_tests:\n- id: F-1\n  status: {0}\n  algorithm_evidence: {1}\n"


@pytest.mark.parametrize(
    ("was", "given", "status", "evidence", "rules"),
    [
        ("PARTIAL_ALGORITHM_LEVEL", "[one]", "FUNCTIONAL", "[one]", {"evidence-missing"}),
        ("PARTIAL_ALGORITHM_LEVEL", "[one]", "FUNCTIONAL", "[one, two]", set()),
        ("PARTIAL_ALGORITHM_LEVEL", "{notes: one}", "FUNCTIONAL", "{notes: two}", set()),
        ("PARTIAL_ALGORITHM_LEVEL", "{n: one}", "FUNCTIONAL", "{n: one, status: FUNCTIONAL}", {"evidence-missing"}),
        ("PLANNED", "[one]", "FUNCTIONAL", "[one]", {"evidence-missing"}),
        ("null", "[]", "FUNCTIONAL", "[]", {"partial-without-evidence"}),
        ("FUNCTIONAL", "[one]", "PARTIAL_ALGORITHM_LEVEL", "[one]", set()),
    ],
)  # fmt: skip
def test_a_step_up_the_ladder_brings_something_new(
    was: str, given: str, status: str, evidence: str, rules: set[str]
) -> None:
    """A line, or a word in the nested block; a step down needs none."""
    before, after = (STEPS.replace("{0}", s).replace("{1}", e) for s, e in ((was, given), (status, evidence)))
    findings = check_change(read(before), read(after.replace("1.0.0", "2.0.0")), Policy(), Ladder())

    warned = {f.rule.removeprefix("contract/") for f in findings if not f.stood and f.severity == "warning"}
    assert warned & {"evidence-missing", "partial-without-evidence"} == rules


LOG = "metadata:\n  version: {0}\n  changelog:\n{1}"


def logged(version: str, *entries: str) -> str:
    """Return a contract with a history."""
    return LOG.replace("{0}", version).replace("{1}", "".join(f"  - '{entry}'\n" for entry in entries))


def test_a_new_entry_about_another_version_gets_its_corrected_line() -> None:
    """And the rule that misses an entry is silent, because there is one."""
    before = logged("1.3.0", "1.3.0 — 2026-05-03 — three")
    after = logged("1.4.0", "1.5.0 — 2026-05-04 — four", "1.3.0 — 2026-05-03 — three")

    assert brought(before, after, "changelog-wrong") == [(4, "error", "  - '1.4.0 — 2026-05-04 — four'")]
    assert brought(before, after, "changelog-entry") == []
    assert brought(before, after.replace("1.4.0", "1.3.0"), "changelog-wrong") == []


def test_an_old_entry_that_is_only_reworded_is_no_new_one() -> None:
    """What is missing is then the entry itself."""
    before = logged("1.3.0", "1.3.0 — 2026-05-03 — three")
    after = logged("1.4.0", "1.3.0 — 2026-05-03 — the third")

    assert brought(before, after, "changelog-wrong") == []
    assert [line for line, _, _ in brought(before, after, "changelog-entry")] == [4]


def test_what_stood_in_a_history_is_told_once_and_fails_nothing() -> None:
    """Twice, ahead, backdated: all of it in one history, and a change to something else."""
    text = logged(
        "1.1.0", "1.2.0 — 2026-05-06 — a", "1.1.0 — 2026-05-02 — b", "1.1.0 — 2026-05-05 — c", "1.0.0 — 2026-05-03 — d"
    )
    rules = ("changelog-twice", "changelog-ahead", "changelog-backdated")

    assert [[line for line, _, _ in found(text, rule)] for rule in rules] == [[6], [4], [5]]
    assert [brought(text, f"{text}# a word\n", rule) for rule in rules] == [[], [], []]


@pytest.mark.parametrize(
    ("text", "demands"),
    [
        ("equations: {}\n", {"no-references", "no-equation", "no-gate"}),
        ("metadata: {kind: kernel, version: 1.0.0}\n", {"no-references", "no-equation", "no-gate"}),
        ("metadata: {kind: schema, version: 1.0.0}\nequations: {e: ''}\n", set()),
        ("metadata: {version: 1.0.0}\nfalsification_tests: [{id: F-1}]\n", set()),
        ("metadata: {version: 1.0.0}\nkernel_structure: {phases: []}\n", set()),
        ("metadata: {version: 1.0.0, references: [x]}\nequations: [{id: e, formula: x}]\nqa_gate: {}\n", set()),
    ],
)
def test_only_a_kernel_is_asked_what_pv_asks_of_kernels(text: str, demands: set[str]) -> None:
    """By its kind, or by its blocks where it states none."""
    document = read(text if "metadata" in text else f"metadata: {{version: 1.0.0}}\n{text}")
    asked = {"no-references", "no-equation", "no-gate", "formula-empty"}

    assert {f.rule.removeprefix("contract/") for f in check(document, Ladder())} & asked == demands


@pytest.mark.parametrize("name", ["Equations", "equation", "proof-obligations", "FalsificationTests", "kani harness"])
def test_a_block_that_is_almost_one_is_found(name: str) -> None:
    """Plural, case, separator; the finding has the line as it should be."""
    known = name == "kani harness"
    seen = found(f"{HEAD}{name}: []  # soon\n", "block-misspelt")

    assert [line for line, _, _ in seen] == ([] if known else [2])
    assert all(suggestion.endswith(": []  # soon") for _, _, suggestion in seen)


def test_findings_do_not_depend_on_where_a_contract_stands_in_its_file() -> None:
    """What stood before stands after lines were put above it, also in lists without ids."""
    text = HEAD.replace("schema", "kernel") + "equations: [{domain: x}]\nproof_obligations: [{formal: y}]\n" + TESTS
    moved = text.replace("equations: [", "equations: [{id: new, formula: z}, ").replace(
        "obligations: [", "obligations: [{property: p}, "
    )

    after = moved.replace("1.0.0", "2.0.0")

    for rule in ("formula-empty", "property-empty", "no-references"):
        assert len(found(after, rule)) == 1
        assert brought(text, after, rule) == []
