"""Pull requests as GitHub shows them: in lists, alone, and inside checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.account import show_account
from app.sandbox.body.issue import associate, show_label
from app.sandbox.body.repository import show_repository
from app.sandbox.standing import mergeable, stand, start

if TYPE_CHECKING:
    from app.sandbox.model import AutoMerge, Json, Pull, Repository
    from app.sandbox.world import World


def _show_end(world: World, repository: Repository, branch: str, sha: str) -> Json:
    return {
        "label": f"{repository.owner.login}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": show_account(world, repository.owner),
        "repo": show_repository(world, repository),
    }


def show_auto_merge(world: World, wish: AutoMerge | None) -> Json | None:
    """Return what waits for the checks, None if nothing does."""
    if wish is None:
        return None
    shown = {"enabled_by": show_account(world, wish.actor.account), "merge_method": wish.method}
    return {**shown, "commit_title": wish.title, "commit_message": wish.message}


def _show_links(world: World, pull: Pull) -> Json:
    root = f"{world.api}/repos/{pull.repository.full_name}"
    url = f"{root}/pulls/{pull.number}"
    return {
        "self": url,
        "html": f"{world.url}/{pull.repository.full_name}/pull/{pull.number}",
        "issue": f"{root}/issues/{pull.number}",
        "comments": f"{root}/issues/{pull.number}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{root}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{root}/statuses/{pull.head}",
    }


def show_pull(world: World, pull: Pull) -> Json:
    """Return a pull request as lists show it."""
    links, repository = _show_links(world, pull), pull.repository
    named = {f"{key}_url": links[key] for key in links if key not in {"self", "html"}}
    return {
        "id": pull.id,
        "node_id": pull.node,
        "url": links["self"],
        "html_url": links["html"],
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        **named,
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": show_account(world, pull.account),
        "body": pull.body,
        "labels": [show_label(world, repository, label) for label in pull.labels],
        **dict.fromkeys(("milestone", "active_lock_reason", "assignee")),
        "created_at": pull.created,
        "updated_at": pull.updated,
        "closed_at": pull.closed,
        "merged_at": pull.merged,
        "merge_commit_sha": pull.landed,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "head": _show_end(world, pull.source, pull.branch, pull.head),
        "base": _show_end(world, repository, pull.target, pull.base),
        "_links": {key: {"href": url} for key, url in links.items()},
        "author_association": associate(world, repository, pull.account),
        "auto_merge": show_auto_merge(world, pull.auto_merge),
        "draft": pull.draft,
    }


def show_whole_pull(world: World, pull: Pull) -> Json:
    """Return a pull request as it is shown alone, with what git says of it."""
    store = pull.repository.store
    first = start(pull)
    changes = store.changes(first, pull.head)
    return {
        **show_pull(world, pull),
        "merged": pull.merged is not None,
        "mergeable": mergeable(pull),
        "rebaseable": mergeable(pull),
        "mergeable_state": stand(pull),
        "merged_by": show_account(world, pull.merger) if pull.merger else None,
        "comments": len(pull.comments),
        "review_comments": 0,
        "maintainer_can_modify": pull.fork,
        "commits": len(store.log(pull.head, first)),
        "additions": sum(change.added for change in changes),
        "deletions": sum(change.removed for change in changes),
        "changed_files": len(changes),
    }


def point_at_pull(world: World, pull: Pull) -> Json:
    """Return a pull request as checks name it."""
    ends = {"head": (pull.source, pull.branch, pull.head), "base": (pull.repository, pull.target, pull.base)}
    shown = {
        key: {
            "ref": branch,
            "sha": sha,
            "repo": {"id": each.id, "url": f"{world.api}/repos/{each.full_name}", "name": each.name},
        }
        for key, (each, branch, sha) in ends.items()
    }
    url = f"{world.api}/repos/{pull.repository.full_name}/pulls/{pull.number}"
    return {"url": url, "id": pull.id, "number": pull.number, **shown}
