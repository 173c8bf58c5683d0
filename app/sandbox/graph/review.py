"""Threads about lines of a pull request, as GraphQL shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.graph.issue import page
from app.sandbox.model import Thread

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Pull, ReviewComment


def list_threads(pull: Pull, _scope: Scope, _args: Args) -> list[Thread]:
    """Return the threads of a pull request, oldest first."""
    return [Thread(comment) for review in pull.reviews for comment in review.comments]


def _url(comment: ReviewComment, scope: Scope, _args: Args) -> str:
    return f"{page(comment.review.pull, scope)}#discussion_r{comment.id}"


THREAD: Fields = {
    "comments": lambda thread, _scope, _args: [thread.first],
    "id": "node",
    "isOutdated": lambda thread, _scope, _args: thread.first.now is None,
    "isResolved": "first.resolved",
    "line": "first.now",
    "originalLine": "first.line",
    "path": "first.path",
    "pullRequest": "first.review.pull",
}
COMMENT: Fields = {
    "author": "account",
    "body": "body",
    "createdAt": "created",
    "databaseId": "id",
    "fullDatabaseId": lambda comment, _scope, _args: str(comment.id),
    "id": "node",
    "outdated": lambda comment, _scope, _args: comment.now is None,
    "path": "path",
    "pullRequest": "review.pull",
    "url": _url,
    "viewerDidAuthor": lambda comment, scope, _args: comment.account is scope.viewer,
}
