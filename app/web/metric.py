"""What Prometheus is told about the service. No label holds an id, a path or a name that comes from outside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.queue.delivery import Counts

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_STORE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_HANDLE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class Metrics:
    """The meters of one process, in a registry of their own."""

    def __init__(self) -> None:
        """Make every meter, all at nothing."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._deliveries = Counter(
            "discharge_deliveries", "Webhooks by event and outcome.", ("event", "outcome"), registry=self._registry
        )
        self._stored = Histogram(
            "discharge_store_seconds", "Time to store a delivery durably.", buckets=_STORE, registry=self._registry
        )
        self._handled = Histogram(
            "discharge_handled_seconds",
            "Time of one attempt at a delivery.",
            ("event", "outcome"),
            buckets=_HANDLE,
            registry=self._registry,
        )
        self._requests = Counter(
            "discharge_github_requests", "Requests to GitHub.", ("method", "status"), registry=self._registry
        )
        self._answers = Gauge("discharge_inbox_answers", "Whether the inbox answers.", registry=self._registry)
        self._inbox = Gauge("discharge_inbox", "Deliveries by state.", ("state",), registry=self._registry)
        self._oldest = Gauge(
            "discharge_oldest_waiting_seconds", "Age of the oldest waiting delivery.", registry=self._registry
        )
        self._swept = Gauge(
            "discharge_swept_timestamp_seconds",
            "When this process last looked for what was missed; 0: not yet.",
            registry=self._registry,
        )
        self._runs = Gauge("discharge_runs", "Runs of smokes by state.", ("state",), registry=self._registry)
        self._leftovers = Gauge(
            "discharge_leftovers",
            "Machines and registrations of runners that belong to no run, as the last look found them.",
            ("kind",),
            registry=self._registry,
        )

    def answer(self, event: str, outcome: str) -> None:
        """Count a webhook that was answered; *event* must be of a known set."""
        self._deliveries.labels(event, outcome).inc()

    def store(self, seconds: float) -> None:
        """Count a delivery that was stored."""
        self._stored.observe(seconds)

    def handle(self, event: str, outcome: str, seconds: float) -> None:
        """Count an attempt at a delivery; *outcome* is `done`, `failed` or `postponed`."""
        self._handled.labels(event, outcome).observe(seconds)

    def request(self, method: str, status: int) -> None:
        """Count a request to GitHub; status 0: there was no answer."""
        self._requests.labels(method if method in _METHODS else "other", str(status)).inc()

    def sweep(self) -> None:
        """Remember that it was looked for what was missed, just now."""
        self._swept.set_to_current_time()

    def show_runs(self, states: Mapping[str, int]) -> None:
        """Set how many runs there are in each state; states that are not named have none."""
        self._runs.clear()
        for state, number in states.items():
            self._runs.labels(state).set(number)

    def show_leftovers(self, kinds: Mapping[str, int]) -> None:
        """Set how many machines and registrations were found that belong to no run."""
        for kind, number in kinds.items():
            self._leftovers.labels(kind).set(number)

    def render(self, counts: Counts | None, names: Sequence[str] = ()) -> bytes:
        """Return everything, or the meters with these *names*, as Prometheus reads it.

        The inbox is told as it stands now, if it answers.
        """
        self._answers.set(counts is not None)
        self._inbox.clear()
        self._oldest.set(counts.oldest if counts else math.nan)
        if counts:
            self._inbox.labels("waiting").set(counts.waiting)
            self._inbox.labels("working").set(counts.working)
            self._inbox.labels("parked").set(counts.parked)
        return generate_latest(self._registry.restricted_registry(names) if names else self._registry)
