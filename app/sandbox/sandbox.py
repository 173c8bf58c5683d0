"""The sandbox itself: a world, its server on a loopback port, its courier; begun and ended together."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import uvicorn

from app.sandbox.courier import Courier
from app.sandbox.hand import Hand
from app.sandbox.server import build
from app.sandbox.world import World

if TYPE_CHECKING:
    from types import TracebackType

_GRACE = 10.0


class _Server(uvicorn.Server):
    """A server that ends at once when its bell rings, instead of looking ten times a second."""

    async def main_loop(self) -> None:
        """Wait for the bell."""
        self.loop, self.bell = asyncio.get_running_loop(), asyncio.Event()
        if not self.should_exit:
            await self.bell.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all connections at once; what still works on an answer has a second."""
        _ = sockets
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1.0)

    def ring(self) -> None:
        """End."""
        self.should_exit = True
        if hasattr(self, "bell"):
            self.loop.call_soon_threadsafe(self.bell.set)

    def abort(self, client: tuple[str, int]) -> None:
        """Close the connection of a client without a word."""
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport is not None and tuple(transport.get_extra_info("peername") or ()) == tuple(client):
                transport.abort()


class Sandbox(Hand):
    """A GitHub of our own on a loopback port; use it in `with`."""

    def __init__(self, folder: Path | None = None, *, port: int = 0) -> None:
        """Listen on *port* (0: any free one); repositories go below *folder* (None: a temporary one)."""
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if folder is None else None
        place = Path(self._temporary.name) if self._temporary else folder
        assert place is not None
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # so that asyncio sets no delay
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(256)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        world = World(place, self.url)
        super().__init__(world, Courier(world))
        app = build(world, self)
        settings = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", loop="asyncio", http="h11", ws="none",
            server_header=False, date_header=False,
        )  # fmt: skip
        self._server = _Server(settings)
        app.state.abort = self._server.abort
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        """Begin to serve and to deliver."""
        self._thread.start()
        self.courier.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: nothing is left running."""
        self.courier.close()
        self._server.ring()
        self._thread.join(_GRACE)
        self._socket.close()
        self.world.close()
        if self._temporary is not None:
            self._temporary.cleanup()
