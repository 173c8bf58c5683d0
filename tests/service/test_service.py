"""What the service answers, over real HTTP."""

from __future__ import annotations

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from app.queue.writer import Unstored
from app.web import log, service
from tests.service.hook import BODY, EVENTS, LIMIT, SECRET, head, keep_log, open_place, sign

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.service.hook import Place


def test_a_webhook_is_answered_once_it_is_stored(place: Place) -> None:
    """202 names the delivery, and the delivery is what GitHub sent, byte for byte."""
    answer = place.post()

    stored = place.shelf.stored["guid-1"]
    assert (answer.status_code, answer.json()) == (202, {"delivery": "guid-1"})
    assert (stored.event, stored.repository, stored.body) == ("issue_comment", "acme/hello", BODY)
    assert stored.received > 1_700_000_000


def test_a_webhook_that_comes_again_is_known(place: Place) -> None:
    """GitHub sends some webhooks twice; the second one is no error."""
    place.post()

    answer = place.post()

    assert (answer.status_code, answer.json()) == (202, {"delivery": "guid-1", "known": True})


def test_the_root_receives_webhooks_too(place: Place) -> None:
    """Whoever gives GitHub the bare address is served as well."""
    answer = place.client.post("/", content=BODY, headers=head())

    assert answer.status_code == 202


def test_an_installation_is_about_no_repository(place: Place) -> None:
    """An event of the whole installation is stored without a repository."""
    body = b'{"action": "deleted", "installation": {"id": 5}}'

    answer = place.post(body, head(body, "installation"))

    assert (answer.status_code, place.shelf.stored["guid-1"].repository) == (202, "")


def test_an_event_that_nobody_handles_is_not_stored(place: Place) -> None:
    """204 keeps GitHub content, and no disk is spent."""
    answer = place.post(BODY, head(event="star"))

    assert (answer.status_code, answer.content, place.shelf.stored) == (204, b"", {})


BAD = {
    "unsigned": (BODY, head(X_Hub_Signature_256=""), 401, "signature"),
    "signed with another secret": (BODY, head(X_Hub_Signature_256=sign(BODY, "guess")), 401, "signature"),
    "signed over other bytes": (BODY + b" ", head(BODY), 401, "signature"),
    "signed with SHA-1": (BODY, head(X_Hub_Signature_256="sha1=" + "a" * 40), 401, "signature"),
    "a signature in capitals": (BODY, head(X_Hub_Signature_256=sign(BODY).upper()), 401, "signature"),
    "no JSON": (b"hello", head(b"hello"), 400, "no JSON"),
    "no UTF-8": (b'{"a": "\xff"}', head(b'{"a": "\xff"}'), 400, "no JSON"),
    "nothing": (b"", head(b""), 400, "no JSON"),
    "truncated JSON": (BODY[:-5], head(BODY[:-5]), 400, "no JSON"),
    "a list": (b"[1]", head(b"[1]"), 400, "should be an object, but is a list"),
    "an object of another shape": (
        b'{"zen": "Keep it"}',
        head(b'{"zen": "Keep it"}'),
        400,
        "repository should be an object",
    ),
    "no name": (b"{}", head(b"{}", ""), 400, "X-GitHub-Event"),
    "one of our own events": (BODY, head(event="discharge.sweep"), 400, "X-GitHub-Event"),
    "a long name": (BODY, head(event="a" * 65), 400, "X-GitHub-Event"),
    "no delivery": (BODY, head(delivery=""), 400, "X-GitHub-Delivery"),
    "a long delivery": (BODY, head(delivery="a" * 65), 400, "X-GitHub-Delivery"),
    "a path as delivery": (BODY, head(delivery="../../etc"), 400, "X-GitHub-Delivery"),
    "a form": (BODY, head(Content_Type="application/x-www-form-urlencoded"), 415, "application/json"),
}


