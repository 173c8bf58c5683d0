"""The desk: one request in, one answer out, under the world's lock; everything that every answer shares."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from app.sandbox import route
from app.sandbox.model import Refusal, Unserved
from app.sandbox.table import Ask, Call, Reply, find_rule
from app.sandbox.token import count_for, find_app, find_token, read_bearer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.sandbox.model import App, Json, Repository, Token
    from app.sandbox.table import Rule
    from app.sandbox.world import World

LIMIT = 5_000
_DOCS = "https://docs.github.com/rest"
route.load()


def answer(world: World, ask: Ask) -> tuple[Reply, bytes, str]:
    """Answer a request: the answer with all of its headers, its bytes, and the template of its route."""
    with world.lock:
        world.prefix = ask.prefix
        try:
            return _answer(world, ask)
        finally:
            world.prefix = ""


def _answer(world: World, ask: Ask) -> tuple[Reply, bytes, str]:
    found, whose = find_rule(ask.method, ask.path), ""
    needs: tuple[str, ...] = ()
    if found is None:
        reply = _miss(world, f"{ask.method} {ask.path}")
    else:
        needs = found[0].needs
        try:
            call = _identify(world, ask, *found)
            whose = count_for(call.token, call.app)
            reply = found[0].handle(call)
        except Refusal as refusal:
            reply = refuse(refusal)
        except Unserved as wish:
            reply = _miss(world, str(wish))
    body = b"" if reply.body is None else json.dumps(reply.body, separators=(",", ":")).encode()
    reply = replace(reply, headers={**_head(world, ask, reply, needs), **reply.headers})
    reply, body = _compare(ask, reply, body)
    spend(world, whose, reply, ask)
    return reply, body, found[0].template if found else ""


def _miss(world: World, wish: str) -> Reply:
    world.unserved.append(wish)
    return Reply({"message": f"The sandbox does not serve this: {wish}", "documentation_url": _DOCS}, 501)


def refuse(refusal: Refusal) -> Reply:
    """Return a refusal as GitHub words it."""
    body: Json = {"message": refusal.message}
    if refusal.errors is not None:
        body["errors"] = refusal.errors
    return Reply({**body, "documentation_url": _DOCS, "status": str(refusal.status)}, refusal.status)


def _identify(world: World, ask: Ask, matched: Rule, params: Mapping[str, object]) -> Call:
    bearer = read_bearer(ask.headers.get("authorization", ""))
    if matched.needs == ("app",):
        return Call(world, ask, params, app=_need_app(world, bearer))
    if bearer is None and matched.needs != ("open",):
        raise Refusal(401, "Requires authentication")
    if bearer is not None and bearer.count(".") == 2:  # noqa: PLR2004 - a JWT has three parts
        find_app(world, bearer)
        raise Refusal(403, "A JSON web token may not be used for this endpoint")
    token = find_token(world, bearer) if bearer else None
    place = None
    if "owner" in params and "repo" in params and token:
        place = world.repository(f"{params['owner']}/{params['repo']}")
        if not token.sees(place):
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
    if token:
        permit(token, matched.needs, place)
    return Call(world, ask, params, token, place=place)


def _need_app(world: World, bearer: str | None) -> App:
    if bearer is None:
        raise Refusal(401, "A JSON web token could not be decoded")
    return find_app(world, bearer)


def permit(token: Token, needs: tuple[str, ...], place: Repository | None) -> None:
    """Refuse what a token does not allow; one of *needs* is enough."""
    wanted = [tuple(need.split("=")) for need in needs if "=" in need]
    if wanted and not any(token.allows(permission, level, place) for permission, level in wanted):
        said = "Resource not accessible by integration"
        if token.actor.installation is None:
            said = "Must have admin rights to Repository." if any(w[1] == "write" for w in wanted) else "Not Found"
        raise Refusal(403, said, kind="FORBIDDEN")


def _head(world: World, ask: Ask, reply: Reply, needs: tuple[str, ...]) -> dict[str, str]:
    number = world.number("request")
    head = {
        "x-github-request-id": f"{number & 0xFFFF:04X}:{number:06X}:SANDBOX",
        "x-github-media-type": "github.v3; format=json",
        "x-github-api-version-selected": ask.headers.get("x-github-api-version", "2022-11-28"),
        "content-type": "application/json; charset=utf-8",
    }
    permissions = [need for need in needs if "=" in need]
    if permissions:
        head["x-accepted-github-permissions"] = "; ".join(permissions)
    if reply.body is None:
        del head["content-type"]
    return head


def _compare(ask: Ask, reply: Reply, body: bytes) -> tuple[Reply, bytes]:
    """Give a read its ETag; answer 304 to who has it already."""
    if ask.method != "GET" or reply.status != 200:  # noqa: PLR2004 - only whole answers are compared
        return reply, body
    tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
    headers = {**reply.headers, "etag": tag, "cache-control": "private, max-age=60, s-maxage=60"}
    known = {each.strip().removeprefix("W/") for each in ask.headers.get("if-none-match", "").split(",")}
    if tag.removeprefix("W/") in known:
        return replace(reply, status=304, headers=headers, body=None), b""
    return replace(reply, headers=headers), body


def spend(world: World, whose: str, reply: Reply, ask: Ask) -> None:
    """Count a request against its hour, and tell the count in the headers; an unchanged answer costs nothing."""
    resource = "graphql" if ask.path.endswith("graphql") else "core"
    key = (whose, resource)
    if reply.status != 304 and ask.path != "/rate_limit":  # noqa: PLR2004 - 304 costs nothing
        world.spent[key] = world.spent.get(key, 0) + 1
    used = world.spent.get(key, 0)
    assert isinstance(reply.headers, dict)
    reply.headers.update(
        {
            "x-ratelimit-limit": str(LIMIT),
            "x-ratelimit-remaining": str(max(0, LIMIT - used)),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str(world.reset()),
            "x-ratelimit-resource": resource,
        }
    )
