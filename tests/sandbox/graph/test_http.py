"""GraphQL over real HTTP, as PyGithub speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import GithubException

if TYPE_CHECKING:
    from github import Github
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox

REPO = "acme/speak"


def test_pygithub_reads_and_writes_by_graphql(sandbox: Sandbox, github: Github, repo: Repository) -> None:
    """Its own mutation for auto-merge, a commit by name, and a refusal as it raises it."""
    number = sandbox.open_pull(REPO, "topic", files={"a.md": "a\n"})
    pull = repo.get_pull(number)
    with pytest.raises(GithubException, match="Pull request Pull request is in clean status"):
        pull.enable_automerge("SQUASH")
    place = {"repositoryNameWithOwner": REPO, "branchName": "topic"}
    wish = {"branch": place, "expectedHeadOid": pull.head.sha, "message": {"headline": "Discharge it"}}

    _, told = github.requester.graphql_named_mutation("createCommitOnBranch", wish, "commit { oid }")

    assert repo.get_pull(number).head.sha == told["commit"]["oid"]


def test_a_field_that_is_not_served_is_501(sandbox: Sandbox, github: Github) -> None:
    """And the sandbox keeps it, so that the test fails that did not expect it."""
    with pytest.raises(GithubException) as refused:
        github.requester.graphql_query("{ codesOfConduct { name } }", {})

    assert refused.value.status == 501
    assert sandbox.unserved() == ["Query.codesOfConduct"]
    sandbox.world.unserved.clear()


def test_a_limit_that_is_spent_is_told_as_graphql_does(sandbox: Sandbox, github: Github) -> None:
    """Status 200, an error of the kind RATE_LIMITED, and nothing remaining."""
    sandbox.fault("rate_limited", operation="rateLimit")
    headers, told = github.requester.requestJsonAndCheck("POST", "/graphql", input={"query": "{ viewer { login } }"})
    assert told["data"] == {"viewer": {"login": "discharge[bot]"}}
    assert int(headers["x-ratelimit-remaining"]) > 0

    headers, told = github.requester.requestJsonAndCheck("POST", "/graphql", input={"query": "{ rateLimit { cost } }"})
    assert told == {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation."}]}
    assert headers["x-ratelimit-remaining"] == "0"
