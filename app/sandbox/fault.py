"""Faults on wish: which request goes wrong, and how."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from app.sandbox.table import Reply

if TYPE_CHECKING:
    from app.sandbox.table import Ask

Kind = Literal[
    "bad_gateway", "bad_gateway_after", "reset_after", "timeout", "forbidden_retry_after", "too_many", "unauthorized",
    "rate_limited",
]  # fmt: skip
"""`…_after` and `timeout` do what was asked and then fail to say so; the others do nothing."""
KINDS: tuple[Kind, ...] = get_args(Kind)
LATE: tuple[Kind, ...] = ("bad_gateway_after", "reset_after", "timeout")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: *kind*, for the *nth* request that matches and the *times* - 1 after it.

    *method* is the HTTP method (empty: any), *path* a pattern searched in the path, *operation* one searched in
    GraphQL's operation (`mutation Name createCommitOnBranch`); *seconds* is how long `timeout` stays silent and
    what `Retry-After` says.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    operation: str = ""
    nth: int = 1
    times: int = 1
    seconds: float = 1.0

    def fits(self, ask: Ask, operation: str) -> bool:
        """Say whether a request is meant."""
        named = re.search(self.operation, operation) if self.operation else True
        return self.method in {"", ask.method} and bool(re.search(self.path, ask.path)) and bool(named)


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: list[Fault] = []
        self.struck: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let something go wrong."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._waiting.clear()

    def take(self, ask: Ask, operation: str) -> Fault | None:
        """Return the fault that strikes this request, and count it."""
        for place, fault in enumerate(self._waiting):
            if fault.fits(ask, operation):
                if fault.nth > 1:
                    self._waiting[place] = replace(fault, nth=fault.nth - 1)
                    continue
                self._waiting[place : place + 1] = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                self.struck.append(fault)
                return fault
        return None


def fail(fault: Fault, operation: str = "") -> Reply:
    """Return what GitHub answers when this goes wrong; *operation* is GraphQL's, empty for REST."""
    wait = {"retry-after": str(max(1, int(fault.seconds)))}
    match fault.kind:
        case "forbidden_retry_after":
            said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            return Reply({"message": said, "documentation_url": "https://docs.github.com/rest"}, 403, wait)
        case "too_many":
            return Reply({"message": "Too many requests"}, 429, wait)
        case "unauthorized":
            return Reply({"message": "Bad credentials", "status": "401"}, 401)
        case "rate_limited":
            gone = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 1)}
            said = "API rate limit exceeded for installation."
            if operation:
                return Reply({"errors": [{"type": "RATE_LIMITED", "message": said}]}, 200, gone)
            return Reply({"message": said}, 403, gone)
        case "bad_gateway" | "bad_gateway_after" | "reset_after" | "timeout":
            return Reply({"message": "Server Error"}, 502)
