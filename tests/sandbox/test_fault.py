"""Faults: each kind strikes the request that it is meant for, once, before or after the work is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

from app.sandbox.fault import KINDS, LATE, Fault, Faults
from app.sandbox.table import Ask

if TYPE_CHECKING:
    from github import GithubIntegration

    from app.sandbox.sandbox import Sandbox

REPO = "acme/speak"


@pytest.fixture
def client(sandbox: Sandbox, integration: GithubIntegration) -> httpx.Client:
    """A client that retries nothing, with the installation's token."""
    token = integration.get_access_token(next(iter(sandbox.world.installations))).token
    return httpx.Client(base_url=sandbox.url, headers={"Authorization": f"Bearer {token}"}, timeout=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_strikes_once(sandbox: Sandbox, client: httpx.Client, kind: str) -> None:
    """A comment meets the fault; it is written if the fault comes late, and only then; the next one goes through."""
    number = sandbox.open_issue(REPO, "A question")
    sandbox.fault(kind, method="POST", path="/comments$", seconds=5)
    path = f"/repos/{REPO}/issues/{number}/comments"
    wanted = {
        "bad_gateway": 502, "bad_gateway_after": 502, "forbidden_retry_after": 403, "too_many": 429,
        "unauthorized": 401, "rate_limited": 403,
    }  # fmt: skip
    lost = {"reset_after": (httpx.RemoteProtocolError, httpx.ReadError), "timeout": (httpx.ReadTimeout,)}

    with client:
        if kind in lost:
            with pytest.raises(lost[kind]):
                client.post(path, json={"body": "one"})
        else:
            answer = client.post(path, json={"body": "one"})
            assert answer.status_code == wanted[kind]
            assert ("retry-after" in answer.headers) is (kind in {"forbidden_retry_after", "too_many"})
            assert (answer.headers.get("x-ratelimit-remaining") == "0") is (kind == "rate_limited")
        assert client.post(path, json={"body": "two"}).status_code == 201
        written = [each["body"] for each in sandbox.snapshot(REPO)["issues"][str(number)]["comments"]]

    assert written == (["one", "two"] if kind in LATE else ["two"])
    assert sandbox.clear_faults() == 1


def test_a_silent_server_ends_with_its_patience(sandbox: Sandbox, client: httpx.Client) -> None:
    """After its seconds, a silent answer closes the connection."""
    sandbox.fault("timeout", seconds=0.05)

    with client, pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.get(f"/repos/{REPO}", timeout=10)


def test_a_sandbox_ends_although_it_is_silent(sandbox: Sandbox, client: httpx.Client) -> None:
    """Who left a silent request behind can end the sandbox without waiting for it."""
    sandbox.fault("timeout", seconds=600)
    with client, pytest.raises(httpx.ReadTimeout):
        client.get(f"/repos/{REPO}", timeout=0.05)
    assert sandbox.requests()[-1]["status"] == 200


def test_the_nth_request_is_meant(sandbox: Sandbox, client: httpx.Client) -> None:
    """`nth` counts the requests that match, `times` how many go wrong."""
    sandbox.fault("bad_gateway", path=f"^/repos/{REPO}$", nth=2, times=2)

    with client:
        told = [client.get(f"/repos/{REPO}").status_code for _ in range(4)]

    assert told == [200, 502, 502, 200]


def test_graphql_is_told_by_its_operation() -> None:
    """A fault can name an operation or a root field of GraphQL."""
    faults = Faults()
    faults.add(Fault("too_many", operation="createCommitOnBranch"))
    ask = Ask("POST", "/graphql")

    assert faults.take(ask, "query Survey repository") is None
    assert faults.take(ask, "mutation Mutation createCommitOnBranch") is not None
    faults.add(Fault("too_many"))
    faults.clear()
    assert faults.take(ask, "") is None


def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    """A misspelt fault would prove nothing."""
    with pytest.raises(ValueError, match="'explosion' is no fault; there are bad_gateway"):
        sandbox.fault("explosion")


def test_the_record_names_what_struck(sandbox: Sandbox, client: httpx.Client) -> None:
    """A request that a fault answered stands in the record with the fault as its route; the record can begin anew."""
    sandbox.forget_requests()
    sandbox.fault("bad_gateway")
    begun = time.monotonic()

    with client:
        client.get(f"/repos/{REPO}")
        client.get(f"/repos/{REPO}")

    assert [(each["route"], each["status"]) for each in sandbox.requests()] == [
        ("fault: bad_gateway", 502),
        ("/repos/{owner}/{repo}", 200),
    ]
    assert time.monotonic() - begun < 10
