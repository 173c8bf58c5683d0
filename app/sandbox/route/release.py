"""Releases and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.release import create_release, delete_asset, delete_release, edit_release, upload
from app.sandbox.body.release import UPLOADS, show_asset, show_release
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Asset, Release
    from app.sandbox.table import Call

_PATH = "/repos/{owner}/{repo}/releases"
_ONE = _PATH + "/{number:int}"


def _seen(call: Call) -> list[Release]:
    """Return the releases, newest first; drafts only for who may write."""
    writes = call.bearer.allows("contents", "write", call.repository)
    return [each for each in reversed(call.repository.releases.values()) if writes or not each.draft]


def _find(call: Call) -> Release:
    found = next((each for each in _seen(call) if each.id == call.params["number"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _find_asset(call: Call) -> Asset:
    assets = (asset for each in _seen(call) for asset in each.assets)
    found = next((asset for asset in assets if asset.id == call.params["number"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@rule("GET", _PATH, "contents=read")
def _list(call: Call) -> Reply:
    return page(call, _seen(call), lambda each: show_release(call.world, each))


@rule("POST", _PATH, "contents=write")
def _create(call: Call) -> Reply:
    call.text("tag_name")
    made = create_release(call.world, call.bearer.actor, call.repository, call.wish())
    return Reply(show_release(call.world, made), 201, {"location": show_release(call.world, made)["url"]})


@rule("GET", _PATH + "/latest", "contents=read")
def _get_latest(call: Call) -> Reply:
    return _get_first(call, [each for each in _seen(call) if each.latest])


@rule("GET", _PATH + "/tags/{tag:path}", "contents=read")
def _get_by_tag(call: Call) -> Reply:
    return _get_first(call, [each for each in _seen(call) if each.tag == call.params["tag"] and not each.draft])


def _get_first(call: Call, found: list[Release]) -> Reply:
    if not found:
        raise Refusal(404, "Not Found")
    return Reply(show_release(call.world, found[0]))


@rule("GET", _ONE, "contents=read")
def _get(call: Call) -> Reply:
    return Reply(show_release(call.world, _find(call)))


@rule("PATCH", _ONE, "contents=write")
def _edit(call: Call) -> Reply:
    release = _find(call)
    edit_release(call.world, call.bearer.actor, release, call.wish())
    return Reply(show_release(call.world, release))


@rule("DELETE", _ONE, "contents=write")
def _delete(call: Call) -> Reply:
    delete_release(_find(call))
    return Reply(status=204)


@rule("GET", _ONE + "/assets", "contents=read")
def _list_assets(call: Call) -> Reply:
    return page(call, _find(call).assets, lambda asset: show_asset(call.world, asset))


@rule("POST", UPLOADS + _ONE + "/assets", "contents=write")
def _upload(call: Call) -> Reply:
    values, headers = call.ask.values, call.ask.headers
    if "content-type" not in headers or headers.get("content-length") is None:
        raise Refusal(400, "Bad Content-Length: ")
    sent = (call.ask.body, headers["content-type"], values.get("label"))
    made = upload(call.world, call.bearer.actor, _find(call), values.get("name", ""), sent)
    return Reply(show_asset(call.world, made), 201)


@rule("DELETE", _PATH + "/assets/{number:int}", "contents=write")
def _delete_asset(call: Call) -> Reply:
    delete_asset(_find_asset(call))
    return Reply(status=204)
