"""`discharge setup`: a page on this machine, on which a person has GitHub make the App from a manifest."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.web.conversion import APP_KEY, SETTINGS, SIGNING_KEY, convert, write
from app.web.listener import Server, explain, name, take
from app.web.manifest import draft, find_site, invite, show, wish
from app.web.settings import read_github
from app.web.value import Mistake
from contracts.error import Complaint, Unreadable
from evidence import quote, signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from socket import socket

    from starlette.requests import Request
    from starlette.responses import Response

HOUR = 3600.0
"""How long a person has to confirm, in seconds: then GitHub's code ends, too."""
_LONGEST_SHOWN = 100
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: an App of *organization* (empty: of the person) on *github*, reached by it at *address*.

    *github* is its REST interface. *address* may be empty, and is then entered on GitHub later. *folder* (absolute)
    gets the files, and later all data of the service. *events* are those that the service reads. *actions*: the App
    may do what runs on GitHub Actions need.
    """

    organization: str
    github: str
    address: str
    folder: Path
    events: frozenset[str]
    actions: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: the file with the settings, the public key as `keys:` spells it, and what is left to a person."""

    settings: Path
    public: str
    left: tuple[str, ...]


def setup(order: Order, tell: Callable[[str], None], patience: float = HOUR, port: int = 0) -> Made:
    """Have GitHub make the App; *tell* gets the address of a page to be opened in a browser on this machine.

    Raises:
        Complaint: the order cannot be filled, nobody confirmed within *patience* seconds, or GitHub refused.
    """
    _check(order)
    with take("127.0.0.1", port, "Choose another port") as listener:
        return asyncio.run(_Desk(order, name(listener)).serve(listener, tell, patience))


class _Desk:
    """The pages of this machine: one to go to GitHub from, one to come back to."""

    def __init__(self, order: Order, url: str) -> None:
        self._order, self._url, self._site = order, url, find_site(order.github)
        self._state = secrets.token_urlsafe(32)
        self._begun = False

    async def serve(self, listener: socket, tell: Callable[[str], None], patience: float) -> Made:
        self._made: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        # Under its own name only: another site could otherwise have its name lead here, and read the page.
        guard = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        routes = [Route("/", self._invite), Route("/callback", self._receive)]
        server = Server(Starlette(routes=routes, middleware=[guard]))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            tell(self._url)
            async with asyncio.timeout(patience):
                return await self._made
        except TimeoutError:
            raise Complaint("nobody confirmed the App in time", mend="Run discharge setup again") from None
        finally:
            server.should_exit = True
            await serving

    async def _invite(self, _request: Request) -> Response:
        order = self._order
        wished = wish(order.organization, order.events, actions=order.actions)
        manifest = draft(order.organization, self._site, order.address, f"{self._url}/callback", wished)
        return self._respond(invite(manifest, order.organization, self._site, self._state))

    async def _receive(self, request: Request) -> Response:
        code, state = request.query_params.get("code", ""), request.query_params.get("state", "")
        if not hmac.compare_digest(state.encode(), self._state.encode()) or not _CODE.fullmatch(code):
            return self._respond(show("Not from here", "<p>This did not begin on this page. Nothing was made."), 400)
        if self._begun:
            return self._respond(show("Once only", "<p>GitHub's answer was taken already; see the terminal."), 409)
        self._begun = True
        try:
            made = await asyncio.to_thread(_make, self._order, code)
        except Complaint as complaint:
            self._made.set_exception(complaint)
            return self._respond(show("No App", "<p>That did not work; the terminal says why."), 502)
        self._made.set_result(made)
        return self._respond(show("The App is made", "<p>The terminal says what is left to do. Close this page."))

    def _respond(self, page: str, status: int = 200) -> Response:
        policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action {self._site}; frame-ancestors 'none'"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page, status, headers)


def _check(order: Order) -> None:
    """Find out what would go wrong, before GitHub is asked for what it makes only once."""
    if order.organization and not _LOGIN.fullmatch(order.organization):
        raise Unreadable("that is no organization's name", mend="Write it as it stands in its address on GitHub")
    if order.address and not _ADDRESS.fullmatch(order.address):
        what = f"GitHub cannot send to “{quote.show(order.address[:_LONGEST_SHOWN])}”, the address of the service"
        raise Unreadable(what, mend="Write one such as https://HOST")
    try:
        read_github(order.github)
    except Mistake as mistake:
        raise Unreadable(f"the address of GitHub {mistake}") from None
    _check_folder(order.folder)


def _check_folder(folder: Path) -> None:
    if not str(folder).isprintable():
        raise Unreadable("the folder's name has signs that a file of settings cannot hold", mend="Choose another one")
    for path in (folder / SETTINGS, folder / APP_KEY):
        if path.exists():
            raise Complaint(f"{path} exists: an App was made there before", mend="Move it away, or name another folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        if (folder / SIGNING_KEY).exists():
            signer.read((folder / SIGNING_KEY).read_bytes())
    except OSError as error:
        raise Complaint(f"{folder} cannot be used: {explain(error)}", mend="Name another folder") from error


def _make(order: Order, code: str) -> Made:
    """Take what GitHub made for *code*, write it down, and say what a person has to do."""
    app = convert(order.github, code)
    public = write(order.folder, order.github, app)
    hook = f"Enter the service's address with /webhook behind it as webhook URL: {app.page}"
    secret = f"Enter the webhook secret that stands in {order.folder / SETTINGS} there as well: {app.page}"
    left = (
        *((hook,) if not order.address else ()),
        *((secret,) if not app.secret else ()),
        f"Install the App on the repositories that it shall serve: {app.page}/installations/new",
        f"Add the key to .github/discharge.yml of each: keys: [{public}]",
    )
    return Made(order.folder / SETTINGS, public, left)
