"""Mutations of what is said: comments, reactions, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.act.comment import comment, react
from app.sandbox.act.pull import add_labels
from app.sandbox.graph.issue import REACTIONS
from app.sandbox.graph.node import find_node
from app.sandbox.graph.page import Edge, write_cursor
from app.sandbox.model import Comment, Issue, Label, Pull, Refusal

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Scope


def _need(scope: Scope, issue: Issue) -> None:
    """Refuse unless the token may write on an issue, or on a pull request."""
    kinds = ("issues", "pull_requests") if isinstance(issue, Pull) else ("issues",)
    if not any(scope.token.allows(kind, "write", issue.repository) for kind in kinds):
        scope.need("issues", "write", issue.repository)


def add_comment(scope: Scope, wish: Args) -> dict[str, Any]:
    """`addComment`: on an issue or a pull request."""
    issue = find_node(scope, wish["subjectId"], Issue)
    _need(scope, issue)
    made = comment(scope.world, scope.token.actor, issue, wish["body"])
    return {"commentEdge": Edge(made, write_cursor(len(issue.comments) - 1, made)), "subject": issue}


def add_reaction(scope: Scope, wish: Args) -> dict[str, Any]:
    """`addReaction`: to a comment, an issue or a pull request; the same one twice is one."""
    kinds: tuple[type[Issue | Comment], ...] = (Issue, Comment)
    subject = find_node(scope, wish["subjectId"], *kinds)
    _need(scope, subject.issue if isinstance(subject, Comment) else subject)
    made, _ = react(scope.world, scope.viewer, subject.reactions, REACTIONS[wish["content"]])
    return {"reaction": made, "subject": subject}


def minimize(scope: Scope, wish: Args) -> dict[str, Any]:
    """`minimizeComment`: fold a comment away for a reason."""
    subject = find_node(scope, wish["subjectId"], Comment)
    _need(scope, subject.issue)
    subject.minimized = wish["classifier"].lower().replace("_", "-")
    return {"minimizedComment": subject}


def unminimize(scope: Scope, wish: Args) -> dict[str, Any]:
    """`unminimizeComment`: show a comment again."""
    subject = find_node(scope, wish["subjectId"], Comment)
    _need(scope, subject.issue)
    subject.minimized = ""
    return {"unminimizedComment": subject}


def label(scope: Scope, wish: Args) -> dict[str, Any]:
    """`addLabelsToLabelable`: labels that the repository has."""
    issue = find_node(scope, wish["labelableId"], Issue)
    _need(scope, issue)
    labels = [find_node(scope, node, Label) for node in wish["labelIds"]]
    if not all(each in issue.repository.labels.values() for each in labels):
        raise Refusal(200, "Could not resolve to a Label of this repository.", kind="NOT_FOUND")
    add_labels(scope.world, scope.token.actor, issue, [each.name for each in labels])
    return {"labelable": issue}
