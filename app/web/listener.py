"""An address that this process listens at, and the HTTP server on it."""

from __future__ import annotations

import os
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import uvicorn

from contracts.error import Complaint

if TYPE_CHECKING:
    from starlette.applications import Starlette

_CONNECTIONS = 1000
_ENDING_S = 10


def take(host: str, port: int, mend: str) -> socket.socket:
    """Take an address; the caller closes it. Port 0 takes a free one.

    Raises:
        Complaint: the address is taken, or is none of this machine; *mend* says what to do then.
    """
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Complaint(f"{host}, port {port}, cannot be listened at: {explain(error)}", mend=mend) from error
    # asyncio sets this on sockets that it made itself; without it an answer waits 40 ms for the sender's next packet.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def name(listener: socket.socket) -> str:
    """Return the address under which a listener is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def explain(error: OSError) -> str:
    """Return the system's words for an error, without paths and addresses."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


class Server(uvicorn.Server):
    """uvicorn, which leaves the signals to whoever runs it; setting `should_exit` ends it."""

    def __init__(self, service: Starlette) -> None:
        """Serve *service*; nothing is logged but warnings, and no header says what serves."""
        super().__init__(
            uvicorn.Config(
                service,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=_ENDING_S,
            )
        )

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Capture none."""
        return nullcontext()
