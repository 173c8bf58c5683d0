"""Mutations that land pull requests: merged now, merged once the checks pass, through the merge queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.act.merge import Merging, disable_auto_merge, enable_auto_merge
from app.sandbox.act.merge import merge as merge_pull
from app.sandbox.act.queue import dequeue, enqueue
from app.sandbox.graph.node import find_node
from app.sandbox.model import Entry, Pull, Refusal

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Scope


def _find(scope: Scope, node: str) -> Pull:
    """Return a pull request that the token may land: that writes both to it and to the base branch."""
    pull = find_node(scope, node, Pull)
    scope.need("pull_requests", "write", pull.repository)
    scope.need("contents", "write", pull.repository)
    return pull


def _read(wish: Args) -> Merging:
    method = wish["mergeMethod"].lower()
    return Merging(method, wish.get("commitHeadline"), wish.get("commitBody"), wish.get("expectedHeadOid"))


def merge(scope: Scope, wish: Args) -> dict[str, Any]:
    """`mergePullRequest`."""
    pull = _find(scope, wish["pullRequestId"])
    merge_pull(scope.world, scope.token.actor, pull, _read(wish))
    return {"actor": scope.viewer, "pullRequest": pull}


def enable(scope: Scope, wish: Args) -> dict[str, Any]:
    """`enablePullRequestAutoMerge`."""
    pull = _find(scope, wish["pullRequestId"])
    enable_auto_merge(scope.world, scope.token.actor, pull, _read(wish))
    return {"actor": scope.viewer, "pullRequest": pull}


def disable(scope: Scope, wish: Args) -> dict[str, Any]:
    """`disablePullRequestAutoMerge`."""
    pull = _find(scope, wish["pullRequestId"])
    disable_auto_merge(scope.world, scope.token.actor, pull)
    return {"actor": scope.viewer, "pullRequest": pull}


def _entry(pull: Pull) -> Entry:
    found = next((entry for entry in pull.repository.queue if entry.pull is pull), None)
    if found is None:
        raise Refusal(200, "Pull request is not in the merge queue")
    return found


def join_queue(scope: Scope, wish: Args) -> dict[str, Any]:
    """`enqueuePullRequest`."""
    pull = _find(scope, wish["pullRequestId"])
    if not pull.repository.settings.queue:
        raise Refusal(200, "A merge queue is not enabled for this branch")
    if wish.get("expectedHeadOid") not in {None, pull.head}:
        raise Refusal(200, "Head branch was modified. Review and try the merge again.")
    return {"mergeQueueEntry": enqueue(scope.world, scope.token.actor, pull)}


def leave_queue(scope: Scope, wish: Args) -> dict[str, Any]:
    """`dequeuePullRequest`."""
    entry = _entry(_find(scope, wish["id"]))
    dequeue(scope.world, scope.token.actor, entry)
    return {"mergeQueueEntry": entry}
