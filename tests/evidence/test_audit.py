"""A receipt and its folder: judged anew from the logs, and compared field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from evidence.audit import check_files, check_verdicts, named
from evidence.difference import Difference, find
from evidence.model import Absent, NotMeasured, Observation, word
from evidence.receipt import digest
from evidence.replay import judge, replay
from tests.evidence.signed import FILES, LOGS, record, stored

if TYPE_CHECKING:
    from evidence.receipt import Receipt

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.floats(0, 2), st.text(max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=8,
)


def files_found(receipt: Receipt, files: dict[str, bytes]) -> list[str]:
    """Return what is said of a receipt and the files of its folder."""
    return [f"{f.rule} {f.place.file}: {f.message}" for f in check_files(receipt, stored(), files, "r.json")]


def verdicts_found(receipt: Receipt, files: dict[str, bytes] | None = None) -> list[str]:
    """Return what is said of the verdicts."""
    return [f"{f.severity} {f.message}" for f in check_verdicts(receipt, FILES if files is None else files, "r.json")]


def test_a_receipt_that_tells_the_truth_is_told_nothing() -> None:
    """Every digest fits, and every verdict comes out again."""
    assert files_found(record(), FILES) == []
    assert verdicts_found(record()) == []
    assert named(record()) == set(FILES)


def test_what_a_leg_did_is_restored_from_its_logs() -> None:
    """In the order in which it was told, with the streams apart, and the leg that did not run in its place."""
    (seen,) = replay(record(), FILES)

    assert list(seen) == ["b", "a"]
    assert seen["b"] == Absent("b", "no GPU here")
    assert seen["a"] == Observation("a", ("./a", "x"), "hello\nwarning\n", "hello\n", "warning\n", 0, 1.5)
    verdicts = judge(record(), (seen,))
    assert [word(v) for v in verdicts] == ["held", "falsified", "not measured"]
    assert verdicts[2] == NotMeasured("F-3", "too late")


def test_a_leg_whose_streams_are_empty_has_one_log() -> None:
    """Nothing was stored apart, and the digests are those of nothing."""
    whole = record().legs[0]
    quiet = replace(whole, logs=whole.logs[:1], stdout_sha256=digest(""), stderr_sha256=digest(""))

    found = files_found(
        record(legs=(quiet,)), {"a-smoke.log": LOGS["a-smoke.log"], "findings.md": FILES["findings.md"]}
    )

    assert [line for line in found if "spelling" not in line] == []
    assert replay(record(legs=(quiet,)), LOGS)[0]["a"] == replace(
        Observation("a", ("./a", "x"), "hello\nwarning\n", exit=0, seconds=1.5)
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"a-smoke.log": b"hello\n"},
            "evidence/digest r.json: legs[0].logs[0].size of a-smoke.log: expected 14, seen 6",
        ),
        ({"a-smoke.stdout.log": b"Hello\n"}, "evidence/digest r.json: legs[0].stdout_sha256: expected "),
        ({"a-smoke.stderr.log": b""}, "evidence/digest r.json: legs[0].stderr_sha256: expected "),
        ({"findings.md": b"# Findings\n"}, "evidence/digest r.json: page.sha256 of findings.md: expected "),
    ],
)
def test_a_file_that_is_another_one_is_named_by_its_field(change: dict[str, bytes], sentence: str) -> None:
    """Size and digest, of the whole log and of its streams."""
    assert any(line.startswith(sentence) for line in files_found(record(), {**FILES, **change}))


def test_a_file_that_is_gone_is_named() -> None:
    """And nothing can be judged without it."""
    rest = {name: content for name, content in FILES.items() if name != "a-smoke.log"}

    assert "evidence/digest r.json: legs[0].logs[0].file: expected “a-smoke.log”, seen no such file" in files_found(
        record(), rest
    )
    assert verdicts_found(record(), rest) == ["error leg a: a-smoke.log is not there"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"times": (("b",),)}, "times: the legs that it names are not those of legs and absent"),
        ({"times": (("a", "a"),)}, "times: leg a stands neither under legs nor under absent"),
        ({"times": ()}, "times: the legs that it names are not those of legs and absent"),
        ({"absent": ()}, "times: leg b stands neither under legs nor under absent"),
        ({"legs": ()}, "times: leg a stands neither under legs nor under absent"),
        ({"legs": record().legs * 2}, "times: the legs that it names are not those of legs and absent"),
    ],
)
def test_a_receipt_that_contradicts_itself_is_told(values: dict[str, Any], sentence: str) -> None:
    """A leg too many, too few, or twice."""
    assert verdicts_found(record(**values)) == [f"error {sentence}"]
    with pytest.raises(Unreadable):
        replay(record(**values), FILES)


def test_a_verdict_that_the_logs_do_not_give_is_told() -> None:
    """With its reason, its table, and the status that only a held one moves."""
    one, two, late = record().falsifiers
    lying = record(
        falsifiers=(one, replace(two, verdict="held", after="DISCHARGED"), replace(late, after="DISCHARGED"))
    )

    assert verdicts_found(lying) == [
        'error falsifiers[1].verdict: expected "falsified", seen "held"',
        'error falsifiers[2].after: expected null, seen "DISCHARGED"',
    ]


def test_a_receipt_of_the_first_form_is_not_judged_again() -> None:
    """It does not say how the output is cut: a notice says so."""
    assert verdicts_found(record(schema=1)) == [
        "notice a receipt of form 1 does not say how the output is cut: its predictions were not judged again"
    ]


@settings(deadline=None, max_examples=200)
@given(VALUES, VALUES)
def test_two_values_differ_somewhere_or_are_the_same(one: Any, other: Any) -> None:
    """No difference is none, and a value does not differ from itself."""
    assert list(find(one, one)) == []
    assert bool(list(find(one, other))) == (canon(one) != canon(other))


def canon(value: Any) -> Any:
    """Return a value in which 1, 1.0 and true are three, and the order of keys is none."""
    if isinstance(value, dict):
        return {"dict": tuple(sorted((key, repr(canon(one))) for key, one in value.items()))}
    if isinstance(value, list):
        return ["list", *map(canon, value)]
    return (type(value).__name__, value)


def test_a_difference_names_the_deepest_field() -> None:
    """What is missing is nothing, and what is long is cut."""
    found = list(find({"a": [1, {"b": 2}], "c": "x"}, {"a": [1, {"b": 2.0}, 3], "d": "y" * 200}))

    assert found[:3] == [
        Difference("a[1].b", "2", "2.0"),
        Difference("a[2]", "nothing", "3"),
        Difference("c", '"x"', "nothing"),
    ]
    assert str(found[3]) == f'd: expected nothing, seen "{"y" * 159}…'