@pytest.mark.parametrize(("body", "headers", "status", "said"), BAD.values(), ids=BAD)
def test_bad_input_gets_a_status_and_a_sentence(
    place: Place, body: bytes, headers: dict[str, str], status: int, said: str
) -> None:
    """Whatever comes, the sender learns what is wrong, and nothing is stored."""
    answer = place.post(body, headers)

    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert place.shelf.stored == {}


@pytest.mark.parametrize("name", ["acme", "acme/", "/x", "acme/..", "acme/x/y", "ac me/x", "acme/x\n", 5, None, {}])
def test_a_repository_has_a_name_that_can_stand_in_a_path(place: Place, name: object) -> None:
    """What is no `owner/name` gets no further than the door."""
    body = json.dumps({"repository": {"full_name": name}}).encode()

    answer = place.post(body, head(body))

    assert (answer.status_code, place.shelf.stored) == (400, {})


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"repository":'])
def test_a_deep_body_is_refused(place: Place, opening: bytes) -> None:
    """A hundred thousand brackets end in a sentence."""
    body = opening * 100_000

    answer = place.post(body, head(body))

    assert (answer.status_code, "nested too deeply" in answer.json()["error"]) == (400, True)


def test_a_header_that_stands_twice_is_malformed(place: Place) -> None:
    """Two readers could choose differently, so neither is believed."""
    twice: list[tuple[str, str]] = [*head().items(), ("X-GitHub-Delivery", "guid-2")]

    answer = place.client.post("/webhook", content=BODY, headers=twice)

    assert (answer.status_code, place.shelf.stored) == (400, {})


def test_a_large_webhook_is_stored(place: Place) -> None:
    """GitHub sends up to 25 MB; all of it counts for the signature."""
    body = json.dumps({"x": "y" * 3_000_000, "repository": {"full_name": "acme/hello"}}).encode()

    answer = place.post(body, head(body))

    assert (answer.status_code, place.shelf.stored["guid-1"].body == body) == (202, True)


@pytest.mark.parametrize(
    ("slow", "method", "path", "body"),
    [("_try_disk", "GET", "/readyz", b""), ("read", "POST", "/webhook", b"x" * 2_000_000)],
    ids=["a disk that hangs", "a large body"],
)
def test_what_takes_long_holds_nobody_up(  # noqa: PLR0913, PLR0917 - four arguments of it are the table's
    place: Place, monkeypatch: pytest.MonkeyPatch, slow: str, method: str, path: str, body: bytes
) -> None:
    """It waits in a thread; the loop that answers everybody goes on."""
    begun, go = threading.Event(), threading.Event()
    really = getattr(service, slow)

    def wait(*args: object) -> object:
        begun.set()
        assert go.wait(LIMIT)
        return really(*args)

    monkeypatch.setattr(service, slow, wait)
    with ThreadPoolExecutor() as pool:
        late = pool.submit(place.client.request, method, path, content=body, headers=head(body))
        assert begun.wait(LIMIT)
        alive = place.client.get("/healthz").status_code
        go.set()

    assert (alive, late.result().status_code) == (200, 200 if slow == "_try_disk" else 400)


def test_what_cannot_be_stored_is_not_promised(place: Place) -> None:
    """503 shows in GitHub's list of deliveries as failed, so the sweep finds it and has it sent again."""
    place.shelf.broken = Unstored("the database refused: disk is full")

    answer = place.post()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json() == {"error": "The delivery cannot be stored now; send it again later."}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/webhook", 405), ("GET", "/x", 404), ("PUT", "/", 405)]
)
def test_other_doors_are_closed(place: Place, method: str, path: str, status: int) -> None:
    """There is nothing else to be found."""
    assert place.client.request(method, path).status_code == status


def test_the_process_says_that_it_lives(place: Place) -> None:
    """`/healthz` asks nobody."""
    place.shelf.broken = Unstored("down")

    assert place.client.get("/healthz").json() == {"alive": True}


def test_a_service_that_can_store_is_ready(place: Place) -> None:
    """`/readyz` tries the database and the disk."""
    answer = place.client.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "service": "ok", "inbox": "ok", "disk": "ok"},
    )


