"""Requests that GitHub refuses, sent as they are, because a good client would not send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from github import GithubIntegration

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch

REPO = "/repos/acme/speak"


@pytest.fixture
def client(sandbox: Sandbox, integration: GithubIntegration, watch: Watch) -> httpx.Client:
    """A plain client with the installation's token; what it sends is wrong on purpose."""
    watch.expect("")
    sandbox.open_pull("acme/speak", "feature", files={"new.txt": "1\n"})
    token = integration.get_access_token(next(iter(sandbox.world.installations))).token
    return httpx.Client(base_url=sandbox.url, headers={"Authorization": f"token {token}"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/pulls", {"title": "t", "base": "main"}, 422, '"head" wasn\'t supplied'),
        ("POST", "/pulls", {"head": "feature", "base": "main"}, 422, "missing_field"),
        ("POST", "/pulls", {"title": " ", "head": "feature", "base": "main"}, 422, "missing_field"),
        ("PUT", "/pulls/1/merge", {"merge_method": "octopus"}, 422, "not a possible value"),
        ("GET", "/pulls/99", None, 404, "Not Found"),
        ("POST", "/git/blobs", {"content": "a", "encoding": "base64"}, 422, "not valid base64"),
        ("PUT", "/contents/a.txt", {"message": "m", "content": "a"}, 422, "not valid Base64"),
        ("POST", "/git/trees", {"base_tree": "0" * 40, "tree": []}, 404, "Not Found"),
        ("POST", "/git/trees", {"tree": [{"mode": "100644"}]}, 422, "not a valid tree"),
        ("POST", "/git/commits", {"message": "m", "tree": "0" * 40}, 422, "does not exist"),
        ("GET", "/compare/main", None, 404, "Not Found"),
        ("GET", "/git/trees/nowhere", None, 404, "Not Found"),
        ("PUT", "/issues/1/labels", {"labels": "bug"}, 422, "wasn't supplied"),
        ("POST", "/check-runs", {"head_sha": "0" * 40}, 422, '"name" wasn\'t supplied'),
        ("POST", "/check-runs", {"name": "n"}, 422, '"head_sha" wasn\'t supplied'),
        ("GET", "/actions/runners/1", None, 404, "Not Found"),
        ("GET", "/commits/nowhere/check-runs", None, 422, "No commit found"),
    ],
)
def test_a_wrong_request_is_refused(  # noqa: PLR0913, PLR0917 - a request and what comes of it
    client: httpx.Client, method: str, path: str, body: dict[str, Any] | None, status: int, said: str
) -> None:
    """Each is answered with GitHub's status and words, never with a traceback."""
    with client:
        answer = client.request(method, REPO + path, json=body)

    assert (answer.status_code, said in answer.text.replace('\\"', '"')) == (status, True)


def test_what_belongs_elsewhere_is_not_found(sandbox: Sandbox, client: httpx.Client) -> None:
    """Another organization's runners, and histories without a common beginning."""
    repository = sandbox.world.repository("acme/speak")
    with client:
        assert client.get("/orgs/elsewhere/actions/runners").status_code == 404
        tree = client.post(f"{REPO}/git/trees", json={"tree": [{"path": "a", "mode": "100644", "content": "1"}]}).json()
        root = client.post(f"{REPO}/git/commits", json={"message": "alone", "tree": tree["sha"], "parents": []}).json()
        answer = client.get(f"{REPO}/compare/{root['sha']}...main")

    assert (answer.status_code, "No common ancestor" in answer.text) == (404, True)
    assert repository.store.commit(root["sha"]) is not None


def test_a_pull_request_from_a_fork_is_named_by_its_owner(sandbox: Sandbox, client: httpx.Client) -> None:
    """`owner:branch` names a branch of a fork."""
    fork = sandbox.fork("acme/speak", "outsider")
    sandbox.push(fork, "patch", {"new.txt": "2\n"}, by="outsider")

    with client:
        answer = client.post(f"{REPO}/pulls", json={"title": "t", "head": "outsider:patch", "base": "main"})

    assert answer.json()["head"]["label"] == "outsider:patch"


def test_credentials_come_in_three_shapes(sandbox: Sandbox, client: httpx.Client) -> None:
    """Bearer, token and basic are the same; a broken header is no credential."""
    token = client.headers["authorization"].removeprefix("token ")
    client.close()
    headers = [f"Bearer {token}", f"TOKEN {token}", httpx.BasicAuth("x-access-token", token)._auth_header]  # noqa: SLF001 - how the header looks

    told = [httpx.get(sandbox.url + REPO, headers={"Authorization": each}).status_code for each in headers]
    broken = [
        httpx.get(sandbox.url + REPO, headers={"Authorization": each}).status_code for each in ("Basic ==a=", "x")
    ]

    assert (told, broken) == ([200] * 3, [401] * 2)


def test_a_branch_that_moved_on_outlives_its_merge(sandbox: Sandbox) -> None:
    """Deleting merged branches spares one that has further commits."""
    sandbox.settings("acme/speak", delete_branch=True, queue=False)
    number = sandbox.open_pull("acme/speak", "feature", files={"new.txt": "1\n"})
    pull = sandbox.world.pull(sandbox.world.repository("acme/speak"), number)
    store = pull.source.store
    later = sandbox.push("acme/speak", "later", {"x": "1"})
    store.move(("refs/heads/feature", later, pull.head))

    sandbox.merge("acme/speak", number)

    assert store.tip("feature") == later
