"""Where falsifiers stand: which lists hold them, which only look like it."""

from __future__ import annotations

import pytest

from contracts.document import Document, read
from contracts.promise import is_evidence


def ids(document: Document) -> list[str]:
    """Return the ids in the order in which they are read."""
    return [site.falsifier.id.text for site in document.sites]


@pytest.mark.parametrize("key", ["falsification_tests", "falsification_conditions", "falsification"])
def test_every_list_under_a_falsifying_key_counts(key: str) -> None:
    """Items without an id, and items that are no mappings, are skipped."""
    text = f"{key}:\n- id: F-1\n- name: no id\n- id:\n- text\n- {{id: F-2}}\n- id: [x]\n"

    assert ids(read(text)) == ["F-1", "F-2"]


def test_lists_that_only_look_like_it_do_not_count() -> None:
    """Invariants, obligations, gates of quality, milestones and gaps have ids and statuses of their own."""
    names = ("invariants", "proof_obligations", "kani_harnesses", "bindings", "milestones", "gap_register")
    lists = "".join(f"{name}:\n- id: F-{name}\n  status: OPEN\n" for name in names)
    text = (
        f"metadata: {{}}\n{lists}qa_gate:\n  id: F-QA\n  falsification: break it\n  falsification_tests:\n  - id: F-X\n"
    )

    assert ids(read(text)) == []


def test_a_gate_is_a_falsifier_wherever_its_list_stands() -> None:
    """Model families keep theirs under a name of their own, without metadata."""
    text = (
        "family: qwen\nship:\n  gates:\n  - falsification_id: F-2\n    discharge_status: PARTIAL\n"
        "    evidence_required: [a]\n    evidence_discharged_by: [b]\n  - name: none\nfalsification_tests:\n- id: F-1\n"
    )
    document = read(text)
    assert document.contract is not None

    assert ids(document) == ["F-2", "F-1"]
    assert document.contract.falsifiers[0].status == "PARTIAL"
    assert document.contract.falsifiers[0].evidence == ("b",)
    assert document.contract.version is None


def test_a_gate_that_names_a_falsifier_of_the_list_is_no_second_one() -> None:
    """It refers to it."""
    text = "falsification_tests:\n- id: F-1\ngates:\n- falsification_id: F-1\n- {falsification_id: F-2}\n"

    assert ids(read(text)) == ["F-1", "F-2"]


def test_a_mapping_outside_a_list_is_no_gate() -> None:
    """One value that mentions a falsifier is a reference."""
    assert ids(read("metadata: {falsification_id: F-1}\n")) == []


@pytest.mark.parametrize(
    ("fields", "status", "places"),
    [
        ("status: OPEN", "OPEN", ["status"]),
        ("discharge_status: 'OPEN'", "OPEN", ["discharge_status"]),
        ("algorithm_evidence: {status: OPEN, notes: x}", "OPEN", ["status"]),
        ("status: ~, algorithm_evidence: {status: OPEN}", "OPEN", ["status", "status"]),
        (
            "status: A, discharge_status: B, algorithm_evidence: {status: C}",
            "A",
            ["status", "discharge_status", "status"],
        ),
        ("status: ' '", None, ["status"]),
        ("status: [x]", None, []),
        ("rule: x", None, []),
    ],
)
def test_a_status_stands_in_three_places(fields: str, status: str | None, places: list[str]) -> None:
    """Beside the id, as discharge status, or inside the nested evidence; the first with a value counts."""
    document = read(f"falsification_tests:\n- {{id: F-1, {fields}}}\n")
    assert document.contract is not None

    assert document.contract.falsifiers[0].status == status
    assert [spot.path[-1] for spot in document.statuses("F-1")] == places


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ("rule: r, prediction: p, test: t, if_fails: f", ("r", "p", "t", "f")),
        ("description: r, expected: p, command: t, fails_if: f", ("r", "p", "t", "f")),
        ("name: n, assertion: r, test_harness: t", ("r", "", "t", "")),
        ("name: n", ("n", "", "", "")),
        ("prediction: [one, two]", ("", "one\ntwo", "", "")),
    ],
)
def test_the_texts_of_a_falsifier_have_several_names(fields: str, texts: tuple[str, str, str, str]) -> None:
    """Other tools accept them too."""
    contract = read(f"falsification_tests:\n- {{id: F-1, {fields}}}\n").contract
    assert contract is not None
    falsifier = contract.falsifiers[0]

    assert (falsifier.rule, falsifier.prediction, falsifier.test, falsifier.if_fails) == texts


def test_evidence_is_gathered_from_every_list_of_it() -> None:
    """In the order of the text, nested ones too; what is required is no evidence."""
    text = (
        "falsification_tests:\n- id: F-1\n  algorithm_evidence:\n    status: OPEN\n    evidence: [a]\n    notes: n\n"
        "  functional_evidence: [b, c]\n  evidence_required: [x]\n  evidence: d\n"
    )
    contract = read(text).contract
    assert contract is not None

    assert contract.falsifiers[0].evidence == ("a", "b", "c", "d")
    assert [is_evidence(key) for key in ("required_evidence", "evidence_required", "evidence_path")] == [False] * 3
