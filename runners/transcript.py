"""What a running program says: each stream by itself, and both merged in the order of their arrival."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Stream = Literal["stdout", "stderr"]

_BUFFERED = 4096
"""From this size on a piece is a buffer that a program (or the pipe) cut somewhere, and not a line that it meant."""


class Transcript:
    """Takes pieces as they arrive, at most *limit* bytes of both streams together.

    A character is never torn by the other stream, and neither is a line that a full buffer cut in
    two: its beginning waits for its end. A short piece without a line end is merged at once,
    because the program meant it to be seen then.
    """

    def __init__(self, limit: int, heard: Callable[[str], None] | None = None) -> None:
        """Bound both streams together to *limit* bytes; *heard* is called with each merged piece."""
        self.limit = self._room = limit
        self._heard = heard
        self._streams = {"stdout": bytearray(), "stderr": bytearray()}
        self._waiting = {"stdout": bytearray(), "stderr": bytearray()}
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in self._streams}
        self._merged = bytearray()
        self.full = False

    def add(self, stream: Stream, data: bytes) -> None:
        """Take one piece; what is over the bound is dropped, and *full* set."""
        kept = data[: self._room]
        self.full = self.full or len(kept) < len(data)
        self._room -= len(kept)
        self._streams[stream] += kept
        whole = self._decoders[stream].decode(kept).encode()
        end = whole.rfind(b"\n") + 1 if len(data) >= _BUFFERED else len(whole)
        if end:
            self._merge(stream, whole[:end])
        self._waiting[stream] += whole[end:]

    def finish(self) -> None:
        """Merge what still waits for an end that never came."""
        for stream, decoder in self._decoders.items():
            self._merge(stream, decoder.decode(b"", final=True).encode())

    def text(self, stream: Stream) -> str:
        """Return one stream, decoded."""
        return self._streams[stream].decode("utf-8", "replace")

    @property
    def merged(self) -> str:
        """Both streams in the order of their arrival."""
        return self._merged.decode()

    def _merge(self, stream: str, data: bytes) -> None:
        piece = bytes(self._waiting[stream]) + data
        self._waiting[stream].clear()
        self._merged += piece
        if self._heard and piece:
            self._heard(piece.decode())
