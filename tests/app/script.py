"""A server that answers from a script, request by request, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Line:
    """One answer: *how* may be `reset` (closed without an answer) or `silent` (none until the server is closed)."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    how: str = ""


class Script(ThreadingHTTPServer):
    """Answers with *lines* in order, then with an empty object."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lines: list[Line] = []
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path, body from JSON."""
        self.shown: list[str] = []
        """The `Authorization` of each request."""
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Script
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def __getattr__(self, name: str) -> Any:
        """Answer every method the same way."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.command, self.path, json.loads(data) if data else None))
        self.server.shown.append(self.headers.get("Authorization", ""))
        line = self.server.lines.pop(0) if self.server.lines else Line()
        if line.how:
            self._fail(line.how)
            return
        body = line.body if isinstance(line.body, bytes) else json.dumps(line.body).encode()
        self.send_response(line.status)
        for name, value in {"Content-Length": str(len(body)), **line.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, how: str) -> None:
        self.close_connection = True
        if how == "silent":
            self.server.closing.wait(30)
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def perform() -> Iterator[Script]:
    """Serve a script for a while."""
    with Script() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
