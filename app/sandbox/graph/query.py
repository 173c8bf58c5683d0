"""Where a query begins: who asks, what is left of the rate limit, a repository, an account, a node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.sandbox.graph.node import find_repository, resolve_node, resolve_nodes
from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Account, Repository

LIMIT = 5_000
"""How many points an hour one who asks has; here, a request is one."""
_HOUR = 3_600


def _used(scope: Scope) -> int:
    """Return the points used up, with the one of this request."""
    whose = scope.token.actor.installation or scope.viewer
    return scope.world.spent.get((str(whose.id), "graphql"), 0) + 1


def _reset(scope: Scope) -> str:
    """Return when the points come back: at the full hour."""
    hours = scope.world.seconds() // _HOUR + 1
    return datetime.fromtimestamp(hours * _HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _repository(_root: None, scope: Scope, args: Args) -> Repository:
    return find_repository(scope, f"{args['owner']}/{args['name']}")


def _account(kind: str, word: str) -> Any:
    def find(_root: None, scope: Scope, args: Args) -> Account:
        found = scope.world.accounts.get(args["login"].lower())
        if found is None or found.kind != kind:
            raise Refusal(200, f"Could not resolve to {word} with the login of '{args['login']}'.", kind="NOT_FOUND")
        return found

    return find


QUERY: Fields = {
    "node": resolve_node,
    "nodes": resolve_nodes,
    "organization": _account("Organization", "an Organization"),
    "rateLimit": lambda _root, scope, _args: scope,
    "repository": _repository,
    "user": _account("User", "a User"),
    "viewer": lambda _root, scope, _args: scope.viewer,
}
RATE_LIMIT: Fields = {
    "cost": lambda _limits, _scope, _args: 1,
    "limit": lambda _limits, _scope, _args: LIMIT,
    "nodeCount": lambda _limits, _scope, _args: 0,
    "remaining": lambda _limits, scope, _args: LIMIT - _used(scope),
    "resetAt": lambda _limits, scope, _args: _reset(scope),
    "used": lambda _limits, scope, _args: _used(scope),
}
