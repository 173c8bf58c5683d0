"""The one door to GitHub: clients, mirrors, the app itself; tokens and limits are shared by all of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.hub.application import Application
from app.hub.client import Client
from app.hub.mirror import Mirror
from app.hub.pace import Pace
from app.hub.token import Bearer
from app.hub.wire import Wire
from app.hub.workshop import Workshop
from app.memory import Memory

if TYPE_CHECKING:
    from pathlib import Path

    from app.hub.token import Tokens
    from app.hub.wire import Terms


@dataclass
class Access:
    """How this process gets at GitHub; used by every thread. *pause* is the least time between two writes, in s."""

    terms: Terms
    tokens: Tokens = field(repr=False)
    data: Path
    pause: float = 0.0
    _paces: dict[int, Pace] = field(default_factory=dict, init=False, repr=False)
    _memory: Memory = field(default_factory=Memory, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def open(self, installation: int, repository: str) -> Client:
        """Return a client for one repository and the calling thread; nothing is asked yet."""
        bearer = Bearer(self.tokens.grant(installation, repository, "write"))
        return Client(Wire(self.terms, bearer, bearer.renew, self._pace(installation)), repository, self.tokens.app)

    def workshop(self, installation: int, repository: str) -> Workshop:
        """Return GitHub Actions of one repository, for the calling thread; nothing is asked yet."""
        return Workshop(self.terms, self.tokens, installation, repository, self._pace(installation))

    def mirror(self, installation: int, repository: str) -> Mirror:
        """Return the git mirror of one repository; nothing is fetched yet.

        Raises:
            Unreadable: *repository* is no name of a repository.
        """
        grant = self.tokens.grant(installation, repository, "read")
        return Mirror(self.data, repository, find_web(self.terms.api), grant, memory=self._memory)

    def application(self) -> Application:
        """Return the app itself, for the calling thread."""
        return Application(self.terms, self.tokens)

    def _pace(self, installation: int) -> Pace:
        with self._lock:
            return self._paces.setdefault(installation, Pace(self.pause))


def find_web(api: str) -> str:
    """Return where git and people find the repositories of an API.

    `https://api.github.com` is `https://github.com`; `https://api.acme.ghe.com` is `https://acme.ghe.com`;
    `https://host/api/v3` is `https://host`.
    """
    parts = urlsplit(api)
    host = parts.netloc if parts.path.strip("/") else parts.netloc.removeprefix("api.")
    return f"{parts.scheme}://{host}"
