"""Accounts, apps, installations and tokens as GitHub shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from app.sandbox.model import name_node

if TYPE_CHECKING:
    from app.sandbox.model import Account, App, Installation, Json, Token
    from app.sandbox.world import World

_USER_URLS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}


def show_account(world: World, account: Account) -> Json:
    """Return an account as it stands inside other objects."""
    url = f"{world.api}/users/{quote(account.login)}"
    page = f"apps/{account.login.removesuffix('[bot]')}" if account.kind == "Bot" else quote(account.login)
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account.node,
        "avatar_url": f"{world.url}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{world.url}/{page}",
        **{key: f"{url}/{suffix}" for key, suffix in _USER_URLS.items()},
        "type": account.kind,
        "site_admin": False,
        "user_view_type": "public",
    }


def show_user(world: World, account: Account) -> Json:
    """Return an account as `GET /users/{login}` shows it."""
    unknown = ("company", "location", "email", "hireable", "bio", "twitter_username")
    counts = ("public_gists", "followers", "following")
    mine = [r for r in world.repositories.values() if r.owner is account and not r.private]
    return {
        **show_account(world, account),
        "name": account.login,
        "blog": "",
        **dict.fromkeys(unknown),
        "public_repos": len(mine),
        **dict.fromkeys(counts, 0),
        "created_at": account.created,
        "updated_at": account.created,
    }


def show_organization(world: World, account: Account) -> Json:
    """Return an organization as webhooks show it."""
    url = f"{world.api}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": account.node,
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{world.url}/avatars/u/{account.id}?v=4",
        "description": None,
    }


def show_whole_organization(world: World, account: Account) -> Json:
    """Return an organization as `GET /orgs/{login}` shows it."""
    shown = show_user(world, account)
    return {
        **show_organization(world, account),
        "has_organization_projects": True,
        "has_repository_projects": True,
        **{key: shown[key] for key in ("public_repos", "public_gists", "followers", "following", "html_url")},
        "type": "Organization",
        "created_at": account.created,
        "updated_at": account.created,
        "archived_at": None,
    }


def show_app(world: World, app: App) -> Json:
    """Return an app."""
    return {
        "id": app.id,
        "client_id": app.client_id,
        "slug": app.slug,
        "node_id": app.node,
        "owner": show_account(world, app.owner),
        "name": app.slug,
        "description": app.description,
        "external_url": app.external_url,
        "html_url": f"{world.url}/apps/{app.slug}",
        "created_at": app.created,
        "updated_at": app.created,
        "permissions": dict(app.permissions),
        "events": list(app.events),
    }


def show_own_app(world: World, app: App) -> Json:
    """Return an app as it sees itself, with the count of its installations."""
    mine = [each for each in world.installations.values() if each.app is app and not each.removed]
    return {**show_app(world, app), "installations_count": len(mine)}


def show_installation(world: World, installation: Installation) -> Json:
    """Return an installation."""
    url, account = f"{world.api}/app/installations/{installation.id}", installation.account
    return {
        "id": installation.id,
        "account": show_account(world, account),
        "repository_selection": "all" if installation.repositories is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.api}/installation/repositories",
        "html_url": f"{world.url}/organizations/{account.login}/settings/installations/{installation.id}",
        "app_id": installation.app.id,
        "client_id": installation.app.client_id,
        "app_slug": installation.app.slug,
        "target_id": account.id,
        "target_type": account.kind,
        "permissions": dict(installation.permissions),
        "events": list(installation.events),
        "created_at": installation.created,
        "updated_at": installation.created,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": show_account(world, account) if installation.suspended else None,
        "suspended_at": installation.suspended,
    }


def point_at_installation(installation: Installation) -> Json:
    """Return an installation as webhooks name it."""
    return {"id": installation.id, "node_id": name_node("MDIzOkludGVncmF0aW9u", installation.id)}


def show_token(token: Token, repositories: list[Json] | None, expires: str) -> Json:
    """Return a new installation token; *repositories* None: it is for all of them."""
    shown = {"token": token.value, "expires_at": expires, "permissions": dict(token.permissions or {})}
    if repositories is None:
        return {**shown, "repository_selection": "all"}
    return {**shown, "repository_selection": "selected", "repositories": repositories}