def _unready(answer: httpx.Response) -> dict[str, str]:
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    return {key: value for key, value in answer.json().items() if key != "ready" and value != "ok"}


def test_without_its_database_the_service_is_not_ready(place: Place) -> None:
    """The answer says which part it is, and keeps the database's address to itself."""
    place.shelf.broken = RuntimeError("postgresql://someone:password@host")

    assert _unready(place.client.get("/readyz")) == {"inbox": "its database does not answer"}


def test_without_its_disk_the_service_is_not_ready(place: Place) -> None:
    """The folder for data is tried by writing into it."""
    moved = place.data.rename(place.data.with_name("moved"))
    try:
        answer = place.client.get("/readyz")
    finally:
        moved.rename(place.data)

    assert _unready(answer) == {"disk": "the data folder cannot be written: No such file or directory"}


def test_a_service_that_ends_is_not_ready(place: Place) -> None:
    """Before it stops accepting, it says so."""
    place.app.state.closing = True

    assert _unready(place.client.get("/readyz")) == {"service": "closing"}


def test_metrics_count_webhooks_by_event_and_outcome(place: Place) -> None:
    """An operator sees what came and what became of it; unknown names share one label."""
    place.post()
    place.post(BODY, head(event="sponsorship"))
    place.post(BODY, head(X_Hub_Signature_256=""))

    text = place.client.get("/metrics").text

    assert 'discharge_deliveries_total{event="issue_comment",outcome="stored"}' in text
    assert 'discharge_deliveries_total{event="other",outcome="ignored"}' in text
    assert 'discharge_deliveries_total{event="other",outcome="unsigned"}' in text
    assert 'discharge_inbox{state="waiting"} 1.0' in text
    assert "discharge_oldest_waiting_seconds 1.5" in text
    assert "discharge_inbox_answers 1.0" in text
    assert "discharge_store_seconds_count" in text
    assert "sponsorship" not in text
    assert "guid-1" not in text


def test_metrics_outlive_the_database(place: Place) -> None:
    """When the inbox does not answer, the meters are needed most."""
    place.shelf.broken = RuntimeError("down")

    text = place.client.get("/metrics").text

    assert "discharge_inbox_answers 0.0" in text
    assert "discharge_inbox{state=" not in text


def test_some_meters_can_be_asked_for_by_name(place: Place) -> None:
    """Only those are read; a name that is none asks for nothing, and is no error."""
    text = place.client.get("/metrics?name[]=discharge_inbox_answers&name[]=nonsense").text

    assert "discharge_inbox_answers 1.0" in text
    assert [line for line in text.splitlines() if not line.startswith(("#", "discharge_inbox_answers "))] == []


def test_rubbish_does_not_fill_the_log(tmp_path: Path) -> None:
    """Anybody can send what is not signed: one line in a while; whatever GitHub signed has a line of its own."""
    told = io.StringIO()
    with keep_log(), open_place(tmp_path) as place:
        log.configure("json", told)
        for _ in range(5):
            place.post(BODY, head(X_Hub_Signature_256=""))
            place.post(b"[]", head(b"[]"))

    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [(line["message"], line["status"]) for line in lines].count(("refused", 401)) == 1
    assert [(line["event"], line["status"]) for line in lines].count(("issue_comment", 400)) == 5


def test_nothing_of_the_secret_is_answered(place: Place) -> None:
    """No answer holds the secret or a signature that would pass."""
    answers = [place.post(body, headers) for body, headers, _, _ in BAD.values()]

    assert all(SECRET not in answer.text and sign(BODY)[7:] not in answer.text for answer in answers)


def test_every_event_of_the_app_passes(place: Place) -> None:
    """What the App subscribes to is stored under its own name."""
    for number, event in enumerate(sorted(EVENTS)):
        assert place.post(BODY, head(event=event, delivery=str(number))).status_code == 202

    assert sorted(delivery.event for delivery in place.shelf.stored.values()) == sorted(EVENTS)
