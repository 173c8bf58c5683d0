"""What the watch lets pass, what it warns of, and what fails a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox.model import Delivery, Exchange
from app.sandbox.world import World
from tests.oracle import plugin
from tests.oracle.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = {"content-type": "application/json; charset=utf-8"}
PULLS = "/repos/acme/speak/pulls"
watch = plugin.watch


@pytest.fixture
def mine() -> Watch:
    """A watch that fails no test."""
    return Watch()


def exchange(method: str, path: str, status: int, **more: Any) -> Exchange:
    """Return a request and its answer, both JSON."""
    asked, told = more.pop("asked", None), more.pop("told", None)
    request = b"" if asked is None else json.dumps(asked).encode()
    answer = b"" if told is None else json.dumps(told).encode()
    told_of = {"query": "", "operation": "", "route": "", "headers": JSON, "request": request, "answer": answer}
    return Exchange(method=method, path=path, status=status, **{**told_of, **more})


def said(mine: Watch, one: Exchange) -> tuple[list[str], list[str]]:
    """Return violations and warnings about one exchange."""
    mine.exchange(one)
    found = [f.said for f in mine.violations], [f.said for f in mine.warnings]
    mine.violations.clear()
    mine.warnings.clear()
    return found


def test_a_right_exchange_passes(mine: Watch) -> None:
    """Request and answer as GitHub describes them."""
    assert said(mine, exchange("GET", PULLS, 200, query="state=all", told=[])) == ([], [])
    assert said(mine, exchange("GET", PULLS, 304)) == ([], [])
    assert mine.seen == 2


def test_a_wrong_answer_is_a_violation(mine: Watch) -> None:
    """The sandbox must not answer what GitHub never would."""
    assert said(mine, exchange("GET", PULLS, 200, told={})) == (['the whole: {} is not of type "array"'], [])
    assert said(mine, exchange("GET", PULLS, 418, told={})) == (["this status is not described"], [])


def test_a_wrong_request_is_a_violation_only_if_it_is_taken(mine: Watch) -> None:
    """If it is refused, as GitHub does, it is a warning."""
    wrong = {"title": "t", "base": "main"}
    taken = said(mine, exchange("POST", PULLS, 201, asked=wrong, told={}))
    refused = said(mine, exchange("POST", PULLS, 422, asked=wrong, told={"message": "m", "documentation_url": "u"}))

    assert taken[0][0] == 'the whole: "head" is a required property'
    assert refused == ([], ['the whole: "head" is a required property'])


def test_a_refusal_that_is_not_described_is_a_warning(mine: Watch) -> None:
    """Few refusals are described."""
    assert said(mine, exchange("GET", PULLS, 403, told={"message": "no"})) == ([], ["this status is not described"])


def test_what_a_fault_answers_is_not_checked_but_the_request_is(mine: Watch) -> None:
    """GitHub describes no 502, and none may come unprovoked; what the sandbox does not serve it lists itself."""
    fault = {"route": "fault: bad_gateway", "told": {}}
    assert said(mine, exchange("GET", PULLS, 502, **fault)) == ([], [])
    assert said(mine, exchange("GET", PULLS, 502, query="sate=all", **fault))[0] == ["unknown parameter 'sate'"]
    assert said(mine, exchange("GET", PULLS, 502, told={}))[0] == ["this status is not described"]
    assert said(mine, exchange("GET", "/repos/acme/speak/stargazers", 501, told={})) == ([], [])


def test_git_and_the_sandboxs_own_routes_are_not_githubs_api(mine: Watch) -> None:
    """They are left out."""
    assert said(mine, exchange("GET", "/acme/speak.git/info/refs", 200)) == ([], [])
    assert said(mine, exchange("POST", "/_sandbox/press", 200, asked={})) == ([], [])
    assert mine.seen == 0


def test_a_document_is_checked(mine: Watch) -> None:
    """A field that GitHub does not have fails the test even if the sandbox had it."""
    right = {"query": "query ($n: ID!) { node(id: $n) { id } }", "variables": {"n": "x"}}
    wrong = {"query": "{ viewer { logn } }", "variables": None}

    assert said(mine, exchange("POST", "/graphql", 200, asked=right)) == ([], [])
    assert said(mine, exchange("POST", "/graphql", 200, asked=wrong))[0][0].startswith("Cannot query field 'logn'")
    assert said(mine, exchange("POST", "/graphql", 400, asked={}))[1] == ["no request of GraphQL: KeyError('query')"]
    assert said(mine, exchange("POST", "/graphql", 200, asked=[]))[0][0].startswith("no request of GraphQL: TypeError")


def test_a_webhook_is_checked(mine: Watch, world: World) -> None:
    """One without the payload that its event has fails the test."""
    key: Any = None
    app = world.add_app("discharge", key)
    mine.delivery(Delivery(1, "g", app, "merge_group", "destroyed", {}, b'{"action": "destroyed"}', None, None))

    assert 'webhook merge_group.destroyed: the whole: "merge_group" is a required property' in mine.report()


def test_what_a_test_provokes_is_let_through(mine: Watch) -> None:
    """Only what was named."""
    mine.expect("'sate'")

    assert said(mine, exchange("GET", PULLS, 200, query="sate=all", told=[])) == ([], [])
    assert said(mine, exchange("GET", PULLS, 200, query="sort_=a", told=[]))[0] == ["unknown parameter 'sort_'"]


def test_a_report_tells_each_violation_once(mine: Watch) -> None:
    """One a line, with the place."""
    for _ in range(3):
        mine.exchange(exchange("GET", PULLS, 200, query="sate=all", told=[]))

    assert mine.report() == "GET /repos/{owner}/{repo}/pulls request: unknown parameter 'sate'"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world without anything in it."""
    made = World(tmp_path)
    yield made
    made.close()


def test_every_world_of_a_test_is_watched(watch: Watch, world: World) -> None:
    """Whoever makes it; the plugin fails the test at its end if there is anything to report."""
    for listener in world.on_exchange:
        listener(exchange("GET", PULLS, 200, query="sate=all", told=[]))

    assert watch.seen == 1
    assert "'sate'" in watch.report()
    watch.violations.clear()


def test_without_a_sandbox_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that needs no sandbox pays for no schema."""
    monkeypatch.delitem(__import__("sys").modules, "app.sandbox.world")
    watching = plugin.watch.__wrapped__(monkeypatch)  # type: ignore[attr-defined]

    assert list(watching) == [None]
