"""A service that listens on this machine, a shelf that stands in for the inbox, and webhooks as GitHub signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import structlog
import uvicorn
from pydantic import SecretStr

from app.queue.delivery import Counts
from app.web.metric import Metrics
from app.web.service import build
from app.web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.queue.delivery import Delivery

SECRET = "it is a secret to everybody"  # noqa: S105 - the secret of these stories
EVENTS = frozenset({"issue_comment", "pull_request", "installation", "installation_repositories"})
PAYLOAD = {"action": "created", "repository": {"full_name": "acme/hello"}, "comment": {"body": "/discharge X-001"}}
BODY = json.dumps(PAYLOAD).encode()
LIMIT = 10.0


def sign(body: bytes, secret: str = SECRET) -> str:
    """Return the signature as GitHub computes it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def head(body: bytes = BODY, event: str = "issue_comment", delivery: str = "guid-1", **other: str) -> dict[str, str]:
    """Return the headers of a webhook; *other* adds some, with `_` for `-`, and an empty one takes one away."""
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": sign(body),
    }
    headers |= {name.replace("_", "-"): value for name, value in other.items()}
    return {name: value for name, value in headers.items() if value}


@dataclass
class Shelf:
    """An inbox in memory, where the inbox is not what a story is about."""

    stored: dict[str, Delivery] = field(default_factory=dict)
    broken: Exception | None = None

    async def store(self, delivery: Delivery) -> bool:
        """Keep a delivery, unless the shelf is broken."""
        if self.broken:
            raise self.broken
        new = delivery.id not in self.stored
        self.stored[delivery.id] = delivery
        return new

    async def counts(self) -> Counts:
        """Return that everything waits."""
        if self.broken:
            raise self.broken
        return Counts(len(self.stored), 0, 0, 1.5)


@dataclass
class Place:
    """A running service: its address, its shelf, and a client of it."""

    url: str
    shelf: Shelf
    client: httpx.Client
    data: Path
    app: Any

    def post(self, body: bytes = BODY, headers: dict[str, str] | None = None) -> httpx.Response:
        """Send a webhook."""
        return self.client.post("/webhook", content=body, headers=head(body) if headers is None else headers)

    def send(self, raw: bytes, *, end: bool = False) -> bytes:
        """Send bytes as they are, *end* what is sent, and return everything that comes back."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=LIMIT) as link:
            with suppress(OSError):  # a service that has answered may have closed already
                link.sendall(raw)
            if end:
                link.shutdown(socket.SHUT_WR)
            return _receive(link)


def _receive(link: socket.socket) -> bytes:
    data = bytearray()
    with suppress(OSError):
        while chunk := link.recv(65536):
            data += chunk
    return bytes(data)


def make_settings(data: Path, **changes: Any) -> Settings:
    """Return settings with keys that no story looks at."""
    values: dict[str, Any] = {
        "app_id": 7,
        "private_key": SecretStr("unused"),
        "webhook_secret": SecretStr(SECRET),
        "signing_key": SecretStr("unused"),
        "github_url": "http://127.0.0.1:9",
        "database": SecretStr(f"sqlite:///{data}/discharge.sqlite"),
        "data": data,
        "host": "127.0.0.1",
        "port": 0,
        "gpu_slots": 1,
        "log": "json",
    }
    return Settings(**{**values, **changes})


@contextmanager
def open_place(data: Path) -> Iterator[Place]:
    """Serve on a free port of this machine until the block is left."""
    shelf = Shelf()
    service = build(shelf, make_settings(data), Metrics(), EVENTS)
    config = uvicorn.Config(service, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        deadline = time.monotonic() + LIMIT
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            with httpx.Client(base_url=url, timeout=LIMIT) as client:
                yield Place(url, shelf, client, data, service)
        finally:
            server.should_exit = True
            thread.join(LIMIT)


@contextmanager
def keep_log() -> Iterator[None]:
    """Whatever configures the log inside, the log of the tests comes back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
