"""What a contract is, and where its version, status and falsifiers stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.document import read
from contracts.error import Place, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

FLAGSHIP = "aprender/apr-cpu-vs-gpu-output-parity-v1.yaml"


def test_a_contract_is_read_with_its_version_status_and_falsifiers() -> None:
    """The small facts, each with its line."""
    text = (
        "metadata:\n  version: 1.3.0\n  status: ACTIVE\n"
        "falsification_tests:\n- id: FALSIFY-X-001\n  rule: r\n  prediction: p\n  test: t\n  if_fails: f\n"
        "  status: PARTIAL_ALGORITHM_LEVEL\n  algorithm_evidence:\n  - one\n  - two\n"
    )
    contract = read(text, "contracts/x-v1.yaml").contract
    assert contract is not None
    falsifier = contract.falsifiers[0]

    assert (contract.name, contract.version, contract.status) == ("x-v1", "1.3.0", "ACTIVE")
    assert (falsifier.id.text, falsifier.status, falsifier.line) == ("FALSIFY-X-001", "PARTIAL_ALGORITHM_LEVEL", 5)
    assert (falsifier.rule, falsifier.prediction, falsifier.test, falsifier.if_fails) == ("r", "p", "t", "f")
    assert falsifier.evidence == ("one", "two")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# only comments\n", "the file holds no value"),
        ("- a\n- b\n", "the file is not a mapping at its top"),
        ("version: 1.0.0\nbindings:\n- contract: x\n  status: implemented\n", "neither `metadata` nor falsifiers"),
        ("metadata: text\n", "neither `metadata` nor falsifiers"),
    ],
)
def test_a_file_that_is_no_contract_says_why(text: str, reason: str) -> None:
    """Such a file is read all the same, and listed as what it is."""
    document = read(text)

    assert document.contract is None
    assert reason in document.reason
    assert document.changelog == ()
    assert document.statuses("FALSIFY-X-001") == ()


def test_no_value_at_all_is_none() -> None:
    """A file of comments has no data and a place all the same."""
    document = read("# c\n", "c.yaml")

    assert document.data is None
    assert document.place(("metadata",)) == Place("c.yaml")


@pytest.mark.parametrize(
    ("text", "version", "places"),
    [
        ("metadata: {version: 1.0.0}\n", "1.0.0", [("metadata", "version")]),
        ("metadata: {}\nversion: '2'\n", "2", [("version",)]),
        ("metadata: {version: 1.2.0}\nversion: 1.3.0\n", "1.3.0", [("version",), ("metadata", "version")]),
        ("metadata: {version: 1.2.0}\nversion:\n", "1.2.0", [("metadata", "version"), ("version",)]),
        ("metadata: {version: 1.0}\n", "1.0", [("metadata", "version")]),
        ("metadata: {version: [1]}\n", None, []),
        ("metadata: {schema: {version: 9.9.9}}\n", None, []),
    ],
)
def test_the_version_at_the_top_counts_before_that_of_the_metadata(
    text: str, version: str | None, places: list[tuple[str, ...]]
) -> None:
    """Of two places the top-level one is canonical; an empty one does not count."""
    document = read(text)
    assert document.contract is not None

    assert document.contract.version == version
    assert [spot.path for spot in document.versions] == places


def test_a_complaint_names_the_file() -> None:
    """The reader knows which file it was given."""
    with pytest.raises(Unreadable, match=r"^contracts/x\.yaml:2:1: the key “a” stands twice"):
        read("a: 1\na: 2\n", "contracts/x.yaml")


def test_the_place_of_what_is_not_there_is_that_of_what_holds_it() -> None:
    """So a rule about a missing value points near it."""
    document = read("metadata:\n  version: 1.0.0\nequations:\n  e: {formula: x}\n", "c.yaml")

    assert document.place(("metadata", "version")) == Place("c.yaml", 2, 12)
    assert document.place(("equations", "e", "tolerance")) == Place("c.yaml", 4, 6)
    assert document.place(("gone", 3)) == Place("c.yaml", 1, 1)
    assert document.node(("equations", "gone")) is None


@pytest.mark.parametrize("version", ["1.18.0", "1.19.0", "1.20.0", "1.21.0", "1.22.0"])
def test_the_large_contract_has_a_frozen_second_version(corpus: Callable[[str], str], version: str) -> None:
    """The top-level version counts; the metadata's stands still; thirteen falsifiers, none from `invariants`."""
    document = read(corpus(f"ccpa/contract/v{version}.yaml"))
    assert document.contract is not None

    assert [spot.value for spot in document.versions] == [version, "1.2.0"]
    assert document.contract.status == "ACTIVE_RUNTIME"
    assert len(document.contract.falsifiers) == 13
    assert {f.status for f in document.contract.falsifiers} >= {"PLANNED_M0", "OPEN", "HARD_BLOCKING_M16"}
    assert all(f.rule and f.test for f in document.contract.falsifiers)


def test_prose_that_looks_like_fields_is_prose(corpus: Callable[[str], str]) -> None:
    """The flagship contract talks about statuses in its texts; its five falsifiers have their own."""
    document = read(corpus(FLAGSHIP), FLAGSHIP)
    assert document.contract is not None

    assert [(f.id.short, f.status) for f in document.contract.falsifiers] == [
        ("CPU-GPU-001", "PARTIAL_ALGORITHM_LEVEL"),
        ("CPU-GPU-002", "PARTIAL_ALGORITHM_LEVEL"),
        ("CPU-GPU-003", "PARTIAL_ALGORITHM_LEVEL"),
        ("CPU-GPU-004", "FUNCTIONAL"),
        ("CPU-GPU-005", "PARTIAL_ALGORITHM_LEVEL"),
    ]
    assert [document.place(s.path).line for s in document.statuses("FALSIFY-CPU-GPU-003")] == [115]
    assert [version for version, _ in document.changelog] == ["1.3.0", "1.2.0", "1.1.0"]
    assert document.data["equations"]["cosine_parity"]["tolerance"] == 0.01


def test_a_registry_of_bindings_is_no_contract(corpus: Callable[[str], str]) -> None:
    """296 bindings with a status each, and not one falsifier."""
    document = read(corpus("provable-contracts/contracts/aprender/binding.yaml"))

    assert document.contract is None
