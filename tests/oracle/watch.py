"""Watches what goes over a sandbox's wire, and holds every piece against GitHub's own descriptions.

A test that provokes what GitHub would never see names it: `watch.expect("unknown parameter 'sate'")`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.oracle import oracle

if TYPE_CHECKING:
    from app.sandbox.model import Delivery, Exchange
    from app.sandbox.world import World

UNSERVED = 501
"""What the sandbox does not know; it keeps a list of its own of that."""
FAULT = "fault: "
"""How the route begins of an answer that a fault knob made: GitHub describes few of them."""


class Watch:
    """Collects deviations; `expect` names those that a test provokes on purpose."""

    def __init__(self) -> None:
        self.violations: list[oracle.Finding] = []
        self.warnings: list[oracle.Finding] = []
        self.seen = 0
        self._expected: list[str] = []

    def expect(self, said: str) -> None:
        """Let deviations through whose sentence has *said* in it."""
        self._expected.append(said)

    def attend(self, world: World) -> None:
        """Watch everything that goes to and from a world from now on."""
        world.on_exchange.append(self.exchange)
        world.on_hook.append(self.delivery)

    def exchange(self, exchange: Exchange) -> None:
        """Check a request with its answer; a wrong request that was refused is a warning."""
        if exchange.path.endswith("/graphql"):
            self._keep(self._document(exchange))
        elif not exchange.path.startswith("/_sandbox") and ".git/" not in exchange.path:
            self._keep(self._rest(exchange))

    def delivery(self, delivery: Delivery) -> None:
        """Check a webhook as it was sent."""
        self._keep(oracle.check_webhook(delivery.event, delivery.headers, json.loads(delivery.payload)))

    @staticmethod
    def _document(exchange: Exchange) -> list[oracle.Finding]:
        try:
            body: Any = json.loads(exchange.request)
            return oracle.check_document(body["query"], body.get("variables"))
        except (ValueError, TypeError, KeyError) as error:
            refused = exchange.status in oracle.REFUSED
            return [oracle.Finding("document", f"no request of GraphQL: {error!r}", serious=not refused)]

    @staticmethod
    def _rest(exchange: Exchange) -> list[oracle.Finding]:
        if exchange.status == UNSERVED:
            return []
        asked = oracle.check_request(exchange.method, exchange.path, exchange.query, exchange.request)
        if exchange.status in oracle.REFUSED:
            asked = [oracle.Finding(f.where, f.said, serious=False) for f in asked]
        if exchange.route.startswith(FAULT):
            return asked
        answer = (exchange.method, exchange.path, exchange.status, exchange.headers, exchange.answer)
        return asked + oracle.check_response(*answer)

    def _keep(self, findings: list[oracle.Finding]) -> None:
        self.seen += 1
        for finding in findings:
            if not any(said in str(finding) for said in self._expected):
                (self.violations if finding.serious else self.warnings).append(finding)

    def report(self) -> str:
        """Return every violation once, one a line; empty if there is none."""
        return "\n".join(dict.fromkeys(map(str, self.violations)))
