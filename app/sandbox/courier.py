"""The courier: carries webhooks one after another, and can be told to hold, shuffle, double or lose them."""

from __future__ import annotations

import http.client
import threading
import time
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.sandbox.hook import hand_over
from app.sandbox.model import Delivery

if TYPE_CHECKING:
    from app.sandbox.world import World

_TIMEOUT = 10.0
_GOOD = range(200, 300)
_KEPT = 2_000


class Courier:
    """A thread of its own; deliveries keep their order unless it is told otherwise."""

    def __init__(self, world: World) -> None:
        """Carry the webhooks of *world*; `start` begins."""
        self._turn = threading.Condition()
        self._waiting: list[Delivery] = []
        self._busy = self._held = self._ended = False
        self._order: Random | None = None
        self._double: Random | None = None
        self._lose: dict[str, int] = {}
        self._thread = threading.Thread(target=self._work, name="sandbox courier", daemon=True)
        self._world = world
        world.send.append(self.take)

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def close(self) -> None:
        """End; what was not carried stays pending."""
        with self._turn:
            self._ended = True
            self._turn.notify_all()
        self._thread.join(2 * _TIMEOUT)

    # -- what it is told

    def take(self, delivery: Delivery) -> None:
        """Take a delivery; with a seed for doubles, about half of all are carried twice."""
        with self._turn:
            self._waiting.append(delivery)
            if self._double is not None and self._double.random() < 0.5:  # noqa: PLR2004 - half of them
                self._waiting.append(delivery)
            self._turn.notify_all()

    def hold(self) -> None:
        """Carry nothing until `release`."""
        with self._turn:
            self._held = True

    def release(self) -> None:
        """Carry again."""
        with self._turn:
            self._held = False
            self._turn.notify_all()

    def shuffle(self, seed: int | None) -> None:
        """Carry what waits in an order of the seed's; None: in order. With `hold` the order is the same each time."""
        with self._turn:
            self._order = None if seed is None else Random(seed)  # noqa: S311 - a story, no secret

    def duplicate(self, seed: int | None) -> None:
        """Carry some deliveries twice, as the seed says; None: no more."""
        with self._turn:
            self._double = None if seed is None else Random(seed)  # noqa: S311 - a story, no secret

    def drop(self, event: str = "", times: int = 1) -> None:
        """Lose the next deliveries of an event (empty: of any); they are recorded as failed."""
        with self._turn:
            self._lose[event] = self._lose.get(event, 0) + times

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Wait until everything was carried (or is held); say whether that came about in time."""
        with self._turn:
            return self._turn.wait_for(lambda: (self._held or not self._waiting) and not self._busy, timeout)

    # -- the work

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            self._carry(delivery)
            with self._turn:
                self._busy = False
                self._turn.notify_all()

    def _next(self) -> Delivery | None:
        with self._turn:
            self._turn.wait_for(lambda: self._ended or (self._waiting and not self._held))
            if self._ended:
                return None
            self._busy = True
            return self._waiting.pop(self._order.randrange(len(self._waiting)) if self._order else 0)

    def _lost(self, event: str) -> bool:
        with self._turn:
            for key in (event, ""):
                if self._lose.get(key, 0) > 0:
                    self._lose[key] -= 1
                    return True
        return False

    def _carry(self, delivery: Delivery) -> None:
        begun = time.monotonic()
        if self._lost(delivery.event):
            said = (0, "failed to connect to host", "")
        else:
            said = post(delivery.app.hook_url, delivery.headers, delivery.payload)
        with self._world.lock:
            delivery.code, delivery.status, delivery.answer = said
            delivery.duration = round(time.monotonic() - begun, 2)


def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str, str]:
    """Send a webhook; status, GitHub's words for what happened, and the beginning of the answer."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        answer = connection.getresponse()
        text = answer.read(_KEPT).decode("utf-8", "replace")
    except TimeoutError:
        return 0, "timed out", ""
    except (OSError, http.client.HTTPException):
        return 0, "failed to connect to host", ""
    finally:
        connection.close()
    good = answer.status in _GOOD
    return answer.status, "OK" if good else f"Invalid HTTP Response: {answer.status}", text


def redeliver(world: World, old: Delivery) -> Delivery:
    """Deliver once more: the same bytes and the same GUID."""
    numbers = (old.installation, old.repository)
    again = Delivery(
        world.number("delivery"),
        old.guid,
        old.app,
        old.event,
        old.action,
        old.headers,
        old.payload,
        *numbers,
        True,  # noqa: FBT003 - it is a redelivery
    )
    hand_over(world, again)
    return again
