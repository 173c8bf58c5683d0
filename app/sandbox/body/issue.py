"""Labels, reactions, comments and issues as GitHub shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from app.sandbox.body.account import show_account, show_app
from app.sandbox.model import Pull

if TYPE_CHECKING:
    from app.sandbox.model import Account, Comment, Issue, Json, Label, Reaction, Repository
    from app.sandbox.world import World

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
"""The reactions that GitHub knows."""


def show_label(world: World, repository: Repository, label: Label) -> Json:
    """Return a label."""
    return {
        "id": label.id,
        "node_id": label.node,
        "url": f"{world.api}/repos/{repository.full_name}/labels/{quote(label.name)}",
        "name": label.name,
        "color": label.color,
        "default": label.name in {"bug", "documentation", "enhancement"},
        "description": label.description,
    }


def show_reaction(world: World, reaction: Reaction) -> Json:
    """Return a reaction."""
    shown = {"id": reaction.id, "node_id": reaction.node, "user": show_account(world, reaction.account)}
    return {**shown, "content": reaction.content, "created_at": reaction.created}


def _sum_up(reactions: list[Reaction], url: str) -> Json:
    counts = {content: sum(each.content == content for each in reactions) for content in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def associate(world: World, repository: Repository, account: Account) -> str:
    """Return what GitHub calls an author's relation to a repository."""
    if account is repository.owner:
        return "OWNER"
    if account.kind == "Bot":
        return "NONE"
    known = world.role(repository, account) if account.login in repository.roles else "none"
    return {"none": "NONE", "read": "NONE", "triage": "COLLABORATOR"}.get(known, "MEMBER")


def show_comment(world: World, comment: Comment) -> Json:
    """Return a comment."""
    issue = comment.issue
    repository = issue.repository
    url = f"{world.api}/repos/{repository.full_name}/issues/comments/{comment.id}"
    kind = "pull" if isinstance(issue, Pull) else "issues"
    return {
        "id": comment.id,
        "node_id": comment.node,
        "url": url,
        "html_url": f"{world.url}/{repository.full_name}/{kind}/{issue.number}#issuecomment-{comment.id}",
        "issue_url": f"{world.api}/repos/{repository.full_name}/issues/{issue.number}",
        "user": show_account(world, comment.account),
        "created_at": comment.created,
        "updated_at": comment.updated,
        "author_association": associate(world, repository, comment.account),
        "body": comment.body,
        "reactions": _sum_up(comment.reactions, url),
        "performed_via_github_app": show_app(world, comment.app) if comment.app else None,
    }


def show_issue(world: World, issue: Issue) -> Json:
    """Return an issue; a pull request as the issue that it is."""
    repository = issue.repository
    url = f"{world.api}/repos/{repository.full_name}/issues/{issue.number}"
    kind = "pull" if isinstance(issue, Pull) else "issues"
    page = f"{world.url}/{repository.full_name}/{kind}/{issue.number}"
    shown = {
        "id": issue.id,
        "node_id": issue.node,
        "url": url,
        "repository_url": f"{world.api}/repos/{repository.full_name}",
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": page,
        "timeline_url": f"{url}/timeline",
        "number": issue.number,
        "title": issue.title,
        "user": show_account(world, issue.account),
        "labels": [show_label(world, repository, label) for label in issue.labels],
        "state": issue.state,
        "state_reason": "completed" if issue.state == "closed" and not isinstance(issue, Pull) else None,
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(issue.comments),
        "created_at": issue.created,
        "updated_at": issue.updated,
        "closed_at": issue.closed,
        "author_association": associate(world, repository, issue.account),
        "active_lock_reason": None,
        "body": issue.body,
        "reactions": _sum_up(issue.reactions, url),
        "performed_via_github_app": show_app(world, issue.app) if issue.app else None,
    }
    return {**shown, **_show_pull_part(world, issue, page)} if isinstance(issue, Pull) else shown


def _show_pull_part(world: World, pull: Pull, page: str) -> Json:
    url = f"{world.api}/repos/{pull.repository.full_name}/pulls/{pull.number}"
    links = {"url": url, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
    return {"draft": pull.draft, "pull_request": {**links, "merged_at": pull.merged}}
