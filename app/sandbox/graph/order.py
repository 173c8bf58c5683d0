"""The order of a connection, as `orderBy` asks for it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from app.sandbox.model import Unserved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.sandbox.graph.field import Args

_Thing = TypeVar("_Thing")


def sort(things: Sequence[_Thing], args: Args, keys: Mapping[str, str]) -> list[_Thing]:
    """Return *things* as `orderBy` wants them, or as they are; of two alike, the older is the lesser.

    Args:
        things: In the order of their making.
        args: The arguments of the connection.
        keys: The fields to order by that are served, each with the attribute that it means.

    Raises:
        Unserved: another field.
    """
    wish = args.get("orderBy")
    if wish is None:
        return list(things)
    if wish["field"] not in keys:
        raise Unserved(f"orderBy: {wish['field']}")
    found = sorted(things, key=attrgetter(keys[wish["field"]]))
    return found[::-1] if wish["direction"] == "DESC" else found
