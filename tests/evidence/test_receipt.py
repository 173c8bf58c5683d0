"""Receipts: canonical bytes, digests, and strict reading."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from contracts.model import Falsifier, FalsifierId
from evidence import plain
from evidence.host import HostFacts
from evidence.model import (
    Absent,
    Capture,
    Contains,
    Count,
    Exit,
    InOrder,
    Match,
    Never,
    Observation,
    Only,
    Output,
    Promise,
    Proof,
    SameOutput,
    Within,
)
from evidence.receipt import (
    LONGEST,
    Binary,
    Judged,
    Log,
    Needed,
    Ran,
    Receipt,
    Row,
    canonical,
    digest,
    enter,
    preregister,
    read,
    receipt,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False))
BOUNDS = st.one_of(st.none(), NUMBERS)
PREDICTIONS = st.one_of(
    st.builds(Exit, TEXT, st.integers()),
    st.builds(Output, TEXT, TEXT),
    st.builds(Contains, TEXT, TEXTS),
    st.builds(Never, TEXT, TEXTS),
    st.builds(Only, TEXT, TEXTS),
    st.builds(Count, TEXT, TEXT, st.integers()),
    st.builds(InOrder, TEXT, TEXTS),
    st.builds(
        Capture, TEXT, TEXT, st.one_of(BOUNDS, TEXT), BOUNDS, BOUNDS, st.one_of(st.none(), st.tuples(NUMBERS, NUMBERS))
    ),
    st.builds(SameOutput, TEXTS),
    st.builds(Within, TEXT, BOUNDS, BOUNDS, TEXT),
)
LOGS = st.builds(Log, TEXT, TEXT, st.integers())
ORIGINS = st.sampled_from(["ran", "recorded", "reused"])
MAYBE = st.one_of(st.none(), TEXT)
LEGS = st.builds(
    Ran,
    *(TEXT, TEXTS, ORIGINS, TEXT, st.integers(), st.one_of(st.none(), st.integers()), BOUNDS, TEXT, st.booleans()),
    *(TEXT, TEXT, st.lists(LOGS, max_size=2).map(tuple)),
)
JUDGED = st.builds(
    Judged,
    *(TEXT, MAYBE, MAYBE, st.sampled_from(["held", "falsified", "not measured"]), TEXT),
    *(st.sampled_from(["prediction", "if_fails"]), TEXT, st.lists(PREDICTIONS, max_size=3).map(tuple)),
    st.lists(st.builds(Row, TEXT, TEXT, st.sampled_from(Match), TEXT), max_size=2).map(tuple),
)
RECEIPTS = st.builds(
    Receipt,
    *(st.sampled_from(["app", "terminal", "recorded"]), TEXT, TEXT, MAYBE, MAYBE, TEXT, TEXT),
    *(st.lists(LEGS, max_size=2).map(tuple), st.lists(st.builds(Absent, TEXT, TEXT), max_size=2).map(tuple)),
    *(st.one_of(st.none(), st.builds(Binary, TEXT, TEXT)), st.lists(st.builds(Needed, TEXT, TEXT, TEXT)).map(tuple)),
    *(st.builds(HostFacts, TEXT, TEXT, TEXT, TEXT, TEXT), TEXT, st.lists(JUDGED, max_size=2).map(tuple), TEXT, TEXT),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=10,
)

SMALL = Receipt(
    origin="terminal",
    tool="discharge 0.1.0",
    contract="contracts/x-v1.yaml",
    version_before="1.3.0",
    version_after="1.4.0",
    commit="c" * 40,
    smoke="cpu-gpu",
    legs=(),
    absent=(Absent("default", "no GPU here"),),
    binary=None,
    needs=(),
    host=HostFacts("box"),
    device="",
    falsifiers=(Judged("F-1", None, "DISCHARGED", "held", "", "prediction", "00", (Exit("a", 0),), ()),),
    date="2026-05-04",
    asked_by="operator",
)
BYTES = canonical(receipt(SMALL))


@settings(deadline=None, max_examples=150)
@given(RECEIPTS)
def test_a_receipt_reads_back_as_itself(record: Receipt) -> None:
    """What was written is read, value for value, and writes the same bytes again."""
    data = canonical(receipt(record))

    assert read(data) == record
    assert canonical(receipt(read(data.decode()))) == data


@settings(deadline=None, max_examples=150)
@given(JSON)
def test_canonical_bytes_are_json_and_stable(value: Any) -> None:
    """Any value has one spelling, whatever the order of its keys, and reads back as itself."""
    data = canonical(value)

    assert json.loads(data) == value
    assert canonical(json.loads(json.dumps(value, sort_keys=True))) == data
    assert b"\n" not in data


def test_canonical_bytes_as_written() -> None:
    """Keys are sorted by their UTF-16 units, numbers keep their kind, texts are UTF-8."""
    assert canonical({"b": 1, "a": [1.0, 1e16, True, None], "€": "é\n\u2028\x1f"}) == (
        '{"a":[1.0,1e+16,true,null],"b":1,"€":"é\\n\u2028\\u001f"}'.encode()
    )
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), ["\ud800"]])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    """No digest is taken of something that has no canonical spelling."""
    with pytest.raises(ValueError, match=r"JSON|surrogates|float"):
        canonical(value)


@pytest.mark.parametrize("value", [{1: 2}, object()])
def test_what_is_no_json_value_is_refused(value: Any) -> None:
    """Keys are texts, and values are those of JSON."""
    with pytest.raises(TypeError):
        canonical(value)


def test_a_digest_is_sha256() -> None:
    """Bytes and their text have the same digest."""
    assert digest("é") == digest("é".encode()) == hashlib.sha256("é".encode()).hexdigest()


def test_a_leg_is_entered_with_its_digests() -> None:
    """The entry of a leg names every stored log by digest and size; a recorded one has no streams."""
    seen = Observation("a", ("p", "x"), "out\nerr\n", "out\n", "err\n", 0, 1.5)

    entry = enter(seen, {"a.log": b"out\nerr\n"}, repeat=2)

    assert entry.logs == (Log("a.log", digest("out\nerr\n"), 8),)
    assert (entry.stdout_sha256, entry.stderr_sha256) == (digest("out\n"), digest("err\n"))
    assert (entry.argv, entry.exit, entry.seconds, entry.repeat) == (("p", "x"), 0, 1.5, 2)
    bare = enter(Observation("a", (), "x", origin="recorded", source="y.log"), {})
    assert (bare.stdout_sha256, bare.stderr_sha256, bare.source) == ("", "", "y.log")


def test_the_promise_is_sealed_before_the_run() -> None:
    """The digest moves with the words, the predictions and the legs looked at, and with nothing else."""
    falsifier = Falsifier(FalsifierId("F-1"), "PARTIAL", "rule", "prediction", "if_fails", "test")
    promise = Promise("F-1", (Capture("a", "(x)", below=1.0),))
    legs = [("a", ["p", "{model}"]), ("b", ["q"])]
    sealed = preregister(falsifier, promise, legs)

    assert sealed == preregister(replace(falsifier, status="DISCHARGED", evidence=("x",), line=9), promise, legs)
    assert sealed == preregister(falsifier, promise, [("a", ("p", "{model}"))])
    others = {
        sealed,
        preregister(replace(falsifier, rule="other"), promise, legs),
        preregister(falsifier, replace(promise, holds="if_fails"), legs),
        preregister(falsifier, Promise("F-1", (Capture("a", "(x)", below=2.0),)), legs),
        preregister(falsifier, promise, [("a", ["p"])]),
        preregister(falsifier, promise, legs, setting={"extract": "(y)"}),
        preregister(falsifier, promise, legs, proof=Proof("b", "GPU")),
    }
    assert len(others) == 7


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"tool"', b'"tools"', "r.json: the receipt has the key “tools”, which is not known."),
        (b'"asked_by":"operator",', b"", "r.json: the receipt lacks the key “asked_by”."),
        (b'"schema":2', b'"schema":3', "r.json: the receipt's schema is 3; this program reads 1 and 2."),
        (b'"schema":2', b'"schema":true', "r.json: the receipt's schema is True; this program reads 1 and 2."),
        (b'"schema":2', b'"schema":1', "r.json: the receipt has the key “command”, which form 1 does not have."),
        (b"operator", b"\\ud800", "r.json: the receipt holds half a character, which no file can hold."),
        (b'"terminal"', b'"moon"', "r.json: origin should be app or terminal or recorded, but is 'moon'."),
        (b'"leg":"a"', b'"leg":1', "r.json: falsifiers[0].predictions[0].leg should be a text, but is 1."),
        (b'"exit":0', b'"exit":true', "predictions[0].exit should be a whole number, but is True."),
        (b'"kind":"exit"', b'"kind":"luck"', "predictions[0] should be exit or output or contains"),
        (b'"binary":null', b'"binary":1', "binary should be Binary or null, but is 1."),
        (b'"binary":null', b'"binary":{"path":"x"}', "binary lacks the key “sha256”."),
        (b'"needs":[]', b'"needs":{}', "needs should be an array, but is {}."),
        (b'"host":{', b'"host":3,"x":{', "has the key “x”"),
        (b'"measurements":[]', b'"measurements":[3]', "measurements[0] should be an object, but is 3."),
        (b'"origin":', b'"origin":"app","origin":', "r.json: the receipt is no JSON: a key stands there twice."),
        (b'"needs":[]', b'"needs":[NaN]', "r.json: the receipt is no JSON: NaN is no number."),
        (b'"needs":[]', b'"needs":[1e999]', "r.json: the receipt is no JSON: a number is too large."),
        (b'"needs":[]', b'"needs":[' + b"[" * 99999, "r.json: the receipt is nested too deeply."),
        (b'"needs":[]', b'"needs":', "r.json:1:"),
        (b"operator", b"\xff", "r.json: the receipt is no UTF-8 at byte"),
    ],
)
def test_a_receipt_is_read_strictly(old: bytes, new: bytes, sentence: str) -> None:
    """Whatever is not exactly a receipt is a sentence that names the place."""
    assert old in BYTES

    with pytest.raises(Unreadable) as caught:
        read(BYTES.replace(old, new, 1), "r.json")

    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            b'{"expected":"e","margin":"","match":"maybe","observed":"o"}',
            "match should be yes or no or not measured, but is 'maybe'",
        ),
        (
            b'{"expected":"e","margin":"","match":[],"observed":"o"}',
            "match should be yes or no or not measured, but is []",
        ),
    ],
)
def test_a_match_is_one_of_three(row: bytes, sentence: str) -> None:
    """Nothing but yes, no and not measured is a match."""
    with pytest.raises(Unreadable, match="match should be") as caught:
        read(BYTES.replace(b'"measurements":[]', b'"measurements":[' + row + b"]"))

    assert sentence in str(caught.value)


def test_a_pair_has_two_ends() -> None:
    """A bound between two numbers is an array of two."""
    capture = {"leg": "a", "pattern": "x", "equals": None, "below": None, "at_least": None, "between": [1]}

    with pytest.raises(Unreadable, match=r"between should be an array of 2, but is \[1\]"):
        plain.read(Capture, capture)
    with pytest.raises(Unreadable, match="equals should be a text or a number or null, but is True"):
        plain.read(Capture, {**capture, "equals": True})
    with pytest.raises(Unreadable, match=r"below should be no object, but is \{\}"):
        plain.read(Capture, {**capture, "below": {}})


def test_a_receipt_is_bounded() -> None:
    """A file of many megabytes is refused before it is read."""
    with pytest.raises(Unreadable, match="a receipt of 4,194,305 bytes is too large: at most 4,194,304 are read"):
        read(b" " * (LONGEST + 1))


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.binary(max_size=60), JSON.map(lambda value: json.dumps(value).encode())))
def test_no_input_crashes_the_reader(data: bytes) -> None:
    """Whatever comes, it is a receipt or a sentence."""
    with pytest.raises(Unreadable):
        read(data)
