"""What is signed: the in-toto statement of a receipt, told in full."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from evidence.receipt import canonical, digest
from evidence.statement import compare, read, state
from tests.evidence.signed import CONTRACT, FILES, FOLDER, PATH, record, stored

if TYPE_CHECKING:
    from evidence.model import Word

SUM = digest(CONTRACT)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def test_a_statement_names_every_file_and_every_verdict() -> None:
    """Receipt, page, logs and contract by digest; what held, what did not, what was not measured; smoke and commit."""
    values = json.loads(state(PATH, stored(), SUM))

    assert values["_type"] == "https://in-toto.io/Statement/v1"
    assert values["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert {one["name"]: one["digest"]["sha256"] for one in values["subject"]} == {
        PATH: digest(stored()),
        "contracts/x-v1.yaml": SUM,
        **{f"{FOLDER}/{name}": digest(content) for name, content in FILES.items()},
    }
    assert values["predicate"] == {
        "result": "FAILED",
        "configuration": [
            {"name": "smoke x"},
            {"name": "commit", "digest": {"gitCommit": "c" * 40}},
            {"name": "contracts/x-v1.yaml#F-1", "digest": {"sha256": "ab" * 32}},
            {"name": "contracts/x-v1.yaml#F-2", "digest": {"sha256": "ab" * 32}},
            {"name": "contracts/x-v1.yaml#F-3", "digest": {"sha256": "cd" * 32}},
        ],
        "passedTests": ["contracts/x-v1.yaml#F-1"],
        "failedTests": ["contracts/x-v1.yaml#F-2"],
        "warnedTests": ["contracts/x-v1.yaml#F-3"],
    }


@pytest.mark.parametrize(
    ("verdicts", "result"),
    [
        (("held",), "PASSED"),
        (("held", "not measured"), "WARNED"),
        (("held", "not measured", "falsified"), "FAILED"),
        ((), "WARNED"),
    ],
)
def test_the_result_is_the_worst_of_the_verdicts(verdicts: tuple[Word, ...], result: str) -> None:
    """Nothing unmeasured passes, and nothing at all is nothing measured."""
    one = record().falsifiers[0]
    data = stored(falsifiers=tuple(replace(one, verdict=verdict) for verdict in verdicts))

    assert json.loads(state(PATH, data, SUM))["predicate"]["result"] == result


def test_a_statement_is_canonical_and_fits_its_receipt() -> None:
    """The same receipt gives the same bytes; every other spelling of them is one of something else."""
    payload = state(PATH, stored(), SUM)

    assert payload == canonical(json.loads(payload)) == state(PATH, stored(), SUM)
    assert compare(payload, PATH, stored()) == ()
    assert str(compare(payload + b"\n", PATH, stored())[0]) == (
        'payload: expected "canonical JSON", seen "another spelling of the same"'
    )
    assert [d.field for d in compare(state(PATH, stored(date="2026-05-05"), SUM), PATH, stored())] == [
        "subject[0].digest.sha256"
    ]


def test_a_statement_without_the_contract_is_one_of_something_else() -> None:
    """Its digest is the one that cannot be computed anew; it must be there."""
    values = json.loads(state(PATH, stored(), SUM))
    values["subject"].pop()

    found = compare(canonical(values), PATH, stored())

    assert [(d.field, d.seen) for d in found] == [("subject[5]", "nothing")]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "what is signed is no in-toto statement"),
        ({}, "Wrong statement type|At least one subject"),
        ({"_type": "x"}, "Wrong statement type"),
        ({"subject": [], "predicateType": "x", "predicate": {"a": 1}}, "At least one subject required"),
        ({"subject": [{"name": "x"}], "predicateType": "x", "predicate": {"a": 1}}, "At least one digest required"),
        ({"subject": 3}, "no in-toto statement"),
        ({"nonsense": 3}, "no in-toto statement"),
    ],
)
def test_what_is_no_statement_is_a_sentence(values: Any, sentence: str) -> None:
    """The library for attestations looks at it first."""
    with pytest.raises(Unreadable, match=sentence):
        read(json.dumps(values).encode())


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=40),
        JSON.map(lambda value: json.dumps(value).encode()),
        st.dictionaries(st.sampled_from(["_type", "subject", "predicateType", "predicate"]), JSON).map(
            lambda value: json.dumps(value).encode()
        ),
    )
)
def test_no_payload_crashes_the_reader(data: bytes) -> None:
    """Whatever comes, it is no statement, and a sentence says so."""
    with pytest.raises(Unreadable):
        read(data)


def test_a_deep_payload_is_a_sentence() -> None:
    """Neither the JSON reader nor the library's own recursion gives way."""
    for depth in (150, 90_000):
        with pytest.raises(Unreadable):
            read(b'{"predicate":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}")
