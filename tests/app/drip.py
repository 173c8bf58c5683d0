"""A host that sends what a story says, byte by byte if it likes, over a bare socket."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ssl import SSLContext

    Said = Callable[[], Iterable[bytes]]


class Host:
    """Answers every request of every connection with the same pieces, and a pause in s after each."""

    def __init__(self, said: Said, pause: float, tls: SSLContext | None) -> None:
        """Listen on a free port of this machine."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._said, self._pause, self._tls = said, pause, tls
        self.closing = threading.Event()
        self.connections = self.requests = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Serve until closed, one connection after the other."""
        self._listener.settimeout(0.02)
        while not self.closing.is_set():
            with suppress(OSError):
                line, _ = self._listener.accept()
                self.connections += 1
                line.settimeout(1.0)
                with self._tls.wrap_socket(line, server_side=True) if self._tls else line as open_:
                    self._answer(open_)
        self._listener.close()

    def _answer(self, line: socket.socket) -> None:
        while line.recv(1 << 16):
            self.requests += 1
            for piece in self._said():
                line.sendall(piece)
                if self.closing.wait(self._pause):
                    return


@contextmanager
def drip(said: Said, pause: float = 0.02, tls: SSLContext | None = None) -> Iterator[Host]:
    """Have a host for a while."""
    host = Host(said, pause, tls)
    thread = threading.Thread(target=host.serve)
    thread.start()
    try:
        yield host
    finally:
        host.closing.set()
        thread.join()


def bytewise(data: bytes) -> Iterator[bytes]:
    """Yield each byte."""
    return (data[at : at + 1] for at in range(len(data)))
