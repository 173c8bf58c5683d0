"""One connection to GitHub: a request, patiently. The only file that sends something to GitHub's API.

PyGithub words requests; what a failure means and whether it is worth another try is decided here. Its own retries are
off: they repeat writes without looking, and follow a `Retry-After` of any length. So are its own connections.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from github.GithubException import GithubException
from github.Requester import Requester
from requests import RequestException

from app.exchange import Exchange, Session
from app.github import Refused
from app.hub.answer import Again, Answer, Done, Renew, Wait, deny, read, refuses, weigh
from app.hub.letter import Letter, fill, spell
from app.hub.pace import Pace
from runners.stream import Bound, Endless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from github.Auth import Auth

    Told = Callable[[str, str, int], None]

_PAGES = 100
_ABSENT = 404
_CREATED = 201
_FOUND = 302
_MISDIRECTED = 421
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
    """What one request is worth: *timeout* s for a silence, *attempts* in all, *wait* s of pauses between them.

    *longest* s and *largest* bytes are the bound of one answer.
    """

    timeout: float = 15.0
    longest: float = 60.0
    largest: int = 32 << 20
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
    _session: Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the connection."""
        patience = self.terms.patience
        self._requester = self._speak(self.terms.api)
        self._session = Session(Bound(patience.longest, patience.largest))

    def _speak(self, address: str) -> Requester:
        """Return who words requests to an address: without pauses and retries of its own."""
        return Requester(
            self.auth,
            address,
            0,  # it has no connection of its own
            "discharge",
            per_page=100,
            verify=True,
            retry=None,
            pool_size=1,
            lazy=True,
            api_version="2022-11-28",
        )

    def _exchange(self, host: str) -> Any:
        patience = self.terms.patience
        return Exchange(self._session, host, patience.timeout, patience.largest)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

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
        letter = Letter(method, fill(route, parts), route, data, write=method != "GET")
        return self._ask(letter, look).data

    def find(self, route: str, **parts: str | int) -> Any:
        """Return what a GET finds, None if it is not there.

        Raises:
            Refused, Busy: see `ask`.
        """
        try:
            return self._ask(Letter("GET", fill(route, parts), route, None, write=False), None).data
        except Refused as refused:
            if refused.status == _ABSENT:
                return None
            raise

    def redirect(self, route: str, **parts: str | int) -> str:
        """Return the address that GitHub sends a GET on to; nothing is asked there.

        Raises:
            Refused, Busy: see `ask`; GitHub sends it nowhere.
        """
        answer = self._ask(Letter("GET", fill(route, parts), route, None, write=False, aside=True), None)
        if answer.status != _FOUND:
            raise Refused(answer.status, "it should be sent on, and is not")
        return str(answer.headers.get("location", ""))

    def upload(self, address: str, route: str, file: tuple[str, bytes], look: Callable[[], Any]) -> Any:
        """Send a file, its name and content, to the address that GitHub named for it; return what GitHub says.

        Raises:
            Refused: GitHub refuses for good, or the address is none of GitHub's: no token goes there.
            Busy: not now.
        """
        try:
            parts = urlsplit(address)
        except ValueError:  # half an IPv6 address
            raise Refused(_MISDIRECTED, "files would have to go to an address that is none") from None
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in find_hosts(self.terms.api):
            raise Refused(_MISDIRECTED, f"files would have to go to {host[:200]}, which is no host of {self.terms.api}")
        path = f"{parts.path}?name={quote(file[0], safe='')}"
        return self._ask(Letter("POST", path, route, file[1], write=True, host=host), look).data

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
        letter = Letter("POST", self._requester.graphql_url, f"graphql:{name}", data, write=write)
        return self._ask(letter, look and (lambda: _wrap(look()))).data["data"]

    def pages(self, route: str, **parts: str | int) -> Iterator[Any]:
        """Return the pages of a list, one request each, as far as they are asked for.

        Raises:
            Refused, Busy: see `ask`.
        """
        path = fill(route, parts)
        for _ in range(_PAGES):
            answer = self._ask(Letter("GET", path, route, None, write=False), None)
            yield answer.data
            path = answer.next
            if not path:
                return

    def _ask(self, letter: Letter, look: Callable[[], Any] | None) -> Answer:
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
                return answer if letter.aside and answer.status == _FOUND else _accept(answer)
            pause = step.seconds if isinstance(step, Wait) else patience.backoff * 2**attempt
            if pause > left:
                break
            left -= self._pause(pause)
            if look and isinstance(step, Again) and (found := look()) is not None:
                return Answer(200, {}, found)
        raise Busy(answer.said, step.seconds if isinstance(step, Wait) else 0.0)

    def _send(self, letter: Letter) -> Answer:
        try:
            answer = self._carry(letter) if letter.host else self._write(letter)
        except RequestException as error:
            answer = Answer(0, lost=f"no answer ({type(error).__name__})")
        except Endless as endless:
            answer = Answer(0, lost=str(endless))
        except (RuntimeError, ValueError, AssertionError):  # PyGithub's, for addresses that are not the API's
            answer = Answer(_MISDIRECTED, data={"message": "GitHub sends it to an address that is none of its API's"})
        self.terms.told(letter.method, letter.route, answer.status)
        return answer

    def _write(self, letter: Letter) -> Answer:
        way = self._exchange(find_hosts(self.terms.api)[0])
        return read(*self._requester.requestJson(letter.method, letter.path, input=spell(letter.data), cnx=way))

    def _carry(self, letter: Letter) -> Answer:
        """Send a file; PyGithub raises what GitHub refuses, and it is an answer all the same."""
        assert isinstance(letter.data, bytes), "a file"
        other, way = self._speak(letter.host), self._exchange(letter.host)
        kind = {"Content-Type": "application/octet-stream", "Content-Length": str(len(letter.data))}
        try:
            told = other.requestMemoryBlobAndCheck(letter.method, letter.path, {}, kind, BytesIO(letter.data), way)
        except GithubException as refused:
            return Answer(refused.status, refused.headers or {}, refused.data)
        return Answer(_CREATED, *told)

    def _keep_pace(self, left: float) -> float:
        wait = self.pace.reserve(left)
        if wait > left:
            raise Busy("the installation has written as much as GitHub allows", wait)
        return self._pause(wait)

    def _pause(self, seconds: float) -> float:
        if seconds > 0:
            self.terms.sleep(seconds)
        return seconds


def find_hosts(api: str) -> tuple[str, str]:
    """Return where files may be sent to: the API's own host, and the one that github.com has for them.

    That of `https://api.github.com` is `https://uploads.github.com`; docs.github.com, upload a release asset.
    """
    parts = urlsplit(api)
    return f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://uploads.{parts.netloc.removeprefix('api.')}"


def _accept(answer: Answer) -> Answer:
    if refuses(answer):
        raise deny(answer)
    return answer


def _wrap(found: object) -> object:
    return None if found is None else {"data": found}
