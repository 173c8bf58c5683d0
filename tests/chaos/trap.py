"""A trap at one request: the service dies before GitHub has read it, or after GitHub has done what it asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.sandbox.fault import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.sandbox.model import Exchange
    from app.sandbox.table import Ask
    from app.sandbox.world import World

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a story: the *nth* of those that look like it."""

    method: str
    path: str
    operation: str
    route: str
    nth: int

    @property
    def kind(self) -> tuple[str, str, str]:
        """What it asks for, whatever it is about."""
        return self.method, self.route, self.operation

    @property
    def where(self) -> dict[str, Any]:
        """How the sandbox finds it."""
        operation = f"^{re.escape(self.operation)}$" if self.operation else ""
        return {"method": self.method, "nth": self.nth, "path": f"^{re.escape(self.path)}$", "operation": operation}

    @property
    def writes(self) -> bool:
        """Whether it changes what people see."""
        reads = self.operation.startswith("query") or self.path.endswith("/access_tokens")
        return self.method != "GET" and not reads and not self.is_git

    @property
    def is_git(self) -> bool:
        """Whether git sends it."""
        return ".git/" in self.path

    def __str__(self) -> str:
        """Return a short name."""
        words = self.operation.split(" ")[1:2] if self.operation else re.findall(r"[a-z_-]+", self.path)[-1:]
        return "-".join([self.method, *words, str(self.nth)]).lower()


def read_requests(made: Iterable[dict[str, Any]]) -> Iterator[Request]:
    """Yield the requests that the sandbox has seen, told apart by how often it saw their like before."""
    seen: dict[tuple[str, str, str], int] = {}
    for each in made:
        key = (each["method"], each["path"], each["operation"])
        seen[key] = seen.get(key, 0) + 1
        yield Request(*key, each["route"], seen[key])


class Trap(Faults):
    """Strikes once, at one request. What is struck before it was read is not done; nobody lives to hear the answer."""

    def __init__(self, target: Fault, when: When, strike: Callable[[], None]) -> None:
        """Wait for the request that *target* would let fail."""
        super().__init__()
        self._target, self._left = target, target.nth
        self._when, self._strike = when, strike
        self._done: tuple[str, str] | None = None

    def take(self, ask: Ask, operation: str) -> Fault | None:
        """Strike before the request is read, or remember which one it is."""
        fault = super().take(ask, operation)
        self._left -= self._target.fits(ask, operation)
        if self._left or not self._target.fits(ask, operation):
            return fault
        if self._when == "after":
            self._done = (ask.method, ask.path)
            return fault
        self._strike()
        return self._target

    def hear(self, exchange: Exchange) -> None:
        """Strike after the request was done."""
        if self._done == (exchange.method, exchange.path):
            self._done = None
            self._strike()


def lay(world: World, target: Fault, when: When, strike: Callable[[], None]) -> None:
    """Lay a trap, in place of all faults that wait."""
    trap = Trap(target, when, strike)
    world.faults = trap
    world.on_exchange.append(trap.hear)
