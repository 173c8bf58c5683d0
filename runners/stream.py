"""An answer over HTTP that ends: it has a time for all of it, and a size.

A socket's time limit is for one silence, and starts anew with every byte: a host that sends one every few seconds
holds a request for as long as it likes, in the body or in the headers. What is read here has one latest moment.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from urllib3 import PoolManager


class Endless(Exception):  # noqa: N818 - what it says is what came
    """An answer that does not end in its time, or in its size."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The *seconds* that an answer has from the end of its request on, and the bytes that all of it may have."""

    seconds: float
    size: int


def bind(manager: PoolManager, bound: Bound) -> None:
    """Have every answer end in its bound that comes over connections which *manager* opens; else it is `Endless`."""
    kinds = {scheme: partial(_open, kind, bound) for scheme, kind in manager.pool_classes_by_scheme.items()}
    manager.pool_classes_by_scheme = cast("Any", kinds)  # it calls them, and nothing else


def _open(kind: Callable[..., Any], bound: Bound, *place: Any, **more: Any) -> Any:
    pool = kind(*place, **more)
    pool.ConnectionCls = partial(_connect, pool.ConnectionCls, bound)
    return pool


def _connect(kind: Callable[..., Any], bound: Bound, *place: Any, **more: Any) -> Any:
    connection = kind(*place, **more)
    connection.response_class = partial(_Answer, bound)
    return connection


class _Answer(HTTPResponse):
    """An answer whose bytes come through a source with bounds."""

    def __init__(self, bound: Bound, sock: socket, *more: Any, **named: Any) -> None:
        super().__init__(sock, *more, **named)
        self.fp = BufferedReader(_Source(self.fp.detach(), sock, bound))


class _Source(RawIOBase):
    """What comes over a socket, until one moment, and so many bytes."""

    def __init__(self, raw: RawIOBase, sock: socket, bound: Bound) -> None:
        self._raw, self._sock, self._bound = raw, sock, bound
        self._latest, self._room = time.monotonic() + bound.seconds, bound.size
        self._silence = sock.gettimeout() or math.inf

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, or wait for it."""
        self._sock.settimeout(min(self._silence, self._find_rest()))
        try:
            taken = self._raw.readinto(buffer)
        except TimeoutError:
            self._find_rest()  # which of the two it was
            raise
        self._room -= taken or 0
        if self._room < 0:
            raise Endless(f"an answer of more than {self._bound.size:,} bytes")
        return taken

    def close(self) -> None:
        """Let go of the socket."""
        with suppress(OSError):  # it is closed already
            self._sock.settimeout(None if self._silence == math.inf else self._silence)  # it may serve once more
        self._raw.close()
        super().close()

    def _find_rest(self) -> float:
        """Return the seconds that are left."""
        rest = self._latest - time.monotonic()
        if rest <= 0:
            raise Endless(f"an answer that did not end within {self._bound.seconds:g} s")
        return rest
