"""One request to GitHub, patiently: what is tried again, how often, for how long, and what is looked at before."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from github.Auth import Token

from app.github import Refused
from app.hub.answer import Denied
from app.hub.fleet import REPOSITORY, Fleet
from app.hub.pace import Pace
from app.hub.wire import Busy, Patience, Terms, Wire
from app.hub.workflow import Workflow
from tests.app.script import Line, perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.app.script import Script

GONE = Line(502, b"<html>")
RESET = Line(how="reset")
QUERY, MUTATION = "query Q { viewer { login } }", "mutation M { m }"


class Stage:
    """A wire to a server with a script; it sleeps in no time."""

    def __init__(self, script: Script, **patience: float) -> None:
        """Connect."""
        self.script, self.slept, self.told = script, list[float](), list[tuple[str, str, int]]()
        self.renewed = 0
        self.pace = Pace()
        terms = Terms(script.url, Patience(**patience), lambda *request: self.told.append(request), self.slept.append)  # type: ignore[arg-type]
        self.wire = Wire(terms, Token("t" * 9), self._renew, self.pace)

    def _renew(self) -> bool:
        self.renewed += 1
        return True

    def plays(self, *lines: Line) -> Wire:
        """Set what the server answers next."""
        self.script.lines = list(lines)
        return self.wire


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A wire to a server with a script."""
    with perform() as script:
        stage = Stage(script)
        yield stage
        stage.wire.close()


def never() -> None:
    """Find nothing."""


def test_a_text_that_no_encoding_has_is_escaped(stage: Stage) -> None:
    """A path that is no UTF-8 gets into a body as half of a pair, and GitHub refuses such JSON."""
    body = {"a": ["x\udcff", 1], "b": {"c": ("\ud800", None)}}

    stage.plays(Line(body={})).ask("POST", "/x", body)

    assert stage.script.asked == [("POST", "/x", {"a": ["x\\udcff", 1], "b": {"c": ["\\ud800", None]}})]


def test_a_request_is_counted_by_its_route(stage: Stage) -> None:
    """Names in a path are filled in and escaped; the counter sees the route, whose number is bounded."""
    route = "/repos/{repository}/collaborators/{login}/permission?x={login}"
    assert stage.plays(Line(body={"a": 1})).ask("GET", route, repository="acme/hello", login="a/b[bot]?") == {"a": 1}
    assert stage.script.asked == [
        ("GET", "/repos/acme/hello/collaborators/a%2Fb%5Bbot%5D%3F/permission?x=a%2Fb%5Bbot%5D%3F", None)
    ]
    assert stage.told == [("GET", route, 200)]
    assert stage.script.shown == ["token ttttttttt"]
    assert stage.slept == []


@pytest.mark.parametrize("fault", [GONE, RESET, Line(200, b'{"id"'), Line(how="reset"), Line(500)])
def test_a_lost_answer_is_asked_for_again(stage: Stage, fault: Line) -> None:
    """A gateway's error, a reset, half an answer: the second try is the answer, after a pause."""
    assert stage.plays(fault, Line(body={"a": 1})).ask("GET", "/x") == {"a": 1}
    assert stage.slept == [0.5]


def test_a_silence_is_an_answer_lost() -> None:
    """A server that says nothing is left after the time that was given."""
    with perform() as script:
        stage = Stage(script, timeout=0.2)
        assert stage.plays(Line(how="silent"), Line(body={"a": 1})).ask("GET", "/x") == {"a": 1}
        assert [status for *_, status in stage.told] == [0, 200]
        stage.wire.close()


def test_a_write_is_looked_for_before_it_is_repeated(stage: Stage) -> None:
    """What has happened is not done twice; what has not is done."""
    assert stage.plays(RESET).ask("POST", "/x", {}, look=lambda: {"id": 7}) == {"id": 7}
    assert len(stage.script.asked) == 1
    assert stage.plays(RESET, Line(body={"id": 8})).ask("POST", "/x", {}, look=never) == {"id": 8}
    assert len(stage.script.asked) == 3


