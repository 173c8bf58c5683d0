"""The storage of artifacts: bytes at an address that nobody can guess, and that wants no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from app.sandbox.act.artifact import STORAGE

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from app.sandbox.world import World


def add_storage(app: FastAPI, world: World) -> None:
    """Serve what lies at an address; a request with a token is refused, as the real storage refuses it."""

    async def _get(request: Request) -> Response:
        if "authorization" in request.headers:
            return Response("<Error><Code>InvalidAuthenticationInfo</Code></Error>", 401, None, "application/xml")
        with world.lock:
            found = world.addresses.get(request.path_params["key"])
        if found is None:
            return Response("<Error><Code>AuthenticationFailed</Code></Error>", 403, None, "application/xml")
        return Response(found.data, 200, None, "application/zip")

    app.add_route(f"{STORAGE}{{key}}", _get, methods=["GET"], include_in_schema=False)
