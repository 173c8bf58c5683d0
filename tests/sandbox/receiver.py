"""An app's webhook endpoint for the stories: keeps what comes, and answers as it is told."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

SECRET = "an open secret"  # noqa: S105 - the stories' own


@dataclass(frozen=True, slots=True)
class Heard:
    """One webhook that came in; *signed* if its signature is right."""

    event: str
    guid: str
    headers: dict[str, str]
    payload: dict[str, Any]
    signed: bool

    @property
    def name(self) -> str:
        """Return event and action: `pull_request.opened`."""
        return ".".join([self.event, *([self.payload["action"]] if "action" in self.payload else [])])


class Receiver:
    """An endpoint on a loopback port."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status = 202
        receiver = self

        class _Handler(BaseHTTPRequestHandler):
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {key.lower(): value for key, value in self.headers.items()}
                wanted = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
                signed = hmac.compare_digest(headers.get("x-hub-signature-256", ""), wanted)
                names = (headers["x-github-event"], headers["x-github-delivery"])
                receiver.heard.append(Heard(*names, headers, json.loads(body), signed))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def names(self) -> list[str]:
        """Return events and actions in the order in which they came."""
        return [each.name for each in self.heard]

    def last(self, name: str) -> dict[str, Any]:
        """Return the newest payload of an event and action."""
        return next(each.payload for each in reversed(self.heard) if each.name == name)
