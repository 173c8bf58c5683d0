"""What the app asks GitHub about itself: who it is, where it is installed, which webhooks did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from app.hub.token import Bearer
from app.hub.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from app.hub.token import Tokens
    from app.hub.wire import Terms


@dataclass(frozen=True, slots=True)
class Identity:
    """The app as GitHub knows it: its number, the name in its address, and the name under which it writes."""

    id: int
    slug: str

    @property
    def login(self) -> str:
        """Return the account that its comments and commits carry."""
        return f"{self.slug}[bot]"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the app is installed: *suspended* installations get no tokens."""

    id: int
    account: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt to deliver a webhook; a further attempt has the same *guid*. *status* 0: there was no answer."""

    id: int
    guid: str
    event: str
    sent: datetime
    status: int

    @property
    def arrived(self) -> bool:
        """Whether it was accepted."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's numbers


class Application:
    """The app itself, for one thread. Close it, or use it in a `with`."""

    def __init__(self, terms: Terms, tokens: Tokens) -> None:
        """Ask as the app that *tokens* belong to."""
        self._terms, self._tokens = terms, tokens
        self._wire = Wire(terms, tokens.auth)

    def __enter__(self) -> Self:
        """Use the connection."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self._wire.close()

    def identify(self) -> Identity:
        """Return who the app is.

        Raises:
            Refused: GitHub does not know this app or its key, or the clock of this machine is wrong.
            Busy: not now.
        """
        told = self._wire.ask("GET", "/app")
        return Identity(told["id"], told["slug"])

    def installations(self) -> Iterator[Installation]:
        """Yield every installation, one request for 100 of them.

        Raises:
            Refused, Busy: see `identify`.
        """
        for page in self._wire.pages("/app/installations?per_page=100"):
            for one in page:
                yield Installation(one["id"], one["account"]["login"], suspended=one["suspended_at"] is not None)

    def repositories(self, installation: int) -> Iterator[str]:
        """Yield `owner/name` of every repository of an installation, one request for 100 of them.

        Raises:
            Refused: the installation is gone or suspended.
            Busy: not now.
        """
        bearer = Bearer(self._tokens.grant(installation, "", "list"))
        wire = Wire(self._terms, bearer, bearer.renew)
        try:
            for page in wire.pages("/installation/repositories?per_page=100"):
                yield from (one["full_name"] for one in page["repositories"])
        finally:
            wire.close()

    def deliveries(self, since: datetime) -> Iterator[Sent]:
        """Yield the attempts to deliver webhooks since a time, newest first; GitHub keeps them for three days.

        Raises:
            Refused, Busy: see `identify`.
        """
        for page in self._wire.pages("/app/hook/deliveries?per_page=100"):
            for one in map(_read, page):
                if one.sent < since:
                    return
                yield one

    def redeliver(self, delivery: int) -> None:
        """Have a webhook delivered once more, by the id of an attempt.

        Raises:
            Refused: GitHub has it no more.
            Busy: not now.
        """
        self._wire.ask("POST", "/app/hook/deliveries/{delivery}/attempts", delivery=delivery)


def _read(one: Any) -> Sent:
    sent = datetime.fromisoformat(one["delivered_at"]).astimezone(UTC)
    return Sent(one["id"], one["guid"], one["event"], sent, int(one["status_code"]))
