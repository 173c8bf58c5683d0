"""The HTTP service: webhooks in, and how the process is. It answers once a delivery is stored, and not earlier.

Starlette without FastAPI on top of it: a webhook is raw bytes, and FastAPI costs 0.35 s of the 1.5 s of the start.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

import structlog
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.queue.delivery import Delivery
from app.queue.writer import Unstored
from app.web import log
from app.web.envelope import Envelope, Refusal, read
from app.web.intake import Room
from app.web.metric import CONTENT_TYPE

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from app.queue.delivery import Counts
    from app.web.metric import Metrics
    from app.web.settings import Settings

_RETRY_S = 30
_SMALL = 1 << 20
_ANSWER_S = 2.0
_QUIET_S = 10.0
_log = structlog.stdlib.get_logger("service")


class Inbox(Protocol):
    """Where deliveries are stored."""

    async def store(self, delivery: Delivery) -> bool:
        """Return once *delivery* is durable; False if it was before. Raise `Unstored` if it cannot be."""

    async def counts(self) -> Counts:
        """Return how the inbox stands, read from the database; raise if that does not answer."""


def build(inbox: Inbox, settings: Settings, metrics: Metrics, events: frozenset[str]) -> Starlette:
    """Return the service.

    `POST /webhook` (and `/`) answers 202 stored, now or before; 204 not of interest; 400 malformed; 401 not signed
    with this App's secret; 408 too slow; 413 larger than GitHub sends; 415 a form; 503 cannot be stored now.
    `/healthz` says that the process lives, `/readyz` whether it can store, `/metrics` what it did. Once
    `state.closing` is True, `/readyz` answers 503, so that nobody sends anything new.

    Args:
        inbox: where deliveries go.
        settings: the webhook's secret, and the folder for data.
        metrics: where everything is counted.
        events: the names of the events that are stored.
    """
    door = _Door(inbox, settings.webhook_secret.get_secret_value().encode(), metrics, events)
    desk = _Desk(inbox, settings.data, metrics)
    service = Starlette(
        routes=[
            Route("/webhook", door.receive, methods=["POST"]),
            Route("/", door.receive, methods=["POST"]),
            Route("/healthz", desk.live),
            Route("/readyz", desk.ready),
            Route("/metrics", desk.meter),
        ]
    )
    service.state.closing = False
    return service


class _Door:
    """Receives webhooks."""

    def __init__(self, inbox: Inbox, secret: bytes, metrics: Metrics, events: frozenset[str]) -> None:
        self._inbox, self._secret, self._metrics, self._events = inbox, secret, metrics, events
        self._room, self._warned = Room(), float("-inf")

    async def receive(self, request: Request) -> Response:
        received = time.time()
        async with self._room.receive(request) as body:
            if isinstance(body, Refusal):
                return self._refuse(body, close=True)
            # A large body is hashed in a thread, so that others need not wait for it.
            examined = (request.headers.items(), body, self._secret, self._events)
            found = read(*examined) if len(body) < _SMALL else await asyncio.to_thread(read, *examined)
            if isinstance(found, Refusal):
                return self._refuse(found)
            with log.about(found.delivery, found.event, found.repository):
                return await self._store(found, body, received)

    async def _store(self, envelope: Envelope, body: bytes, received: float) -> Response:
        begun = time.perf_counter()
        try:
            new = await self._inbox.store(
                Delivery(envelope.delivery, envelope.event, envelope.repository, body, received)
            )
        except Unstored as reason:
            self._metrics.answer(envelope.event, "unstored")
            _log.error("not stored", reason=str(reason))
            return _tell(503, "The delivery cannot be stored now; send it again later.")
        seconds = time.perf_counter() - begun
        self._metrics.store(seconds)
        self._metrics.answer(envelope.event, "stored" if new else "known")
        _log.info("stored" if new else "known before", seconds=round(seconds, 4), size=len(body))
        known = {} if new else {"known": True}
        return JSONResponse({"delivery": envelope.delivery, **known}, 202)

    def _refuse(self, refusal: Refusal, *, close: bool = False) -> Response:
        self._metrics.answer(refusal.event, refusal.outcome)
        if refusal.outcome == "ignored":
            return Response(status_code=204)
        # Anybody can send what is not signed: that must not fill the disk with log lines. The metrics count it all.
        signed = not close and refusal.outcome != "unsigned"
        if signed or time.monotonic() - self._warned > _QUIET_S:
            self._warned = self._warned if signed else time.monotonic()
            _log.warning("refused", status=refusal.status, reason=refusal.sentence, hook=refusal.event)
        return _tell(refusal.status, refusal.sentence, close=close)


class _Desk:
    """Tells how the process is."""

    def __init__(self, inbox: Inbox, data: Path, metrics: Metrics) -> None:
        self._inbox, self._data, self._metrics = inbox, data, metrics
        self._one = asyncio.Lock()

    async def live(self, _request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(self, request: Request) -> Response:
        async with self._one:  # a crowd that asks does not become a crowd that writes
            faults = {
                "service": "closing" if request.app.state.closing else "",
                "inbox": "" if await self._count() else "its database does not answer",
                "disk": await asyncio.to_thread(_try_disk, self._data),
            }
        ready = not any(faults.values())
        told = {"ready": ready, **{key: fault or "ok" for key, fault in faults.items()}}
        return JSONResponse(told, HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def meter(self, request: Request) -> Response:
        names = request.query_params.getlist("name[]")  # as every client of Prometheus answers it
        return Response(self._metrics.render(await self._count(), names), media_type=CONTENT_TYPE)

    async def _count(self) -> Counts | None:
        """Return how the inbox stands, or None if it does not say so in time."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await self._inbox.counts()
        except Exception:  # noqa: BLE001 - whatever it is, the inbox does not answer, and the log says why
            _log.exception("the inbox does not answer")
            return None


def _try_disk(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
    except OSError as error:
        return f"the data folder cannot be written: {error.strerror}"
    return ""


def _tell(status: int, sentence: str, *, close: bool = False) -> Response:
    """Return a refusal; *close* ends the connection, on which the rest of a body may still arrive."""
    headers = {"Connection": "close"} if close else {}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(_RETRY_S)
    return JSONResponse({"error": sentence}, status, headers)
