"""A gidgethub app on aiohttp as its documentation shows one: signature check, parse, a handler that does nothing."""

from __future__ import annotations

import os

from aiohttp import web
from gidgethub import routing, sansio  # type: ignore[import-not-found] # installed into an environment of its own, for the bench only

router = routing.Router()


async def ignore(_event: sansio.Event) -> None:
    """Do nothing about a comment."""


async def receive(request: web.Request) -> web.Response:
    """Check the signature, parse, dispatch, answer."""
    event = sansio.Event.from_http(request.headers, await request.read(), secret=os.environ["SECRET"])
    await router.dispatch(event)
    return web.Response(status=200)


if __name__ == "__main__":
    router.add(ignore, "issue_comment", action="created")
    app = web.Application(client_max_size=25 << 20)
    app.router.add_post("/webhook", receive)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
