"""Receiving the body of a request: bounded in size, in time, and in what all bodies hold together."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from app.hook.body import LARGEST
from app.web.envelope import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

_TOO_LARGE = Refusal(413, "large", f"The body is larger than {LARGEST >> 20} MB, the most that GitHub sends.")
_FULL = Refusal(503, "full", "Too many large bodies are on their way; try again later.")
_ENDED = Refusal(400, "malformed", "The body ended early.")


class Room:
    """The memory that bodies may take, all together: *most* bytes. A body gets *patience* seconds to arrive."""

    def __init__(self, most: int = 4 * LARGEST, patience: float = 30.0) -> None:
        """Begin with nothing held."""
        self._most, self._patience, self._held = most, patience, 0

    @asynccontextmanager
    async def receive(self, request: Request) -> AsyncIterator[bytes | Refusal]:
        """Yield the whole body of *request*, or why there is none; its memory counts until the block is left."""
        body = bytearray()
        try:
            yield _foresee(request) or await self._gather(request, body) or bytes(body)
        finally:
            self._held -= len(body)

    async def _gather(self, request: Request, body: bytearray) -> Refusal | None:
        """Append what arrives to *body*, whatever length was announced."""
        try:
            async with asyncio.timeout(self._patience):
                async for chunk in request.stream():
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > LARGEST or self._held > self._most:
                        return _TOO_LARGE if len(body) > LARGEST else _FULL
        except TimeoutError:
            return Refusal(408, "late", f"The body did not arrive within {self._patience:g} seconds.")
        except ClientDisconnect:
            return _ENDED
        return None


def _foresee(request: Request) -> Refusal | None:
    """Refuse what says itself that it is too large, before any of it is read."""
    length = request.headers.get("content-length", "0")
    return _TOO_LARGE if length.isdecimal() and int(length) > LARGEST else None