def test_tries_are_bounded(stage: Stage) -> None:
    """After four tries it is GitHub's turn to mend itself: the queue asks again, later."""
    with pytest.raises(Busy, match="status 502"):
        stage.plays(*[GONE] * 9).ask("POST", "/x", {}, look=never)
    assert len(stage.script.asked) == 4
    assert stage.slept == [0.5, 1, 2, 4]


@pytest.mark.parametrize("status", [403, 429])
def test_a_short_wait_is_waited(stage: Stage, status: int) -> None:
    """A `Retry-After` within our patience is followed; nothing has happened, so nothing is looked for."""
    line = Line(status, {"message": "slow down"}, {"Retry-After": "3"})
    assert stage.plays(line, Line(body={"a": 1})).ask("POST", "/x", {}, look=lambda: {"id": 7}) == {"a": 1}
    assert stage.slept == [3]


def test_a_long_wait_is_left_to_the_queue(stage: Stage) -> None:
    """A thread is not blocked for an hour; the wait is told."""
    line = Line(429, {"message": "slow down"}, {"Retry-After": "3600"})
    with pytest.raises(Busy) as busy:
        stage.plays(line).ask("GET", "/x")
    assert busy.value.wait == 3600
    assert stage.slept == []


def test_the_pauses_of_one_request_are_bounded_together(stage: Stage) -> None:
    """Three waits of fourteen seconds are more than the half minute that a request is worth."""
    line = Line(429, {}, {"Retry-After": "14"})
    with pytest.raises(Busy):
        stage.plays(line, line, line).ask("GET", "/x")
    assert stage.slept == [14, 14]


def test_a_token_is_renewed_once(stage: Stage) -> None:
    """A token that ended is replaced; if the new one is not taken either, that is final."""
    denied = Line(401, {"message": "Bad credentials"})
    assert stage.plays(denied, Line(body={"a": 1})).ask("GET", "/x") == {"a": 1}
    assert stage.renewed == 1
    with pytest.raises(Refused, match="Bad credentials") as refused:
        stage.plays(denied, denied).ask("GET", "/x")
    assert refused.value.status == 401
    assert stage.slept == []


@pytest.mark.parametrize("status", [307, 308, 403, 404, 409, 422, 501])
def test_a_refusal_is_final(stage: Stage, status: int) -> None:
    """What GitHub decided is not asked again; a moved repository is not followed with a write."""
    with pytest.raises(Refused) as refused:
        stage.plays(Line(status, {"message": "no"})).ask("POST", "/x", {})
    assert refused.value.status == status
    assert len(stage.script.asked) == 1


def test_graphql_is_asked_by_name(stage: Stage) -> None:
    """A document goes to GraphQL's address and is counted by its name."""
    assert stage.plays(Line(body={"data": {"a": 1}})).graph("Q", QUERY, {"n": 1}) == {"a": 1}
    assert stage.script.asked == [("POST", "/graphql", {"query": QUERY, "variables": {"n": 1}, "operationName": "Q"})]
    assert stage.told == [("POST", "graphql:Q", 200)]


def test_graphql_errors_are_refusals_with_their_data(stage: Stage) -> None:
    """An answer of 200 with errors is refused, unless it only asks for patience."""
    errors = {"data": {"a": None}, "errors": [{"type": "STALE_DATA", "path": ["a"], "message": "moved"}]}
    with pytest.raises(Denied) as denied:
        stage.plays(Line(body=errors)).graph("M", MUTATION, {})
    assert (denied.value.kinds, denied.value.data) == (("STALE_DATA",), {})
    limited = {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "slow"}]}
    answers = (Line(body=limited, headers={"Retry-After": "2"}), RESET, Line(body={"data": {"m": 1}}))
    assert stage.plays(*answers).graph("M", MUTATION, {}, look=never) == {"m": 1}
    assert stage.plays(RESET).graph("M", MUTATION, {}, look=lambda: {"m": 2}) == {"m": 2}


def test_an_enterprise_server_has_its_addresses() -> None:
    """Below `/api/v3` GraphQL is at `/api/graphql`."""
    with perform() as script:
        wire = Wire(Terms(f"{script.url}/api/v3"), Token("t"))
        script.lines = [Line(body={}), Line(body={"data": {}})]
        wire.ask("GET", "/app")
        wire.graph("Q", QUERY, {})
        wire.close()
        assert [path for _, path, _ in script.asked] == ["/api/v3/app", "/api/graphql"]


