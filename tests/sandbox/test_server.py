"""What every answer shares: limits, ETags, GHES's paths; and what the sandbox does with the unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from github import Auth, Github

from app.sandbox.server import read_operation
from app.sandbox.table import Ask
from app.sandbox.world import name_commit

if TYPE_CHECKING:
    from collections.abc import Callable

    from github import GithubIntegration

    from app.sandbox.sandbox import Sandbox

REPO = "acme/speak"


@pytest.fixture
def token(sandbox: Sandbox, integration: GithubIntegration) -> str:
    """An installation's token."""
    return integration.get_access_token(next(iter(sandbox.world.installations))).token


@pytest.fixture
def get(sandbox: Sandbox, token: str) -> Callable[..., httpx.Response]:
    """How to ask for something."""
    return lambda path, **headers: httpx.get(
        sandbox.url + path, headers={"Authorization": f"Bearer {token}", **headers}
    )


def test_every_answer_tells_the_limits(sandbox: Sandbox, get: Callable[..., httpx.Response]) -> None:
    """The hour's requests are counted in the headers; asking for the limits costs nothing."""
    first, second = get(f"/repos/{REPO}"), get(f"/repos/{REPO}/branches")

    assert int(first.headers["x-ratelimit-remaining"]) - int(second.headers["x-ratelimit-remaining"]) == 1
    assert first.headers["x-github-request-id"] != second.headers["x-github-request-id"]
    assert first.headers["x-accepted-github-permissions"] == "metadata=read"
    told = get("/rate_limit").json()
    assert told["rate"]["used"] == int(second.headers["x-ratelimit-used"])
    assert get("/rate_limit").json()["rate"] == told["rate"]
    assert httpx.get(f"{sandbox.url}/rate_limit").json()["rate"]["used"] == 0


def test_what_is_known_already_is_not_sent_again(sandbox: Sandbox, get: Callable[..., httpx.Response]) -> None:
    """An ETag saves the body and the count; after a change there is another one."""
    first = get(f"/repos/{REPO}/branches")
    again = get(f"/repos/{REPO}/branches", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    sandbox.push(REPO, "x", {"a": "1"})
    assert get(f"/repos/{REPO}/branches", **{"If-None-Match": first.headers["etag"]}).status_code == 200


def test_an_enterprise_servers_paths_are_served(sandbox: Sandbox, token: str) -> None:
    """Below /api/v3 everything is the same, and its urls stay below it."""
    github = Github(auth=Auth.Token(token), base_url=f"{sandbox.url}/api/v3", seconds_between_requests=None)
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    pull = github.get_repo(REPO).get_pull(number)

    assert pull.url == f"{sandbox.url}/api/v3/repos/{REPO}/pulls/{number}"
    assert pull.html_url == f"{sandbox.url}/{REPO}/pull/{number}"
    assert pull.head.repo.get_branch("feature").name == "feature"


def test_the_unknown_is_told_and_recorded(bare: Sandbox) -> None:
    """A route that the sandbox does not serve is 501, so that no test passes by it unseen."""
    answers = [httpx.get(f"{bare.url}/repos/a/b/stargazers"), httpx.put(f"{bare.url}/app"), httpx.get(bare.url)]

    assert [each.status_code for each in answers] == [501] * 3
    assert bare.unserved() == ["GET /repos/a/b/stargazers", "PUT /app", "GET /"]


def test_a_file_as_raw_bytes_is_not_served(bare: Sandbox) -> None:
    """An answer in another shape is not made up."""
    bare.repository(REPO, {"a.txt": "1"})
    headers = {"Authorization": f"Bearer {bare.sign_in('octo-reader')}", "Accept": "application/vnd.github.raw+json"}

    assert httpx.get(f"{bare.url}/repos/{REPO}/contents/a.txt", headers=headers).status_code == 501


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "Problems parsing JSON"),
        (b"[" * 100_000, "Problems parsing JSON"),
        (b"[1]", "Body should be a JSON object"),
        (b"", "wasn't supplied"),
        (b'{"body": 7}', "wasn't supplied"),
    ],
)
def test_a_body_that_is_none_is_refused(sandbox: Sandbox, token: str, body: bytes, said: str) -> None:
    """Broken JSON and JSON of another shape are 400 or 422, never a traceback."""
    sandbox.world.on_exchange.clear()  # the oracle cannot read them either
    number = sandbox.open_issue(REPO, "A question")

    answer = httpx.post(
        f"{sandbox.url}/repos/{REPO}/issues/{number}/comments",
        headers={"Authorization": f"Bearer {token}"},
        content=body,
    )

    assert answer.status_code in {400, 422}
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        (b'{"query": "query Survey { repository(owner: 1) { id } viewer { id } }"}', "query Survey repository viewer"),
        (
            b'{"query": "mutation { createCommitOnBranch(input: 1) { clientMutationId } }"}',
            "mutation createCommitOnBranch",
        ),
        (b'{"query": "fragment F on X { id } query { viewer { ...F } ...G }"}', "query viewer"),
        (b'{"query": "{{{"}', "unreadable"),
        (b"[]", "unreadable"),
    ],
)
def test_an_operation_is_named(body: bytes, operation: str) -> None:
    """GraphQL requests are told apart by kind, name and root fields."""
    assert read_operation(Ask("POST", "/graphql", body=body)) == operation
    assert read_operation(Ask("POST", "/other", body=body)) == ""


