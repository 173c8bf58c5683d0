"""Real git over real HTTP, for mirrors: `git http-backend` behind a small server that can fail on demand."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "ghs_" + "a1B2" * 9


class Backend(ThreadingHTTPServer):
    """Serves the bare repositories of a folder to who shows the token; counts what it was asked."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.tokens = {TOKEN}
        self.asked: list[str] = []
        """What was asked: `info/refs`, `git-upload-pack`."""
        self.faults: list[int | None] = []
        """Statuses that the next requests get; None: the right answer; 0: none until the server is closed."""
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Backend
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        """Answer git's first question."""
        self._serve()

    def do_POST(self) -> None:
        """Answer git's second question."""
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append(self.path.partition("?")[0].rpartition(".git/")[2])
        fault = self.server.faults.pop(0) if self.server.faults else None
        shown = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        if fault == 0:
            self.server.closing.wait(30)
            self.close_connection = True
        elif fault:
            self._answer(fault, [("Location", f"{self.server.url}/acme/other.git/info/refs")] if fault == 301 else [])
        elif shown.removeprefix("x-access-token:") not in self.server.tokens:
            self._answer(401, [("WWW-Authenticate", 'Basic realm="GitHub"')])
        else:
            head, _, content = self._run(body).partition(b"\r\n\r\n")
            headers = [(k, v) for k, _, v in (line.partition(": ") for line in head.decode().split("\r\n"))]
            status = next((int(v[:3]) for k, v in headers if k == "Status"), 200)
            self._answer(status, [(k, v) for k, v in headers if k != "Status"], content)

    def _run(self, body: bytes) -> bytes:
        path, _, query = self.path.partition("?")
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        return subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=True).stdout

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serve(root: Path) -> Iterator[Backend]:
    """Serve the bare repositories below *root* for a while."""
    root.mkdir(exist_ok=True)
    with Backend(root) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


class Keys:
    """A credential that a test holds: its tokens one after another."""

    def __init__(self, *tokens: str) -> None:
        """Begin with the first of *tokens*; the last is never used up."""
        self.tokens = list(tokens or (TOKEN,))
        self.dropped: list[str] = []

    def read(self) -> str:
        """Return the token of the moment."""
        return self.tokens[0]

    def drop(self, token: str) -> None:
        """Go on to the next token."""
        self.dropped.append(token)
        if len(self.tokens) > 1:
            self.tokens.pop(0)