def test_pages_are_read_as_far_as_they_are_wanted(stage: Stage) -> None:
    """Every page is a request, made when it is needed."""
    link = {"Link": f'<{stage.script.url}/x?page=2>; rel="next"'}
    pages = stage.plays(Line(body=[1], headers=link), Line(body=[2])).pages("/x?per_page=100")
    assert next(pages) == [1]
    assert len(stage.script.asked) == 1
    assert list(pages) == [[2]]
    assert [path for _, path, _ in stage.script.asked] == ["/x?per_page=100", "/x?page=2"]


def test_a_list_without_end_is_left(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always names a next page is not followed for ever."""
    monkeypatch.setattr("app.hub.wire._PAGES", 3)
    link = {"Link": f'<{stage.script.url}/x>; rel="next"'}
    assert len(list(stage.plays(*[Line(body=[], headers=link)] * 9).pages("/x"))) == 3


def test_writes_keep_the_pace_of_their_installation(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes wait for their turn, reads do not; a turn that is too far away is left to the queue."""
    turns = iter([2.0, 0.0, 99.0])
    monkeypatch.setattr(stage.pace, "reserve", lambda _: next(turns))
    wire = stage.plays(*[Line(body={"data": {}})] * 9)
    wire.ask("POST", "/x", {})
    wire.ask("GET", "/x")
    wire.graph("Q", QUERY, {})
    wire.graph("M", MUTATION, {})
    assert stage.slept == [2]
    with pytest.raises(Busy) as busy:
        wire.ask("DELETE", "/x")
    assert busy.value.wait == 99


def test_no_token_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever level the log has, what GitHub answers to a request for a token stays out of it."""
    caplog.set_level(logging.DEBUG)
    stage.plays(Line(body={"token": "ghs_" + "x" * 30})).ask("POST", "/app/installations/1/access_tokens", {})
    assert "ghs_" not in caplog.text
    assert "t" * 9 not in caplog.text + repr(stage.wire)


@pytest.mark.parametrize("ask", [lambda wire: wire.ask("GET", "/x"), lambda wire: list(wire.pages("/x"))])
def test_a_server_that_is_not_there_is_busy(ask: Callable[[Wire], Any]) -> None:
    """A refused connection is worth another try, later."""
    wire = Wire(Terms("http://127.0.0.1:1", sleep=lambda _: None), Token("t"))
    with pytest.raises(Busy, match="ConnectionError"):
        ask(wire)
    wire.close()


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.2/x", "//elsewhere/x", "/x", "http://[::1", "http://127.0.0.1:99999/x", "ftp://127.0.0.1/"],
)
def test_no_request_follows_to_another_place(stage: Stage, address: str) -> None:
    """Wherever GitHub says that something moved to: no token goes there, and the refusal is one."""
    with pytest.raises(Refused):
        stage.plays(Line(301, {}, {"Location": address})).ask("GET", "/x")

    assert [path for _, path, _ in stage.script.asked] == ["/x"]


def test_a_file_goes_to_no_address_that_is_none(stage: Stage) -> None:
    """Half an address of IPv6 is a refusal, too."""
    with pytest.raises(Refused, match="an address that is none"):
        stage.wire.upload("http://[::1", "/x", ("a", b""), never)


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"-1", b"1.5", b'"12"', b"[1]", b"true", b"9223372036854775808"])
def test_what_is_no_number_is_none(stage: Stage, number: bytes) -> None:
    """A runner without an end to its number is an answer that cannot be read, and nothing worse."""
    job = b'{"jobs": [{"status": "queued", "conclusion": null, "runner_id": %s}]}' % number
    with pytest.raises(ValueError, match="no number"):
        Workflow(stage.plays(Line(200, job)), "a/b").read(1)
    runner = b'{"name": "r", "status": "online", "busy": false, "labels": [], "id": %s}' % number
    with pytest.raises(ValueError, match="no number"):
        Fleet(stage.plays(Line(200, runner)), "a/b", REPOSITORY).find(1)
