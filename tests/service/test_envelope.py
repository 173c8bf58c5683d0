"""Whatever comes, the door has an answer for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web.envelope import Envelope, Refusal, read
from tests.service.hook import BODY, EVENTS, SECRET, head, sign

if TYPE_CHECKING:
    from tests.service.hook import Place

STATUSES = {202, 204, 400, 401, 408, 413, 415, 503}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
PAYLOADS = JSON | st.fixed_dictionaries(
    {
        "repository": JSON
        | st.fixed_dictionaries({"full_name": JSON | st.from_regex(r"[\w.-]+/[\w.-]+", fullmatch=True)})
    }
)
BODIES = st.binary(max_size=300) | PAYLOADS.map(lambda value: json.dumps(value).encode())
NAMES = st.sampled_from(["x-github-event", "x-github-delivery", "content-type", "x-hub-signature-256", "x-other"])
HEADERS = st.lists(st.tuples(NAMES, st.text(max_size=80) | st.sampled_from(sorted(EVENTS))), max_size=8)


@settings(deadline=None, max_examples=150)
@given(body=BODIES, headers=HEADERS, signed=st.booleans())
def test_any_bytes_and_headers_get_an_answer(body: bytes, headers: list[tuple[str, str]], *, signed: bool) -> None:
    """Nothing raises; what is accepted was signed, is known, and names a repository or none."""
    if signed:
        headers = [*headers, ("x-hub-signature-256", sign(body))]

    found = read(headers, body, SECRET.encode(), EVENTS)

    if isinstance(found, Refusal):
        assert found.status in STATUSES
        assert found.event in {*EVENTS, "other"}
        assert bool(found.sentence) == (found.status != 204)
    else:
        assert signed
        assert found.event in EVENTS
        assert found.repository.count("/") <= 1


REQUESTS = st.fixed_dictionaries(
    {
        "X-GitHub-Event": st.sampled_from([*sorted(EVENTS), "star"]) | st.text("abc_.-", max_size=70),
        "X-GitHub-Delivery": st.text("abc123-/", max_size=70),
        "X-Hub-Signature-256": st.sampled_from(["right", "right", "", "sha256=", "sha256=" + "0" * 64, "é"]),
        "Content-Type": st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain; x", ""]),
    }
)


@settings(deadline=None, max_examples=60)
@given(body=BODIES, headers=REQUESTS)
def test_any_request_gets_a_documented_status(running: Place, body: bytes, headers: dict[str, str]) -> None:
    """Over real HTTP too: a documented status, and a sentence wherever the answer is no."""
    headers = {name: sign(body) if value == "right" else value for name, value in headers.items()}

    answer = running.client.post(
        "/webhook", content=body, headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    )

    assert answer.status_code in STATUSES
    assert answer.status_code < 300 or answer.json()["error"].endswith(".")


def _read(body: bytes = BODY, **changes: str) -> Envelope | Refusal:
    headers = [(name.lower(), value) for name, value in head(body, **changes).items()]
    return read(headers, body, SECRET.encode(), EVENTS)


def test_an_envelope_says_what_is_inside() -> None:
    """Id, event and repository are known before anything of the payload is believed."""
    assert _read() == Envelope("guid-1", "issue_comment", "acme/hello")


@pytest.mark.parametrize("body", [b'{"repository": null}', b"{}"])
def test_only_events_of_an_installation_need_no_repository(body: bytes) -> None:
    """A comment on nothing is malformed; an installation may be about all repositories."""
    found = _read(body)

    assert _read(body, event="installation") == Envelope("guid-1", "installation", "")
    assert isinstance(found, Refusal)
    assert (found.status, found.event) == (400, "issue_comment")


def test_without_a_secret_nobody_is_believed() -> None:
    """An empty secret would let everybody sign."""
    headers = [("x-hub-signature-256", sign(BODY, ""))]

    found = read(headers, BODY, b"", EVENTS)

    assert isinstance(found, Refusal)
    assert found.status == 401


def test_a_name_of_ours_is_refused_even_if_it_were_known() -> None:
    """Events of our own have a full stop in their names, and come from inside only."""
    headers = [(name.lower(), value) for name, value in head(event="discharge.sweep").items()]

    found = read(headers, BODY, SECRET.encode(), EVENTS | {"discharge.sweep"})

    assert isinstance(found, Refusal)
    assert found.status == 400
