"""Webhooks: who is told what, in which envelope, signed how."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from app.sandbox.body.account import point_at_installation, show_account
from app.sandbox.body.repository import frame
from app.sandbox.model import Delivery

if TYPE_CHECKING:
    from app.sandbox.model import Actor, App, Installation, Json, Repository
    from app.sandbox.world import World

_ALWAYS = ("installation", "installation_repositories", "ping")


def sign(secret: str, body: bytes) -> str:
    """Return the value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def tell(world: World, actor: Actor, repository: Repository, event: str, payload: Json) -> None:
    """Tell every app that sees *repository* and subscribed to *event*; *payload* may name its `app`, then only it.

    The envelope (repository, organization, installation, sender) is added here; the key `app` is taken out.
    """
    only = payload.pop("app", None)
    for installation in world.covering(repository):
        if event in installation.events and only in {None, installation.app}:
            whole = {**frame(world, repository), **payload, "sender": show_account(world, actor.account)}
            whole["installation"] = point_at_installation(installation)
            post(world, installation.app, event, whole, (installation, repository))


def post(
    world: World, app: App, event: str, payload: Json, about: tuple[Installation | None, Repository | None]
) -> None:
    """Send one webhook to one app, if it wants any."""
    if not app.hook_url or (event not in _ALWAYS and event not in app.events):
        return
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    number = world.number("delivery")
    guid = f"{number & 0xFFFFFFFF:08x}-d15c-11f0-8000-{number:012x}"
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/sandbox",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
    }
    if app.hook_secret:
        headers["X-Hub-Signature-256"] = sign(app.hook_secret, body)
    installation, repository = about
    numbers = (installation.id if installation else None, repository.id if repository else None)
    hand_over(world, Delivery(number, guid, app, event, payload.get("action"), headers, body, *numbers))


def hand_over(world: World, delivery: Delivery) -> None:
    """Record a delivery and give it to whoever carries deliveries."""
    delivery.delivered = world.now()
    world.deliveries[delivery.id] = delivery
    for listener in world.on_hook:
        listener(delivery)
    for carry in world.send:
        carry(delivery)
