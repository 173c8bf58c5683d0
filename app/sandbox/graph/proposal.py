"""Mutations of pull requests: opened, edited, made a draft or ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.act.pull import PullDraft, edit_pull, open_pull, set_draft
from app.sandbox.graph.content import HEADS
from app.sandbox.graph.node import find_node
from app.sandbox.model import Pull, Repository, Unserved

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Scope

_EDITS = {"baseRefName": "base", "title": "title", "body": "body"}


def _find(scope: Scope, node: str) -> Pull:
    """Return a pull request that the token may change."""
    pull = find_node(scope, node, Pull)
    scope.need("pull_requests", "write", pull.repository)
    return pull


def create(scope: Scope, wish: Args) -> dict[str, Any]:
    """`createPullRequest`."""
    repository = find_node(scope, wish["repositoryId"], Repository)
    scope.need("pull_requests", "write", repository)
    source = find_node(scope, wish["headRepositoryId"], Repository) if wish.get("headRepositoryId") else None
    branch, base = wish["headRefName"].removeprefix(HEADS), wish["baseRefName"].removeprefix(HEADS)
    draft = PullDraft(wish["title"], wish.get("body"), branch, base, bool(wish.get("draft")), source)
    return {"pullRequest": open_pull(scope.world, scope.token.actor, repository, draft)}


def update(scope: Scope, wish: Args) -> dict[str, Any]:
    """`updatePullRequest`: title, body, base, state."""
    pull = _find(scope, wish["pullRequestId"])
    unserved = wish.keys() & {"assigneeIds", "milestoneId", "labelIds", "projectIds"}
    if unserved:
        raise Unserved(f"UpdatePullRequestInput.{min(unserved)}")
    edits = {_EDITS[name]: value for name, value in wish.items() if name in _EDITS and value is not None}
    if wish.get("state"):
        edits["state"] = wish["state"].lower()
    edit_pull(scope.world, scope.token.actor, pull, edits)
    return {"actor": scope.viewer, "pullRequest": pull}


def close(scope: Scope, wish: Args) -> dict[str, Any]:
    """`closePullRequest`."""
    pull = _find(scope, wish["pullRequestId"])
    edit_pull(scope.world, scope.token.actor, pull, {"state": "closed"})
    return {"pullRequest": pull}


def to_draft(scope: Scope, wish: Args) -> dict[str, Any]:
    """`convertPullRequestToDraft`."""
    pull = _find(scope, wish["pullRequestId"])
    set_draft(scope.world, scope.token.actor, pull, draft=True)
    return {"pullRequest": pull}


def to_ready(scope: Scope, wish: Args) -> dict[str, Any]:
    """`markPullRequestReadyForReview`."""
    pull = _find(scope, wish["pullRequestId"])
    set_draft(scope.world, scope.token.actor, pull, draft=False)
    return {"pullRequest": pull}
