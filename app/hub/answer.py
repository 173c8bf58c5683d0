"""What an answer of GitHub means: done, refused for good, or worth another try, and when."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.github import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE = 60.0
"""How long GitHub asks to wait where it names no time."""
_LONGEST = 300
_NEXT = re.compile(r'<([^<>]+)>;\s*rel="next"')
_NUMBER = re.compile(r"[0-9]{1,12}")
_SECONDARY = ("secondary rate limit", "retry your request again later", "wait a few minutes before you try again")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status (0 where none came), its headers with names in small letters, its body from JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    lost: str = ""
    """Why there is no answer."""

    @property
    def said(self) -> str:
        """What GitHub says went wrong, in at most 300 characters."""
        message = self.data.get("message") if isinstance(self.data, dict) else None
        parts = [message, *map(_say, _errors(self.data))]
        told = "; ".join(part for part in parts if isinstance(part, str) and part)
        return (self.lost or told or f"status {self.status}")[:_LONGEST]

    @property
    def next(self) -> str:
        """The address of the next page of a list, an empty text on the last."""
        found = _NEXT.search(self.headers.get("link", ""))
        return found[1] if found else ""

    @property
    def errors(self) -> tuple[dict[str, Any], ...]:
        """The errors of a GraphQL answer; REST tells them by the status."""
        told = _errors(self.data) if self.status == 200 else []  # noqa: PLR2004 - HTTP's number
        return tuple(error for error in told if isinstance(error, dict))


class Denied(Refused):
    """GraphQL answers with errors: *kinds* are their types, *data* is what there is in spite of them."""

    def __init__(self, answer: Answer) -> None:
        """Keep what the answer holds."""
        super().__init__(answer.status, answer.said)
        self.kinds = tuple(str(error.get("type", "")) for error in answer.errors)
        self.paths = tuple("/".join(map(str, error.get("path") or ())) for error in answer.errors)
        self.data: Any = _of(answer)


@dataclass(frozen=True, slots=True)
class Done:
    """GitHub has decided, one way or the other."""


@dataclass(frozen=True, slots=True)
class Renew:
    """The token is not taken; nothing happened."""


@dataclass(frozen=True, slots=True)
class Again:
    """It may have happened or not: look before another try."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happened; another try may be made after so many seconds."""

    seconds: float


Step = Done | Renew | Again | Wait


def read(status: int, headers: Mapping[str, str], text: str) -> Answer:
    """Return an answer from what came over the wire; a body that is cut short counts as none."""
    try:
        return Answer(status, headers, json.loads(text) if text else None)
    except (ValueError, RecursionError):
        # a gateway's error page is HTML, and no less an answer
        return Answer(status, headers) if status >= 400 else Answer(0, lost="an answer that is no JSON")  # noqa: PLR2004


def read_number(told: Any) -> int:
    """Return a number of GitHub's, such as a runner's or a run's.

    Raises:
        ValueError: it is none: a fraction, endless, too large, or no number.
    """
    if type(told) is not int or not 0 <= told < 1 << 63:
        raise ValueError("no number of anything")
    return told


def weigh(answer: Answer, now: float) -> Step:
    """Return what an answer that came at *now* (seconds since the epoch) means for its request."""
    status = answer.status
    if status == 0 or (status >= 500 and status != 501):  # noqa: PLR2004 - 501: the server does not know the request
        return Again()
    if status == 401:  # noqa: PLR2004
        return Renew()
    if _is_limit(answer):
        return Wait(_seconds(answer.headers, now))
    if answer.errors and not any(error.get("type") for error in answer.errors) and not _of(answer):
        return Again()  # “Something went wrong while executing your query”: without a type, and without data
    return Done()


def deny(answer: Answer) -> Refused:
    """Return the refusal that an answer is."""
    if answer.errors:
        return Denied(answer)
    if 300 <= answer.status < 400:  # noqa: PLR2004
        return Refused(answer.status, "the repository was renamed or moved; its next event comes under the new name")
    return Refused(answer.status, answer.said)


def refuses(answer: Answer) -> bool:
    """Return whether an answer is a refusal."""
    return answer.status >= 300 or bool(answer.errors)  # noqa: PLR2004


def _is_limit(answer: Answer) -> bool:
    """Return whether GitHub asks for patience: docs.github.com, rate limits for the REST and the GraphQL API."""
    if answer.errors:
        return any(error.get("type") == "RATE_LIMITED" for error in answer.errors)
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    patient = "retry-after" in answer.headers or spent or any(word in answer.said.lower() for word in _SECONDARY)
    return answer.status == 429 or (answer.status == 403 and patient)  # noqa: PLR2004


def _seconds(headers: Mapping[str, str], now: float) -> float:
    """Return how long GitHub asks to wait."""
    if _NUMBER.fullmatch(headers.get("retry-after", "")):
        return float(headers["retry-after"])
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") != "0" or not _NUMBER.fullmatch(reset):
        return _MINUTE
    return max(1.0, float(reset) - now + 1.0)


def _errors(data: Any) -> list[Any]:
    errors = data.get("errors") if isinstance(data, dict) else None
    return errors if isinstance(errors, list) else []


def _of(answer: Answer) -> dict[str, Any]:
    """Return what a GraphQL answer holds in spite of errors; nothing if every field of it is null."""
    data = answer.data.get("data")
    return data if isinstance(data, dict) and any(value is not None for value in data.values()) else {}


def _say(error: object) -> object:
    return error.get("message") or error.get("code") if isinstance(error, dict) else error
