"""The hand of a story that acts in a sandbox of another process."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.sandbox.control import VERBS, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT = 120.0


class Rejected(Exception):  # noqa: N818 - the sandbox rejects a verb; nothing here erred
    """The sandbox could not do what a verb says."""


class Remote:
    """The same verbs as `Hand` has, sent to a sandbox that runs elsewhere."""

    def __init__(self, url: str) -> None:
        """Act in the sandbox at *url*."""
        self.url = url

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        """Return a verb."""
        if verb not in VERBS:
            raise AttributeError(verb)
        return lambda *args, **kwargs: self._call(verb, {"args": args, "kwargs": kwargs})

    def _call(self, verb: str, wish: dict[str, Any]) -> Any:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        try:
            body = json.dumps(pack(wish)).encode()
            connection.request("POST", f"/_sandbox/{verb}", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise Rejected(told["error"])
        return unpack(told)
