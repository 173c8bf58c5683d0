"""Apps come and go: installing, changing what is covered, suspending, removing, pinging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.account import show_account, show_installation, show_organization
from app.sandbox.hook import post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sandbox.model import Actor, App, Installation, Json, Repository
    from app.sandbox.world import World


def _point(repository: Repository) -> Json:
    shown = {"id": repository.id, "node_id": repository.node, "name": repository.name}
    return {**shown, "full_name": repository.full_name, "private": repository.private}


def _envelope(world: World, actor: Actor, installation: Installation) -> Json:
    shown = {"installation": show_installation(world, installation), "sender": show_account(world, actor.account)}
    if installation.account.kind == "Organization":
        shown["organization"] = show_organization(world, installation.account)
    return shown


def _tell(world: World, actor: Actor, installation: Installation, action: str) -> None:
    covered = [_point(each) for each in world.repositories.values() if each.owner is installation.account]
    payload = {"action": action, "repositories": covered, **_envelope(world, actor, installation)}
    post(world, installation.app, "installation", payload, (installation, None))


def install(world: World, actor: Actor, app: App, login: str, repositories: Sequence[str] | None) -> Installation:
    """Install an app on an account, on some of its repositories or on all."""
    made = world.add_installation(app, login, repositories)
    _tell(world, actor, made, "created")
    return made


def uninstall(world: World, actor: Actor, installation: Installation) -> None:
    """Remove an app from an account; its tokens die."""
    _tell(world, actor, installation, "deleted")
    installation.removed = True
    for value, token in list(world.tokens.items()):
        if token.actor.installation is installation:
            del world.tokens[value]


def suspend(world: World, actor: Actor, installation: Installation, *, suspended: bool) -> None:
    """Suspend an installation, or let it go on."""
    installation.suspended = world.now() if suspended else None
    _tell(world, actor, installation, "suspend" if suspended else "unsuspend")


def cover(world: World, actor: Actor, installation: Installation, repository: Repository, *, covered: bool) -> None:
    """Add a repository to an installation of some repositories, or take it away."""
    if installation.repositories is None:
        installation.repositories = {
            each.id for each in world.repositories.values() if each.owner is installation.account
        }
    change = installation.repositories.add if covered else installation.repositories.discard
    change(repository.id)
    lists = {"repositories_added": [_point(repository)] if covered else []}
    lists["repositories_removed"] = [] if covered else [_point(repository)]
    payload = {"action": "added" if covered else "removed", "repository_selection": "selected", "requester": None}
    whole = {**payload, **lists, **_envelope(world, actor, installation)}
    post(world, installation.app, "installation_repositories", whole, (installation, repository))


def ping(world: World, app: App) -> None:
    """Ping an app, as GitHub does when its webhook is set."""
    url = f"{world.url}/app/hook"
    hook = {
        "type": "App",
        "id": app.hook_id,
        "name": "web",
        "active": True,
        "events": list(app.events),
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": app.hook_url},
        "updated_at": app.created,
        "created_at": app.created,
        "app_id": app.id,
        "deliveries_url": f"{url}/deliveries",
    }
    payload = {"zen": "Speak like a human.", "hook_id": app.hook_id, "hook": hook}
    post(world, app, "ping", payload, (None, None))
