"""The app about itself: its installations, tokens, deliveries; and the making of one from a manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.sandbox.body.account import show_app, show_installation, show_own_app, show_token
from app.sandbox.body.repository import show_repository
from app.sandbox.courier import redeliver
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule, turn
from app.sandbox.token import mint, show_expiry

if TYPE_CHECKING:
    from app.sandbox.model import Delivery, Installation, Json
    from app.sandbox.table import Call


@rule("GET", "/app", "app")
def _get_app(call: Call) -> Reply:
    assert call.app
    return Reply(show_own_app(call.world, call.app))


def _mine(call: Call) -> list[Installation]:
    return [each for each in call.world.installations.values() if each.app is call.app and not each.removed]


def _one(call: Call) -> Installation:
    found = next((each for each in _mine(call) if each.id == call.params["number"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@rule("GET", "/app/installations", "app")
def _list_installations(call: Call) -> Reply:
    return page(call, _mine(call), lambda each: show_installation(call.world, each))


@rule("GET", "/app/installations/{number:int}", "app")
def _get_installation(call: Call) -> Reply:
    return Reply(show_installation(call.world, _one(call)))


@rule("GET", "/repos/{owner}/{repo}/installation", "app")
def _find_installation(call: Call) -> Reply:
    repository = call.world.repository(f"{call.params['owner']}/{call.params['repo']}")
    found = next((each for each in _mine(call) if each.covers(repository)), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return Reply(show_installation(call.world, found))


@rule("GET", "/orgs/{login}/installation", "app")
@rule("GET", "/users/{login}/installation", "app")
def _find_account_installation(call: Call) -> Reply:
    found = next((each for each in _mine(call) if each.account.login == call.params["login"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return Reply(show_installation(call.world, found))


@rule("POST", "/app/installations/{number:int}/access_tokens", "app")
def _create_token(call: Call) -> Reply:
    token, chosen = mint(call.world, _one(call), call.wish())
    shown = None if chosen is None else [show_repository(call.world, each) for each in chosen]
    return Reply(show_token(token, shown, show_expiry(token)), 201)


def _show_item(delivery: Delivery) -> Json:
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered,
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation,
        "repository_id": delivery.repository,
        "throttled_at": None,
    }


@rule("GET", "/app/hook/deliveries", "app")
def _list_deliveries(call: Call) -> Reply:
    values = call.ask.values
    size = min(int(values.get("per_page", "30")), 100) if values.get("per_page", "30").isdecimal() else 30
    before = values.get("cursor", "").removeprefix("v1_")
    mine = [d for d in reversed(call.world.deliveries.values()) if d.app is call.app and d.status != "pending"]
    left = [d for d in mine if not before.isdecimal() or d.id < int(before)]
    link = {}
    if len(left) > size:
        link = {"link": f'<{turn(call, {"cursor": f"v1_{left[size - 1].id}"})}>; rel="next"'}
    return Reply([_show_item(d) for d in left[:size]], headers=link)


def _delivery(call: Call) -> Delivery:
    found = call.world.deliveries.get(call.params["number"])
    if found is None or found.app is not call.app:
        raise Refusal(404, "Not Found")
    return found


@rule("GET", "/app/hook/deliveries/{number:int}", "app")
def _get_delivery(call: Call) -> Reply:
    delivery = _delivery(call)
    request = {"headers": delivery.headers, "payload": json.loads(delivery.payload)}
    response = {"headers": {}, "payload": delivery.answer}
    return Reply({**_show_item(delivery), "url": delivery.app.hook_url, "request": request, "response": response})


@rule("POST", "/app/hook/deliveries/{number:int}/attempts", "app")
def _redeliver(call: Call) -> Reply:
    redeliver(call.world, _delivery(call))
    return Reply({}, 202)


@rule("POST", "/app-manifests/{code}/conversions", "open")
def _convert(call: Call) -> Reply:
    """Make an app from a manifest; a code works once."""
    manifest = call.world.conversions.pop(call.params["code"], None)
    if manifest is None:
        raise Refusal(404, "Not Found")
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    hook = manifest.get("hook_attributes", {})
    url = hook.get("url", "") if hook.get("active", True) else ""
    secret = f"whsec-{call.params['code']}"
    told = {"permissions": manifest.get("default_permissions", {}), "events": manifest.get("default_events", [])}
    app = call.world.add_app(str(manifest["name"]), key.public_key(), hook=(url, secret), **told)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    shown = {"client_id": app.client_id, "client_secret": f"cs-{app.id}", "webhook_secret": secret, "pem": pem}
    return Reply({**show_app(call.world, app), **shown}, 201)