def test_graphql_wants_a_query(sandbox: Sandbox, token: str) -> None:
    """A document that is no text is 400."""
    headers = {"Authorization": f"Bearer {token}"}
    sandbox.world.on_exchange.clear()

    assert httpx.post(f"{sandbox.url}/graphql", headers=headers, json={"query": 1}).status_code == 400


def test_graphql_is_answered_by_the_schema(sandbox: Sandbox, token: str) -> None:
    """The route hands documents on, in both of its places."""
    document: dict[str, Any] = {"query": "query { rateLimit { limit } }"}
    headers = {"Authorization": f"Bearer {token}"}

    for path in ("/graphql", "/api/graphql"):
        answer = httpx.post(sandbox.url + path, headers=headers, json=document)
        assert answer.json()["data"]["rateLimit"]["limit"] > 0
        assert answer.headers["x-ratelimit-resource"] == "graphql"


def test_two_stories_have_the_same_bytes(sandbox: Sandbox, world: Any) -> None:
    """With a clock that stands, the same story gives the same commits."""
    sandbox.repository("acme/twin", {"README.md": "# speak\n"})
    sandbox.repository("acme/other-twin", {"README.md": "# speak\n"})

    heads = {world.repository(name).store.tip("main") for name in ("acme/twin", "acme/other-twin")}

    assert len(heads) == 1
    assert world.now() == "2026-05-04T13:06:40Z"
    sandbox.freeze(None)
    assert world.now() > "2026-05-04T13:06:40Z"


def test_everything_has_a_node(sandbox: Sandbox, world: Any) -> None:
    """Node ids lead back to what they name, commits included; unknown ones lead nowhere."""
    repository = world.repository(REPO)
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    pull = world.pull(repository, number)

    assert world.find(pull.node) is pull
    assert world.find(repository.node) is repository
    found = world.find(name_commit(repository, pull.head))
    assert (found[0], found[1].message) == (repository, "A change\n")
    assert [world.find(each) for each in ("", "PR_nothing", "C_kw00_00", name_commit(repository, "1" * 40))] == [
        None
    ] * 4


def test_names_are_checked(sandbox: Sandbox) -> None:
    """A repository's name cannot leave its folder."""
    for name in ("acme", "acme/..", "../x", "acme/a b", "acme/"):
        with pytest.raises(ValueError, match="no name of a repository"):
            sandbox.repository(name, {})
