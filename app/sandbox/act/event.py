"""What becomes of a pull request, told to the apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.pull import show_whole_pull
from app.sandbox.hook import tell

if TYPE_CHECKING:
    from app.sandbox.model import Account, Actor, Json, Pull
    from app.sandbox.world import World


def tell_pull(world: World, actor: Actor, pull: Pull, action: str, more: Json | None = None) -> None:
    """Tell that something happened to a pull request; *more* stands beside it in the payload."""
    pull.updated = world.now()
    shown = {"action": action, "number": pull.number, "pull_request": show_whole_pull(world, pull), **(more or {})}
    tell(world, actor, pull.repository, "pull_request", shown)


def close(world: World, actor: Actor, pull: Pull) -> None:
    """Close a pull request without merging it; one that is closed stays as it is."""
    if pull.state == "open":
        pull.state, pull.closed, pull.auto_merge = "closed", world.now(), None
        tell_pull(world, actor, pull, "closed")


def land(world: World, merger: Account, pull: Pull, sha: str) -> None:
    """Note that a pull request became the commit *sha*; nothing is told yet, because the branch moves first."""
    tip = pull.repository.store.tip(pull.target)
    pull.base = tip or pull.base
    pull.state, pull.closed, pull.merged = "closed", world.now(), world.now()
    pull.merger, pull.landed, pull.auto_merge = merger, sha, None
