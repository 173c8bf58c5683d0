"""GraphQL: one route, answered by the resolvers on GitHub's own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.model import Refusal
from app.sandbox.table import Reply, rule

if TYPE_CHECKING:
    from app.sandbox.table import Call


@rule("POST", "/graphql", "any")
def _answer(call: Call) -> Reply:
    from app.sandbox.graph import answer  # noqa: PLC0415 - the schema costs 0.1 s, which only GraphQL shall pay

    wish = call.wish()
    document, variables = wish.get("query"), wish.get("variables") or {}
    if not isinstance(document, str) or not isinstance(variables, dict):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    return Reply(answer(call.world, call.bearer, document, variables, wish.get("operationName")))
