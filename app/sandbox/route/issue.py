"""Issues, comments, labels and reactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.comment import comment, delete_comment, edit_comment, react
from app.sandbox.act.pull import add_labels, edit_pull, remove_label
from app.sandbox.act.text import check_texts, invalid
from app.sandbox.body.issue import show_comment, show_issue, show_label, show_reaction
from app.sandbox.model import Pull, Refusal
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Comment, Issue, Label, Reaction
    from app.sandbox.table import Call

_REPO = "/repos/{owner}/{repo}"
_ONE = _REPO + "/issues/{number:int}"
_COMMENT = _REPO + "/issues/comments/{number:int}"
_READ = ("issues=read", "pull_requests=read")
_WRITE = ("issues=write", "pull_requests=write")


def _issue(call: Call) -> Issue:
    return call.world.issue(call.repository, call.params["number"])


def _comment(call: Call) -> Comment:
    found = call.repository.comments.get(call.params["number"])
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@rule("GET", _REPO + "/issues", *_READ)
def _list_issues(call: Call) -> Reply:
    state = call.ask.values.get("state", "open")
    found = [each for each in reversed(call.repository.issues.values()) if state in {"all", each.state}]
    return page(call, found, lambda each: show_issue(call.world, each))


@rule("GET", _ONE, *_READ)
def _get_issue(call: Call) -> Reply:
    return Reply(show_issue(call.world, _issue(call)))


@rule("PATCH", _ONE, *_WRITE)
def _edit_issue(call: Call) -> Reply:
    issue, wish = _issue(call), call.wish()
    if isinstance(issue, Pull):
        edit_pull(call.world, call.bearer.actor, issue, wish)
    else:
        check_texts("Issue", wish.get("title"), wish.get("body"))
        for field in ("title", "body", "state"):
            setattr(issue, field, wish.get(field, getattr(issue, field)))
        issue.closed, issue.updated = call.world.now() if issue.state == "closed" else None, call.world.now()
    return Reply(show_issue(call.world, issue))


@rule("GET", _ONE + "/comments", *_READ)
def _list_comments(call: Call) -> Reply:
    return page(call, _issue(call).comments, lambda each: show_comment(call.world, each))


@rule("POST", _ONE + "/comments", *_WRITE)
def _create_comment(call: Call) -> Reply:
    made = comment(call.world, call.bearer.actor, _issue(call), call.text("body"))
    return Reply(show_comment(call.world, made), 201)


@rule("GET", _COMMENT, *_READ)
def _get_comment(call: Call) -> Reply:
    return Reply(show_comment(call.world, _comment(call)))


@rule("PATCH", _COMMENT, *_WRITE)
def _edit_comment(call: Call) -> Reply:
    made = _comment(call)
    edit_comment(call.world, call.bearer.actor, made, call.text("body"))
    return Reply(show_comment(call.world, made))


@rule("DELETE", _COMMENT, *_WRITE)
def _delete_comment(call: Call) -> Reply:
    delete_comment(call.world, call.bearer.actor, _comment(call))
    return Reply(status=204)


def _react(call: Call, reactions: list[Reaction]) -> Reply:
    made, fresh = react(call.world, call.bearer.actor.account, reactions, call.text("content"))
    return Reply(show_reaction(call.world, made), 201 if fresh else 200)


def _list_reactions(call: Call, reactions: list[Reaction]) -> Reply:
    wanted = call.ask.values.get("content")
    found = [each for each in reactions if wanted in {None, each.content}]
    return page(call, found, lambda each: show_reaction(call.world, each))


def _drop_reaction(call: Call, reactions: list[Reaction]) -> Reply:
    found = next((each for each in reactions if each.id == call.params["reaction"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    reactions.remove(found)
    return Reply(status=204)


@rule("GET", _COMMENT + "/reactions", *_READ)
def _list_comment_reactions(call: Call) -> Reply:
    return _list_reactions(call, _comment(call).reactions)


@rule("POST", _COMMENT + "/reactions", *_WRITE)
def _react_to_comment(call: Call) -> Reply:
    return _react(call, _comment(call).reactions)


@rule("DELETE", _COMMENT + "/reactions/{reaction:int}", *_WRITE)
def _drop_comment_reaction(call: Call) -> Reply:
    return _drop_reaction(call, _comment(call).reactions)


@rule("GET", _ONE + "/reactions", *_READ)
def _list_issue_reactions(call: Call) -> Reply:
    return _list_reactions(call, _issue(call).reactions)


@rule("POST", _ONE + "/reactions", *_WRITE)
def _react_to_issue(call: Call) -> Reply:
    return _react(call, _issue(call).reactions)


@rule("DELETE", _ONE + "/reactions/{reaction:int}", *_WRITE)
def _drop_issue_reaction(call: Call) -> Reply:
    return _drop_reaction(call, _issue(call).reactions)


def _show_labels(call: Call, labels: list[Label]) -> Reply:
    return page(call, labels, lambda each: show_label(call.world, call.repository, each))


def _read_names(call: Call) -> list[str]:
    data = call.ask.data()
    names = data.get("labels") if isinstance(data, dict) else data
    if not isinstance(names, list):
        raise Refusal(422, 'Invalid request.\n\n"labels" wasn\'t supplied.')
    return [each["name"] if isinstance(each, dict) else str(each) for each in names]


@rule("GET", _ONE + "/labels", *_READ)
def _list_issue_labels(call: Call) -> Reply:
    return _show_labels(call, _issue(call).labels)


@rule("POST", _ONE + "/labels", *_WRITE)
def _add_labels(call: Call) -> Reply:
    add_labels(call.world, call.bearer.actor, _issue(call), _read_names(call))
    return _show_labels(call, _issue(call).labels)


@rule("PUT", _ONE + "/labels", *_WRITE)
def _set_labels(call: Call) -> Reply:
    issue, names = _issue(call), _read_names(call)
    for label in list(issue.labels):
        if label.name.lower() not in {name.lower() for name in names}:
            remove_label(call.world, call.bearer.actor, issue, label.name)
    add_labels(call.world, call.bearer.actor, issue, names)
    return _show_labels(call, issue.labels)


@rule("DELETE", _ONE + "/labels/{name:path}", *_WRITE)
def _remove_label(call: Call) -> Reply:
    remove_label(call.world, call.bearer.actor, _issue(call), call.params["name"])
    return _show_labels(call, _issue(call).labels)


@rule("GET", _REPO + "/labels", *_READ)
def _list_labels(call: Call) -> Reply:
    return _show_labels(call, list(call.repository.labels.values()))


@rule("POST", _REPO + "/labels", *_WRITE)
def _create_label(call: Call) -> Reply:
    wish, name = call.wish(), call.text("name")
    if name.lower() in call.repository.labels:
        raise invalid("Label", "name", "already_exists")
    made = call.world.add_label(call.repository, name, wish.get("color", "ededed"), wish.get("description"))
    return Reply(show_label(call.world, call.repository, made), 201)


@rule("GET", _REPO + "/labels/{name:path}", *_READ)
def _get_label(call: Call) -> Reply:
    found = call.repository.labels.get(call.params["name"].lower())
    if found is None:
        raise Refusal(404, "Not Found")
    return Reply(show_label(call.world, call.repository, found))
