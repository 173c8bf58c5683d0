"""The bench measures what it says: here in small, against a service of these stories."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.bench_webhook import Rest, Row, find_faults, tabulate
from tests.service.burst import Burst, make, send

if TYPE_CHECKING:
    from tests.service.hook import Place


def test_a_burst_is_answered_and_counted(place: Place) -> None:
    """Every webhook of a burst is signed, stored, and answered with 202."""
    burst = asyncio.run(send(int(place.url.rpartition(":")[2]), rate=40, seconds=0.5, first=100))

    assert (burst.statuses, len(burst.times), len(place.shelf.stored)) == ({"202": 20}, 20, 20)
    assert 0 < burst.quantile(0.5) <= burst.quantile(0.99) <= burst.quantile(1.0)


def test_a_webhook_of_the_bench_is_as_large_as_a_real_one() -> None:
    """About 10 kB of JSON: a comment with its issue, repository and people."""
    body = make(7).partition(b"\r\n\r\n")[2]

    assert 9_000 < len(body) < 11_000
    assert json.loads(body)["repository"]["full_name"] == "acme/hello-7"


def _row(times: tuple[float, ...] = (0.001, 0.002), status: str = "202", start: float = 1.0) -> Row:
    return Row("ours", (Burst(200, times, {status: len(times)}),), Rest(start, 100.4, 1.25))


def test_a_row_tells_times_in_milliseconds() -> None:
    """The table is Markdown: one row a service, one column a rate."""
    assert tabulate([_row()]).splitlines() == [
        "| Service | 200/s p50 / p99 / max, ms | Start, s | At rest, MiB | Idle CPU, % |",
        "| --- | --: | --: | --: | --: |",
        "| ours | 2.0 / 2.0 / 2.0 | 1.00 | 100 | 1.2 |",
    ]


@pytest.mark.parametrize(
    ("row", "stored", "fault"),
    [
        (_row(), 1, "2 deliveries were answered 202, and 1 are stored"),
        (_row(status="503"), 0, "not every delivery was answered 202: {'503': 2}"),
        (_row((0.001, 0.060)), 2, "p99 at 200 a second is 60.0 ms, above 50"),
        (_row(start=1.6), 2, "the start takes 1.60 s, above 1.5"),
    ],
)
def test_a_promise_that_is_not_kept_is_told(row: Row, stored: int, fault: str) -> None:
    """Lost, refused, late, slow to start: each ends the bench with a sentence."""
    assert list(find_faults(row, stored)) == [fault]
    assert list(find_faults(_row(), 2)) == []
