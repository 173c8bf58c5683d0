"""Connections: lists that GitHub hands out in pages of at most 100, with cursors."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sandbox.graph.field import Args, Fields

MOST = 100
"""How many nodes a page may have."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One item and the cursor that stands for its place."""

    node: Any
    cursor: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some neighbours of a list: *items*, the first of them at *start* of *total*."""

    items: Sequence[Any]
    start: int
    total: int

    @property
    def edges(self) -> list[Edge]:
        """Return the items with their cursors."""
        return [Edge(item, write_cursor(self.start + i, item)) for i, item in enumerate(self.items)]


def write_cursor(place: int, item: Any) -> str:
    """Return an opaque cursor: the place, and whose it is, because places move when a list grows at its front."""
    return base64.b64encode(f"cursor:{place}:{getattr(item, 'node', '')}".encode()).decode()


def _read_cursor(cursor: str, items: Sequence[Any]) -> tuple[int, int]:
    """Return where the items after a cursor begin, and where those before it end.

    If its item is gone, these are the same: where it would stand among the others, in the order of their making.

    Raises:
        Refusal: it is no cursor.
    """
    try:
        word, place, node = base64.b64decode(cursor, validate=True).decode().split(":", 2)
        at = int(place)
    except ValueError:
        word, at, node = "", 0, ""
    if word != "cursor" or at < 0:
        raise _refusal("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.")
    nodes = [getattr(item, "node", "") for item in items]
    if node and node in nodes:
        at = nodes.index(node)
    elif node and nodes:
        rising = nodes[0] <= nodes[-1]
        at = sum((other < node) == rising for other in nodes)
        return at, at
    return at + 1, at


def cut(items: Sequence[Any], args: Args, connection: str) -> Page:
    """Return the page of a list that `first`/`last`/`after`/`before` ask for.

    Raises:
        Refusal: neither or both of `first` and `last`, a number out of range, a cursor that is none.
    """
    _check(args, connection)
    after, before = args.get("after"), args.get("before")
    low = _read_cursor(after, items)[0] if after else 0
    high = min(_read_cursor(before, items)[1], len(items)) if before else len(items)
    if args.get("first") is not None:
        high = min(high, low + args["first"])
    else:
        low = max(low, high - args["last"])
    return Page(items[low : max(low, high)], low, len(items))


def _check(args: Args, connection: str) -> None:
    given = [(name, args[name]) for name in ("first", "last") if args.get(name) is not None]
    if len(given) != 1:
        both = f"Passing both `first` and `last` to paginate the `{connection}` connection is not supported."
        none = f"You must provide a `first` or `last` value to properly paginate the `{connection}` connection."
        raise _refusal("ARGUMENT_ERROR" if given else "MISSING_PAGINATION_BOUNDARIES", both if given else none)
    name, number = given[0]
    if number > MOST:
        asked = f"Requesting {number} records on the `{connection}` connection"
        raise _refusal("EXCESSIVE_PAGINATION", f"{asked} exceeds the `{name}` limit of {MOST} records.")
    if number < 1:
        raise _refusal("ARGUMENT_ERROR", f"`{name}` on the `{connection}` connection cannot be less than one.")


def _refusal(kind: str, said: str) -> Refusal:
    return Refusal(200, said, kind=kind)


CONNECTION: Fields = {
    "edges": "edges",
    "nodes": "items",
    "pageInfo": lambda page, _scope, _args: page,
    "totalCount": "total",
}
EDGE: Fields = {"cursor": "cursor", "node": "node"}
PAGE_INFO: Fields = {
    "endCursor": lambda page, _scope, _args: page.edges[-1].cursor if page.items else None,
    "hasNextPage": lambda page, _scope, _args: page.start + len(page.items) < page.total,
    "hasPreviousPage": lambda page, _scope, _args: page.start > 0,
    "startCursor": lambda page, _scope, _args: page.edges[0].cursor if page.items else None,
}
