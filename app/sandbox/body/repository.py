"""Repositories as GitHub shows them, whole and in short."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.sandbox.body.account import show_account, show_organization
from app.sandbox.model import ROLES

if TYPE_CHECKING:
    from app.sandbox.model import Json, Repository, Role, Settings
    from app.sandbox.world import World

_URLS = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}


def show_permissions(role: Role) -> dict[str, bool]:
    """Return what a role may do, as the flags that GitHub gives."""
    rank = ROLES.index(role)
    floors = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
    return {flag: rank >= [*ROLES].index(floor) for flag, floor in floors.items()}  # type: ignore[arg-type]


def show_minimal_repository(world: World, repository: Repository) -> Json:
    """Return a repository in short, as check suites and workflow runs show theirs."""
    url = f"{world.api}/repos/{repository.full_name}"
    return {
        "id": repository.id,
        "node_id": repository.node,
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": show_account(world, repository.owner),
        "html_url": f"{world.url}/{repository.full_name}",
        "description": repository.description,
        "fork": repository.parent is not None,
        "url": url,
        **{key: f"{url}/{suffix}" for key, suffix in _URLS.items()},
    }


def _show_numbers(world: World, repository: Repository) -> Json:
    opened = sum(issue.state == "open" for issue in repository.issues.values())
    forks = sum(each.parent is repository for each in world.repositories.values())
    counts = {"forks_count": forks, "forks": forks, "open_issues_count": opened, "open_issues": opened}
    return {**counts, **dict.fromkeys(("stargazers_count", "watchers_count", "watchers", "size"), 0)}


def show_repository(world: World, repository: Repository) -> Json:
    """Return a repository as lists, pull requests and webhooks show it."""
    page = f"{world.url}/{repository.full_name}"
    host = world.url.partition("://")[2]
    offers = ("has_issues", "has_projects", "has_wiki", "has_downloads")
    return {
        **show_minimal_repository(world, repository),
        "created_at": repository.created,
        "updated_at": repository.pushed,
        "pushed_at": repository.pushed,
        "git_url": f"git://{host}/{repository.full_name}.git",
        "ssh_url": f"git@{host}:{repository.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "mirror_url": None,
        "language": None,
        "license": None,
        **_show_numbers(world, repository),
        **dict.fromkeys(offers, True),
        **dict.fromkeys(("has_pages", "has_discussions", "archived", "disabled", "is_template"), False),
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "default_branch": repository.branch,
    }


def _show_settings(settings: Settings) -> Json:
    return {
        "allow_auto_merge": settings.auto_merge,
        "allow_merge_commit": settings.merge_commit,
        "allow_rebase_merge": settings.rebase,
        "allow_squash_merge": settings.squash,
        "allow_update_branch": False,
        "delete_branch_on_merge": settings.delete_branch,
        "squash_merge_commit_title": "PR_TITLE",
        "squash_merge_commit_message": "PR_BODY",
        "merge_commit_title": "MERGE_MESSAGE",
        "merge_commit_message": "PR_TITLE",
        "use_squash_pr_title_as_default": True,
    }


def show_whole_repository(world: World, repository: Repository, role: Role) -> Json:
    """Return a repository as `GET /repos/{owner}/{repo}` shows it to somebody of a role."""
    shown = show_repository(world, repository)
    if repository.owner.kind == "Organization":
        shown["organization"] = show_account(world, repository.owner)
    if repository.parent is not None:
        shown["parent"] = shown["source"] = show_repository(world, repository.parent)
    shown |= _show_settings(repository.settings)
    shown["permissions"] = show_permissions(role)
    return {**shown, "temp_clone_token": None, "network_count": shown["forks"], "subscribers_count": 0}


def show_pushed_repository(world: World, repository: Repository) -> Json:
    """Return a repository as `push` shows it: times as seconds, and some names of its own."""
    shown = show_repository(world, repository)
    for key in ("created_at", "pushed_at"):
        shown[key] = int(datetime.fromisoformat(shown[key]).timestamp())
    owner = {"name": repository.owner.login, "email": None}
    shown["owner"] |= owner
    more = {"stargazers": 0, "master_branch": repository.branch}
    if repository.owner.kind == "Organization":
        more["organization"] = repository.owner.login
    return {**shown, "url": f"{world.url}/{repository.full_name}", **more}


def frame(world: World, repository: Repository) -> Json:
    """Return what every webhook about a repository says of it and of its organization."""
    shown: Json = {"repository": show_repository(world, repository)}
    if repository.owner.kind == "Organization":
        shown["organization"] = show_organization(world, repository.owner)
    return shown
