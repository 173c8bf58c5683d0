"""Issues, comments and reactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.text import BODY_LIMIT, check_texts, invalid
from app.sandbox.body.issue import CONTENTS, show_comment, show_issue
from app.sandbox.hook import tell
from app.sandbox.model import Comment, Issue, Reaction

if TYPE_CHECKING:
    from app.sandbox.model import Account, Actor, Json, Repository
    from app.sandbox.world import World


def open_issue(world: World, actor: Actor, repository: Repository, title: str, body: str | None) -> Issue:
    """Open an issue that is no pull request."""
    check_texts("Issue", title, body)
    now, number = world.now(), max(repository.issues, default=0) + 1
    made = Issue(world.number("issue"), number, repository, actor.account, title, body, now, now, actor.app)
    repository.issues[number] = world.keep(made)
    return made


def comment(world: World, actor: Actor, issue: Issue, body: str) -> Comment:
    """Write a comment on an issue or a pull request."""
    _check_comment(body)
    now = world.now()
    made = world.keep(Comment(world.number("comment"), issue, actor.account, actor.app, body, now, now))
    issue.comments.append(made)
    issue.repository.comments[made.id] = made
    _tell_comment(world, actor, made, "created")
    return made


def _check_comment(body: str) -> None:
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if len(body) > BODY_LIMIT:
        said = f"Body is too long (maximum is {BODY_LIMIT} characters)"
        raise invalid("IssueComment", "data", "unprocessable", said)


def edit_comment(world: World, actor: Actor, made: Comment, body: str) -> None:
    """Change what a comment says."""
    _check_comment(body)
    before, made.body, made.updated = made.body, body, world.now()
    _tell_comment(world, actor, made, "edited", {"changes": {"body": {"from": before}}})


def delete_comment(world: World, actor: Actor, made: Comment) -> None:
    """Delete a comment."""
    made.issue.comments.remove(made)
    del made.issue.repository.comments[made.id]
    _tell_comment(world, actor, made, "deleted")


def _tell_comment(world: World, actor: Actor, made: Comment, action: str, more: Json | None = None) -> None:
    shown = {"issue": show_issue(world, made.issue), "comment": show_comment(world, made)}
    tell(world, actor, made.issue.repository, "issue_comment", {"action": action, **shown, **(more or {})})


def react(world: World, account: Account, reactions: list[Reaction], content: str) -> tuple[Reaction, bool]:
    """React; the reaction and whether it is new, because the same one twice is one."""
    if content not in CONTENTS:
        raise invalid("Reaction", "content")
    for each in reactions:
        if each.account is account and each.content == content:
            return each, False
    made = world.keep(Reaction(world.number("reaction"), account, content, world.now()))
    reactions.append(made)
    return made, True
