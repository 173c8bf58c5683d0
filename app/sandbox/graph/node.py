"""Finding what a node id stands for, as far as the one who asks may see it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from app.sandbox.graph.content import Content, Ref, find, find_ref
from app.sandbox.graph.pull import Queue
from app.sandbox.model import (
    CheckRun,
    CheckSuite,
    Comment,
    Entry,
    Issue,
    Label,
    Reaction,
    Refusal,
    Repository,
    Review,
    ReviewComment,
)

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Scope

_Kind = TypeVar("_Kind")
_HOMES: dict[type, str] = {
    CheckRun: "suite.repository",
    CheckSuite: "repository",
    Comment: "issue.repository",
    Content: "repository",
    Entry: "pull.repository",
    Issue: "repository",
    Queue: "repository",
    Ref: "repository",
    Review: "pull.repository",
    ReviewComment: "review.pull.repository",
}
"""Which attribute of a thing leads to its repository."""


def find_node(scope: Scope, node: str, *kinds: type[_Kind]) -> _Kind:
    """Return what a node id stands for.

    Raises:
        Refusal: NOT_FOUND: there is no such thing of these kinds, or not for this token.
    """
    found = _in_store(scope, node) or scope.world.find(node)
    home = _home(scope, found)
    if found is None or not isinstance(found, kinds) or (home is not None and not scope.token.sees(home)):
        raise Refusal(200, f"Could not resolve to a node with the global id of '{node}'", kind="NOT_FOUND")
    return found


def find_repository(scope: Scope, name: str) -> Repository:
    """Return a repository by `owner/name`.

    Raises:
        Refusal: NOT_FOUND, there is none, or not for this token.
    """
    found = scope.world.repositories.get(name.lower())
    if found is None or not scope.token.sees(found):
        raise Refusal(200, f"Could not resolve to a Repository with the name '{name}'.", kind="NOT_FOUND")
    return found


def _in_store(scope: Scope, node: str) -> Content | Ref | Queue | None:
    """Return what has no record of its own: an object or a ref in a git store, a merge queue."""
    prefix, _, rest = node.partition("_kw")
    number, _, name = rest.partition("_")
    repository = scope.world.find(f"R_kw{number}")
    if not isinstance(repository, Repository):
        return None
    if prefix == "MQ":
        return Queue(repository) if repository.settings.queue else None
    if prefix == "REF":
        return find_ref(repository, name)
    return find(repository, name) if prefix in {"C", "T", "B"} else None


def _home(scope: Scope, thing: object) -> Repository | None:
    """Return the repository that a thing belongs to, None if it belongs to none."""
    repositories = scope.world.repositories.values()
    if isinstance(thing, Label):
        return next((each for each in repositories if thing in each.labels.values()), None)
    if isinstance(thing, Reaction):
        return next((each for each in repositories if any(thing in held for held in _reactions(each))), None)
    path = next((path for kind, path in _HOMES.items() if isinstance(thing, kind)), "")
    home = attrgetter(path)(thing) if path else thing
    return home if isinstance(home, Repository) else None


def _reactions(repository: Repository) -> list[list[Reaction]]:
    issues, comments = repository.issues.values(), repository.comments.values()
    return [*(issue.reactions for issue in issues), *(comment.reactions for comment in comments)]


def resolve_node(_root: None, scope: Scope, args: Args) -> Any:
    """Return the thing that `node(id:)` asks for."""
    return find_node(scope, args["id"], object)


def resolve_nodes(_root: None, scope: Scope, args: Args) -> list[Any]:
    """Return the things that `nodes(ids:)` asks for; an id that stands for nothing is an error in its place."""

    def attempt(node: str) -> object:
        try:
            return find_node(scope, node, object)
        except Refusal as refusal:
            return refusal

    return [attempt(node) for node in args["ids"]]
