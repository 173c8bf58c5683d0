"""The control routes: the hand of a story over HTTP, for a sandbox in a process of its own."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from app.sandbox.hand import Hand
from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

VERBS = frozenset(name for name in dir(Hand) if not name.startswith("_"))
"""What can be called."""


def pack(value: Any) -> Any:
    """Return a value that JSON can carry: bytes become `{"base64": …}`, tuples lists."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: pack(inner) for key, inner in value.items()}
    return [pack(inner) for inner in value] if isinstance(value, list | tuple) else value


def unpack(value: Any) -> Any:
    """Return what `pack` was given."""
    if isinstance(value, dict) and value.keys() == {"base64"}:
        return base64.b64decode(value["base64"], validate=True)
    if isinstance(value, dict):
        return {key: unpack(inner) for key, inner in value.items()}
    return [unpack(inner) for inner in value] if isinstance(value, list) else value


def add_control(app: FastAPI, hand: Hand) -> None:
    """Serve `POST /_sandbox/{verb}` with `{"args": […], "kwargs": {…}}`; the answer is what the verb returns."""

    async def _call(request: Request) -> JSONResponse:
        verb = request.path_params["verb"]
        if verb not in VERBS:
            return JSONResponse({"error": f"{verb} is no verb of the sandbox"}, 404)
        try:
            wish = unpack(await request.json())
            args, kwargs = wish.get("args", []), wish.get("kwargs", {})
            return JSONResponse(pack(await run_in_threadpool(getattr(hand, verb), *args, **kwargs)))
        except Refusal as refusal:
            return JSONResponse({"error": refusal.message}, refusal.status)
        except (TypeError, ValueError, LookupError, StopIteration, AttributeError, binascii.Error) as error:
            return JSONResponse({"error": f"{verb}: {error!r}"}, 400)

    app.add_route("/_sandbox/{verb}", _call, methods=["POST"], include_in_schema=False)
