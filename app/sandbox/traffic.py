"""What goes over the wire: deliveries of webhooks, and requests with their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.sandbox.actor import App


@dataclass(slots=True, eq=False)
class Delivery:
    """One attempt to deliver a webhook; a redelivery is another one with the same *guid*. *code* 0: no answer."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    headers: dict[str, str]
    payload: bytes = field(repr=False)
    installation: int | None
    repository: int | None
    redelivery: bool = False
    delivered: str = ""
    duration: float = 0.0
    status: str = "pending"
    code: int = 0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; *operation* is GraphQL's, *route* the template that matched."""

    method: str
    path: str
    query: str
    operation: str
    route: str
    status: int
    request: bytes = field(default=b"", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    answer: bytes = field(default=b"", repr=False)

    def bare(self) -> Exchange:
        """Return it without bodies and headers, which may hold secrets."""
        return Exchange(self.method, self.path, self.query, self.operation, self.route, self.status)
