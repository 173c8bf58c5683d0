"""One request to a host that is not ours, and its answer, which ends. No redirection is followed by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from runners.stream import Endless, bind

if TYPE_CHECKING:
    from collections.abc import ItemsView, Mapping

    from runners.stream import Bound

_HOSTS = 2
"""To so many hosts a connection is kept: the API's, and where files go."""
_ROUNDS = 5
"""So often is asked for one answer: again where it is not ready yet, and where it moved to on the same host."""


class Session(requests.Session):
    """Connections whose answers end, for one thread; they show nobody the passwords of the operator's `.netrc`."""

    def __init__(self, bound: Bound) -> None:
        """Connect to nobody yet."""
        super().__init__()
        self.auth = _show_nothing
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(bound))

    def get_redirect_target(self, _: requests.Response) -> None:
        """Lead nowhere: with an address, all of the body would be read."""


class _Adapter(HTTPAdapter):
    """The one place where connections are made."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        super().__init__(pool_connections=_HOSTS, pool_maxsize=1)

    def init_poolmanager(self, *sizes: Any, **more: Any) -> None:
        """Make what opens connections."""
        super().init_poolmanager(*sizes, **more)
        bind(self.poolmanager, self._bound)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Return what opens connections through a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **more)
        if not known:
            bind(manager, self._bound)
        return manager


def read(answer: requests.Response, size: int, *, packed: bool = False) -> bytes:
    """Return the body of an answer that was asked for as a stream, or its first *size* + 1 bytes.

    Args:
        answer: is open.
        size: how many bytes are wanted.
        packed: leave it as it came, though it may be packed for the way.

    Raises:
        requests.RequestException: it broke off.
        Endless: it comes too slowly.
    """
    try:
        return bytes(answer.raw.read(size + 1, decode_content=not packed))
    except HTTPError as error:
        raise requests.ConnectionError(error) from None


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer as PyGithub reads it."""

    status: int
    headers: Mapping[str, str]
    text: str

    def getheaders(self) -> ItemsView[str, str]:
        return self.headers.items()

    def read(self) -> str:
        return self.text


@dataclass
class Exchange:
    """One request in PyGithub's way, given to it in the place of a connection of its own, which reads without bounds.

    *host* is `https://api.github.com`, *silence* how long it may say nothing, in s, *size* the largest body.
    """

    session: Session
    host: str
    silence: float
    size: int
    _rounds: int = field(default=0, init=False)
    _asked: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def request(self, verb: str, url: str, data: Any, headers: Mapping[str, str], _stream: object) -> None:
        """Take what is to be asked, perhaps once more."""
        self._asked = {"method": verb, "url": f"{self.host}{url}", "data": data, "headers": headers}

    def getresponse(self) -> _Reply:
        """Ask it.

        Raises:
            requests.RequestException: nobody answers, or one is sent on again and again.
            Endless: the answer does not end.
        """
        self._rounds += 1
        if self._rounds > _ROUNDS:
            raise requests.TooManyRedirects
        with self.session.request(**self._asked, timeout=self.silence, stream=True, allow_redirects=False) as answer:
            body = read(answer, self.size)
        if len(body) > self.size:
            raise Endless(f"an answer of more than {self.size:,} bytes")
        return _Reply(answer.status_code, answer.headers, body.decode(errors="replace"))


def _show_nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
