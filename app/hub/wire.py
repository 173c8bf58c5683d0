"""One connection to GitHub: a request, patiently. The only file that sends something to GitHub's API.

PyGithub sends; what a failure means and whether it is worth another try is decided here. Its own retries are off:
they repeat writes without looking, and follow a `Retry-After` of any length.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from github.Requester import Requester
from requests import RequestException

from app.github import Refused
from app.hub.answer import Again, Answer, Done, Renew, Wait, deny, read, refuses, weigh
from app.hub.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from github.Auth import Auth

    Told = Callable[[str, str, int], None]

_PAGES = 100
_ABSENT = 404
_SLASHES = {"repository": "/", "branch": "/", "path": "/"}
# PyGithub logs whole answers at this level, and with them the tokens that are minted
logging.getLogger("github.Requester").setLevel(logging.INFO)


class Busy(Exception):  # noqa: N818 - GitHub is; the program did not err
    """GitHub cannot answer now, or wants longer to pass than one may wait: the delivery is tried again later."""

    def __init__(self, said: str, wait: float = 0.0) -> None:
        """Keep what happened, and the seconds that GitHub asks for; 0 where it does not say."""
        super().__init__(f"GitHub is busy: {said}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Patience:
    """What one request is worth: *timeout* s for a silence, *attempts* in all, *wait* s of pauses between them."""

    timeout: float = 15.0
    attempts: int = 4
    wait: float = 30.0
    backoff: float = 0.5
    """The first pause in seconds; each further one is twice as long."""


def _tell_nobody(_method: str, _route: str, _status: int) -> None:
    """Count nothing."""


def _have_none() -> bool:
    return False


@dataclass(frozen=True)
class Terms:
    """How GitHub is spoken to, the same for every connection of a process.

    *api* is GitHub's address, `https://api.github.com` or `https://host/api/v3`. *told* hears of every request: its
    method, its route (`/repos/{repository}/pulls`, `graphql:Survey`) and its status, 0 for no answer.
    """

    api: str
    patience: Patience = Patience()
    told: Told = _tell_nobody
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Wire:
    """One connection, for one thread. *renew* gets a new token and says whether there is any."""

    terms: Terms
    auth: Auth
    renew: Callable[[], bool] = _have_none
    pace: Pace = field(default_factory=Pace)
    _requester: Requester = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make PyGithub's connection: no pauses and no retries of its own."""
        self._requester = Requester(
            self.auth,
            self.terms.api,
            cast("int", self.terms.patience.timeout),  # requests takes a fraction, too
            "discharge",
            per_page=100,
            verify=True,
            retry=None,
            pool_size=1,
            lazy=True,
            api_version="2022-11-28",
        )

    def close(self) -> None:
        """Close the connection."""
        self._requester.close()

    def ask(
        self, method: str, route: str, data: object = None, *, look: Callable[[], Any] | None = None, **parts: str | int
    ) -> Any:
        """Send a request and return what GitHub says, from JSON.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            route: a path with `{names}` and perhaps a query.
            data: the body, to be JSON.
            look: looks whether the write has happened, when no answer tells; what it finds is the answer.
            parts: the values of the names; slashes stay only in `repository`, `branch` and `path`.

        Raises:
            Refused: GitHub refuses for good.
            Busy: not now.
        """
        letter = _Letter(method, _fill(route, parts), route, data, write=method != "GET")
        return self._ask(letter, look).data

    def find(self, route: str, **parts: str | int) -> Any:
        """Return what a GET finds, None if it is not there.

        Raises:
            Refused, Busy: see `ask`.
        """
        try:
            return self._ask(_Letter("GET", _fill(route, parts), route, None, write=False), None).data
        except Refused as refused:
            if refused.status == _ABSENT:
                return None
            raise

    def graph(
        self, name: str, document: str, variables: Mapping[str, object], *, look: Callable[[], Any] | None = None
    ) -> Any:
        """Send a GraphQL document and return its data, or what *look* finds.

        Raises:
            Denied: GraphQL answers with errors.
            Refused, Busy: see `ask`.
        """
        data = {"query": document, "variables": variables, "operationName": name}
        write = document.lstrip().startswith("mutation")
        letter = _Letter("POST", self._requester.graphql_url, f"graphql:{name}", data, write=write)
        return self._ask(letter, look and (lambda: _wrap(look()))).data["data"]

    def pages(self, route: str, **parts: str | int) -> Iterator[Any]:
        """Return the pages of a list, one request each, as far as they are asked for.

        Raises:
            Refused, Busy: see `ask`.
        """
        path = _fill(route, parts)
        for _ in range(_PAGES):
            answer = self._ask(_Letter("GET", path, route, None, write=False), None)
            yield answer.data
            path = answer.next
            if not path:
                return

    def _ask(self, letter: _Letter, look: Callable[[], Any] | None) -> Answer:
        patience = self.terms.patience
        left, renewed = patience.wait, False
        for attempt in range(patience.attempts):
            left -= self._keep_pace(left) if letter.write else 0.0
            answer = self._send(letter)
            step = weigh(answer, time.time())
            if isinstance(step, Renew) and not renewed and self.renew():
                renewed = True
                continue
            if isinstance(step, Done | Renew):
                return _accept(answer)
            pause = step.seconds if isinstance(step, Wait) else patience.backoff * 2**attempt
            if pause > left:
                break
            left -= self._pause(pause)
            if look and isinstance(step, Again) and (found := look()) is not None:
                return Answer(200, {}, found)
        raise Busy(answer.said, step.seconds if isinstance(step, Wait) else 0.0)

    def _send(self, letter: _Letter) -> Answer:
        try:
            status, headers, text = self._requester.requestJson(letter.method, letter.path, input=letter.data)
            answer = read(status, headers, text)
        except RequestException as error:
            answer = Answer(0, lost=f"no answer ({type(error).__name__})")
        self.terms.told(letter.method, letter.route, answer.status)
        return answer

    def _keep_pace(self, left: float) -> float:
        wait = self.pace.reserve(left)
        if wait > left:
            raise Busy("the installation has written as much as GitHub allows", wait)
        return self._pause(wait)

    def _pause(self, seconds: float) -> float:
        if seconds > 0:
            self.terms.sleep(seconds)
        return seconds


@dataclass(frozen=True, slots=True)
class _Letter:
    """A request: *route* is its path before the names were filled in."""

    method: str
    path: str
    route: str
    data: object
    write: bool


def _fill(route: str, parts: Mapping[str, str | int]) -> str:
    return route.format(**{name: quote(str(part), safe=_SLASHES.get(name, "")) for name, part in parts.items()})


def _accept(answer: Answer) -> Answer:
    if refuses(answer):
        raise deny(answer)
    return answer


def _wrap(found: object) -> object:
    return None if found is None else {"data": found}
