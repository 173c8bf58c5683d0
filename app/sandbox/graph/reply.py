"""Answers a GraphQL request as GitHub does: its schema, its errors, the sandbox's state."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute_sync,
    get_named_type,
    is_abstract_type,
    parse,
    validate,
    visit,
)

from app.sandbox import schema
from app.sandbox.graph.field import Scope
from app.sandbox.graph.page import cut
from app.sandbox.graph.table import find_fields, name_type
from app.sandbox.model import Refusal, Unserved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLNamedType, GraphQLResolveInfo

    from app.sandbox.model import Json, Token
    from app.sandbox.world import World

_REMEMBERED = 500
"""How many documents are kept as parsed."""


def answer(
    world: World, token: Token, document: str, variables: Mapping[str, Any] | None = None, operation: str | None = None
) -> Json:
    """Return the response to a GraphQL request, errors included; the caller holds the world's lock.

    Raises:
        Unserved: a field of GitHub's schema that the sandbox does not serve. Nothing was changed then, unless it is
            a value (`orderBy`) that only shows when it is reached.
    """
    read = _read(document)
    if not isinstance(read, DocumentNode):
        return {"errors": [_show(error) for error in read]}
    result = execute_sync(
        schema.load(),
        read,
        context_value=Scope(world, token),
        variable_values=dict(variables or {}),
        operation_name=operation,
        field_resolver=_resolve,
        type_resolver=lambda value, _info, _type: name_type(value),
    )
    errors = result.errors or []
    shown = [_show(error) for error in errors]
    # Without a path it went wrong before anything was asked: then there is no data at all.
    begun = result.data is not None or any(error.path for error in errors)
    return ({"data": result.data} if begun else {}) | ({"errors": shown} if shown else {})


@lru_cache(_REMEMBERED)
def _read(document: str) -> DocumentNode | tuple[GraphQLError, ...]:
    """Return a document that GitHub's schema allows and the sandbox serves, or what is wrong with it."""
    try:
        tree = parse(document)
    except GraphQLError as error:
        return (error,)
    errors = validate(schema.load(), tree)
    if errors:
        return tuple(errors)
    types = TypeInfo(schema.load())
    visit(tree, TypeInfoVisitor(types, _Served(types)))
    return tree


class _Served(Visitor):
    """Finds fields of the schema that the sandbox does not serve."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Raise `Unserved` for a field of which no type has a reader."""
        parent, name = self._types.get_parent_type(), node.name.value
        if parent is None or name.startswith("__") or parent.name.startswith("__"):
            return
        kinds: Sequence[GraphQLNamedType] = [parent]
        if is_abstract_type(parent):
            kinds = schema.load().get_possible_types(parent)
        if not any(name in find_fields(kind.name) for kind in kinds):
            raise Unserved(f"{parent.name}.{name}")


def _resolve(source: Any, info: GraphQLResolveInfo[Scope], **args: Any) -> Any:
    """Read one field; a list under a connection becomes a page."""
    read = find_fields(info.parent_type.name).get(info.field_name)
    if read is None:
        raise Unserved(f"{info.parent_type.name}.{info.field_name}")
    value = attrgetter(read)(source) if isinstance(read, str) else read(source, info.context, args)
    if get_named_type(info.return_type).name.endswith("Connection"):
        return cut(value, args, info.field_name)
    return value


def _show(error: GraphQLError) -> Json:
    """Return an error as GitHub shows it.

    Raises:
        Exception: what went wrong was no refusal: a mistake of the sandbox, or a wish that it does not know.
    """
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return {"locations": places, "message": error.message} | ({"path": error.path} if error.path else {})
    if not isinstance(cause, Refusal):
        raise cause
    more = {"extensions": {"saml_failure": False}} if cause.kind == "FORBIDDEN" else {}
    return {"type": cause.kind, "path": error.path, **more, "locations": places, "message": _word(cause)}


def _word(refusal: Refusal) -> str:
    """Return the message of a refusal; GraphQL says at once what REST says in `errors`."""
    said = [error["message"] for error in refusal.errors or () if isinstance(error, dict) and "message" in error]
    return "\n".join(said) or refusal.message
