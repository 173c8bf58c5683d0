"""Payloads that are not as they should be, and signatures: a sentence for each, and never a traceback."""

from __future__ import annotations

import hashlib
import hmac
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hook.event import EVENTS, FINISHED, STIRRED, SWEPT, Commented, Event
from app.hook.payload import read, verify
from contracts.error import Unreadable
from tests.app.webhook import APP, FACTS, HEAD, dump, payload
from tests.oracle.description import read as describe

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
ALL = sorted(name for name in describe("webhooks")["events"] if name.partition(".")[0] in FACTS)


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("push", {"installation": None}, "installation should be an object, but is null"),
        ("push", {"installation": {"id": True}}, "installation.id should be a whole number from 1, but is true"),
        ("push", {"installation": {"id": 1 << 63}}, "should be a whole number from 1"),
        ("push", {"installation": {"id": 1.0}}, "but is 1.0"),
        ("push", {"repository": None}, "repository should be an object"),
        (
            "push",
            {"repository": {"full_name": "acme/.."}},
            "repository.full_name should be owner/name, but is 'acme/..'",
        ),
        ("push", {"repository": {"full_name": "-x/y"}}, "owner/name"),
        ("push", {"repository": {"full_name": "acme/models\n"}}, "owner/name"),
        ("push", {"ref": "refs/heads/a..b"}, "ref should be a branch"),
        ("push", {"ref": "refs/heads/a b"}, "ref should be a branch"),
        ("push", {"ref": "refs/heads/x.lock"}, "ref should be a branch"),
        ("push", {"ref": ["refs/heads/main"]}, "ref should be a text of at most 1,024 characters, but is a list"),
        ("push", {"after": HEAD.upper()}, "after should be the hash of a commit"),
        ("push", {"deleted": 0}, "deleted should be true or false, but is 0"),
        ("issue_comment.created", {"comment": {"body": "x" * 65_537}}, "a text of at most 65,536 characters"),
        ("issue_comment.created", {"comment": {"created_at": "2026-13-01T00:00:00Z"}}, "a date and time"),
        ("issue_comment.created", {"comment": {"user": {"login": "../x"}}}, "comment.user.login should be a login"),
        ("issue_comment.created", {"action": "Created!"}, "action should be a word"),
        ("pull_request.closed", {"pull_request": {"merged": True, "merge_commit_sha": None}}, "the hash of a commit"),
        ("pull_request.opened", {"pull_request": []}, "pull_request should be an object, but is a list"),
        ("installation.created", {"repositories": {"a": 1}}, "repositories should be a list of objects"),
        ("installation.created", {"repositories": [{"full_name": 7}]}, r"repositories[0].full_name should be owner"),
    ],
)
def test_a_value_of_another_kind_is_named(name: str, changes: dict[str, Any], sentence: str) -> None:
    """A sentence says which value it is, what it should be, and what it is."""
    with pytest.raises(Unreadable) as refused:
        read(name.partition(".")[0], ID, dump(payload(name, **changes)), app=APP)

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the payload is no JSON"),
        (b"\xff{}", "the payload is no JSON: 'utf-8' codec"),
        (b"[]", "the payload should be an object, but is a list"),
        (b'"x"', "the payload should be an object, but is 'x'"),
        (b'{"a": 1', "the payload is no JSON"),
        (b'{"a": 1, "a": 1}', "a key stands there twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "the payload is no JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b" " * ((25 << 20) + 1), "is too large: at most 26,214,400 are read"),
    ],
)
def test_bytes_that_are_no_payload_are_refused(body: bytes, sentence: str) -> None:
    """Truncated, too deep, too large, twice the same key: one sentence each, never a traceback."""
    with pytest.raises(Unreadable) as refused:
        read("push", ID, body, app=APP)

    assert sentence in str(refused.value)


def test_what_utf_8_cannot_say_is_replaced() -> None:
    """JSON can hold half a character; a database and a comment cannot."""
    body = json.dumps(payload("issue_comment.created", comment={"body": "a\ud800b\x00"})).encode()
    event = read("issue_comment", ID, body, app=APP)

    assert isinstance(event, Commented)
    assert event.body == "a\ufffdb\ufffd"


def sign(secret: bytes, body: bytes) -> str:
    """Sign as GitHub does."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def test_githubs_own_example_of_a_signature_is_right() -> None:
    """From GitHub's page about validating deliveries."""
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    assert verify(b"It's a Secret to Everybody", b"Hello, World!", expected)


@pytest.mark.parametrize("signature", ["", "sha256=", "sha1=abc", "é", "\ud800", sign(b"other", b"body")])
def test_another_signature_proves_nothing(signature: str) -> None:
    """Whatever its letters are."""
    assert not verify(b"secret", b"body", signature)


def test_an_empty_secret_proves_nothing() -> None:
    """Everybody has it."""
    assert not verify(b"", b"body", sign(b"", b"body"))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value in a payload."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(one, (*path, key))


def put(values: Any, path: tuple[str | int, ...], new: Any) -> None:
    """Put another value at a path; `...` takes the value away."""
    for step in path[:-1]:
        values = values[step]
    if new is ...:
        del values[path[-1]]
    else:
        values[path[-1]] = new


def answer_of(event: str, body: bytes) -> Event | str:
    """Return the event, or the sentence of the refusal."""
    try:
        return read(event, ID, body, app=APP)
    except Unreadable as refused:
        return str(refused)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=250)
@given(st.data())
def test_a_payload_with_anything_in_it_is_an_event_or_a_sentence(data: st.DataObject) -> None:
    """Whichever value is replaced or missing, nothing else comes out."""
    name = data.draw(st.sampled_from(ALL))
    values = deepcopy(payload(name))  # parts of it are the same in all payloads
    put(values, data.draw(st.sampled_from(list(places(values)))), data.draw(JSON | st.just(...)))
    answer = answer_of(name.partition(".")[0], json.dumps(values).encode())
    assert isinstance(answer, Event) or 0 < len(answer) < 400


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(sorted({*EVENTS, FINISHED, STIRRED, SWEPT})),
    st.binary(max_size=200) | JSON.map(json.dumps).map(str.encode),
)
def test_any_bytes_are_an_event_or_a_sentence(event: str, body: bytes) -> None:
    """There is no third way."""
    answer = answer_of(event, body)
    assert isinstance(answer, Event) or 0 < len(answer) < 400
