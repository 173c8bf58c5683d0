"""What people and bots write, as GraphQL shows it: issues, comments, labels, reactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.issue import associate
from app.sandbox.graph.order import sort
from app.sandbox.model import Pull

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Comment, Issue, Label, Reaction

REACTIONS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
"""GraphQL's names of reactions, and REST's."""
_NAMES = {word: name for name, word in REACTIONS.items()}


def page(issue: Issue, scope: Scope) -> str:
    """Return the address of an issue's page."""
    return scope.url(issue.repository, "pull" if isinstance(issue, Pull) else "issues", issue.number)


def _association(thing: Issue | Comment, scope: Scope, _args: Args) -> str:
    repository = thing.issue.repository if hasattr(thing, "issue") else thing.repository
    return associate(scope.world, repository, thing.account)


def _did_author(thing: Issue | Comment, scope: Scope, _args: Args) -> bool:
    return thing.account is scope.viewer


def _comments(issue: Issue, _scope: Scope, args: Args) -> list[Comment]:
    return sort(issue.comments, args, {"UPDATED_AT": "updated"})


def _labels(issue: Issue, _scope: Scope, args: Args) -> list[Label]:
    return sort(issue.labels, args, {"CREATED_AT": "id", "NAME": "name"})


def _reactions(thing: Issue | Comment, _scope: Scope, args: Args) -> list[Reaction]:
    wanted = REACTIONS.get(args.get("content") or "")
    found = [reaction for reaction in thing.reactions if wanted in {None, reaction.content}]
    return sort(found, args, {"CREATED_AT": "created"})


def _comment_url(comment: Comment, scope: Scope, _args: Args) -> str:
    return f"{page(comment.issue, scope)}#issuecomment-{comment.id}"


def _on_pull(comment: Comment, _scope: Scope, _args: Args) -> Issue | None:
    return comment.issue if isinstance(comment.issue, Pull) else None


_WRITTEN: Fields = {
    "author": "account",
    "authorAssociation": _association,
    "body": lambda thing, _scope, _args: thing.body or "",
    "createdAt": "created",
    "databaseId": "id",
    "fullDatabaseId": lambda thing, _scope, _args: str(thing.id),
    "id": "node",
    "reactions": _reactions,
    "updatedAt": "updated",
    "viewerDidAuthor": _did_author,
}
ISSUE: Fields = {
    **_WRITTEN,
    "closed": lambda issue, _scope, _args: issue.state == "closed",
    "closedAt": "closed",
    "comments": _comments,
    "labels": _labels,
    "locked": lambda _issue, _scope, _args: False,
    "number": "number",
    "repository": "repository",
    "state": lambda issue, _scope, _args: issue.state.upper(),
    "title": "title",
    "url": lambda issue, scope, _args: page(issue, scope),
}
COMMENT: Fields = {
    **_WRITTEN,
    "isMinimized": lambda comment, _scope, _args: bool(comment.minimized),
    "issue": "issue",
    "minimizedReason": lambda comment, _scope, _args: comment.minimized or None,
    "publishedAt": "created",
    "pullRequest": _on_pull,
    "repository": "issue.repository",
    "url": _comment_url,
}
LABEL: Fields = {
    "color": "color",
    "description": "description",
    "id": "node",
    "name": "name",
}
REACTION: Fields = {
    "content": lambda reaction, _scope, _args: _NAMES[reaction.content],
    "createdAt": "created",
    "databaseId": "id",
    "id": "node",
    "user": "account",
}
