"""The server: GitHub's REST, GraphQL and git on one port, with faults, and a record of every request."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import Response, StreamingResponse

from app.sandbox.control import add_control
from app.sandbox.desk import answer
from app.sandbox.fault import LATE, Fault, fail
from app.sandbox.model import Exchange
from app.sandbox.storage import add_storage
from app.sandbox.table import Ask, Reply
from app.sandbox.transport import is_git, serve

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from app.sandbox.hand import Hand
    from app.sandbox.world import World

BODY_LIMIT = 64 * 2**20
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


class Silence(Response):
    """No answer at all: the connection is closed after *seconds*, or as soon as the client gives up."""

    def __init__(self, seconds: float) -> None:
        """Stay silent for *seconds*."""
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then end the connection without a byte."""
        _ = send
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            scope["app"].state.abort(scope["client"])
            while (await receive())["type"] != "http.disconnect":
                pass


def build(world: World, hand: Hand) -> FastAPI:
    """Return the application of one world; *hand* is what the control routes call."""
    app = FastAPI(title="discharge sandbox", openapi_url=None)
    add_control(app, hand)
    add_storage(app, world)

    async def _serve(request: Request) -> Response:
        return await (_serve_git if is_git(request.url.path) else _serve_api)(world, request)

    app.add_route("/{path:path}", _serve, methods=_METHODS, include_in_schema=False)
    return app


async def _serve_git(world: World, request: Request) -> Response:
    ask = Ask(request.method, request.url.path, request.url.query)
    fault = world.faults.take(ask, "")
    if fault is not None and fault.kind not in LATE:
        return _respond(*_render(fail(fault)))
    response = await serve(world, request)
    _record(world, Exchange(ask.method, ask.path, ask.query, "", "git", response.status_code))
    if fault is None:
        return response
    if isinstance(response, StreamingResponse):
        async for _ in response.body_iterator:
            continue
    return _break(fault)


async def _serve_api(world: World, request: Request) -> Response:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            return Response("too large", 413)
    ask = read_ask(request, bytes(body))
    operation = read_operation(ask)
    fault = world.faults.take(ask, operation)
    if fault is not None and fault.kind not in LATE:
        (reply, shown), route = _render(fail(fault, operation)), f"fault: {fault.kind}"
    else:
        reply, shown, route = await asyncio.to_thread(answer, world, ask)
    told = (ask.method, quote(ask.path), ask.query, operation, route, reply.status)
    _record(world, Exchange(*told, ask.body, dict(reply.headers), shown))
    return _break(fault) if fault is not None and fault.kind in LATE else _respond(reply, shown)


def _record(world: World, exchange: Exchange) -> None:
    with world.lock:
        for listener in world.on_exchange:
            listener(exchange)
        world.exchanges.append(exchange.bare())


def read_ask(request: Request, body: bytes) -> Ask:
    """Return a request with the prefix of GHES told apart from its path."""
    path, prefix = request.url.path, ""
    if path == "/api/graphql":
        path, prefix = "/graphql", "/api/v3"
    elif path.startswith("/api/v3/"):
        path, prefix = path.removeprefix("/api/v3"), "/api/v3"
    headers = {key.lower(): value for key, value in request.headers.items()}
    return Ask(request.method, path, request.url.query, headers, body, prefix)


def read_operation(ask: Ask) -> str:
    """Return kind, name and root fields of a GraphQL request in one line; nothing for REST."""
    if ask.path != "/graphql":
        return ""
    from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse  # noqa: PLC0415 - only GraphQL pays for it

    try:
        document = parse(json.loads(ask.body)["query"])
    except (ValueError, KeyError, TypeError, RecursionError, GraphQLError):
        return "unreadable"
    words: list[str] = []
    for part in document.definitions:
        if isinstance(part, OperationDefinitionNode):
            words.append(part.operation.value)
            words += [part.name.value] if part.name else []
            words += [each.name.value for each in part.selection_set.selections if isinstance(each, FieldNode)]
    return " ".join(words)


def _render(reply: Reply) -> tuple[Reply, bytes]:
    return reply, b"" if reply.body is None else json.dumps(reply.body).encode()


def _respond(reply: Reply, body: bytes) -> Response:
    headers = {"content-type": "application/json; charset=utf-8", **reply.headers}
    if reply.body is None:
        headers.pop("content-type")
    return Response(body, reply.status, headers)


def _break(fault: Fault) -> Response:
    if fault.kind == "bad_gateway_after":
        return _respond(*_render(fail(fault)))
    return Silence(fault.seconds if fault.kind == "timeout" else 0.0)
