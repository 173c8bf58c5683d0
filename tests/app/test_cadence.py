"""When an amendment is due."""

from __future__ import annotations

import datetime as dt

import pytest

from app.cadence import Stretch, decide
from app.schema import CadenceConfig

SUNDAY = dt.datetime(2026, 5, 3, 23, 30, tzinfo=dt.UTC)
MONDAY = dt.datetime(2026, 5, 4, 0, 30, tzinfo=dt.UTC)


def stretch(landed: int = 1, *landmarks: str, begun: dt.datetime = SUNDAY) -> Stretch:
    """Return what landed, all of it at once."""
    return Stretch(landed, frozenset(landmarks), begun, begun)


def due(cadence: CadenceConfig, landed: Stretch, now: dt.datetime = MONDAY) -> str:
    """Return why it is due."""
    return decide(cadence, landed, now)


def test_enough_pull_requests_are_a_reason() -> None:
    """Three by default, and not two."""
    assert due(CadenceConfig(), stretch(3)) == "3 pull requests landed"
    assert due(CadenceConfig(), stretch(2)) == ""


def test_only_a_configured_landmark_is_one() -> None:
    """A discharge that nobody asked to be told about at once waits for the others."""
    assert due(CadenceConfig(landmarks=("target",)), stretch(1, "discharge")) == ""
    assert due(CadenceConfig(landmarks=("discharge",)), stretch(1, "discharge")).endswith("discharge")


@pytest.mark.parametrize(
    ("schedule", "begun", "why"),
    [
        ("daily", SUNDAY, "it is amended daily"),
        ("daily", MONDAY, ""),
        ("weekly", SUNDAY, "it is amended weekly"),
        ("weekly", MONDAY - dt.timedelta(minutes=20), ""),
        ("weekly", dt.datetime(2025, 12, 29, tzinfo=dt.UTC), "it is amended weekly"),
        ("monthly", SUNDAY, ""),
        ("monthly", SUNDAY - dt.timedelta(days=3), "it is amended monthly"),
    ],
)
def test_a_schedule_records_what_landed_in_an_earlier_period(schedule: str, begun: dt.datetime, why: str) -> None:
    """Weeks begin on Monday, and days are those of UTC."""
    cadence = CadenceConfig.model_validate({"schedule": schedule})

    assert due(cadence, stretch(begun=begun)) == why


@pytest.mark.parametrize(
    ("begun", "now"),
    [
        (dt.datetime(2026, 12, 31, 12, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, 0, 30, tzinfo=dt.UTC)),
        (dt.datetime(2025, 12, 30, 12, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, 0, 30, tzinfo=dt.UTC)),
        (dt.datetime(2025, 12, 28, 12, tzinfo=dt.UTC), dt.datetime(2025, 12, 29, 0, 30, tzinfo=dt.UTC)),
    ],
)
def test_a_day_is_over_around_new_year_too(begun: dt.datetime, now: dt.datetime) -> None:
    """The year of a day is the calendar's, not that of its week."""
    assert due(CadenceConfig(schedule="daily"), stretch(begun=begun), now) == "it is amended daily"


def test_a_quiet_time_is_a_reason_once_it_is_over() -> None:
    """One hour after the last one landed, and not before."""
    cadence = CadenceConfig.model_validate({"quiet": "1h"})

    assert due(cadence, stretch(), SUNDAY + dt.timedelta(minutes=59)) == ""
    assert due(cadence, stretch(), SUNDAY + dt.timedelta(minutes=60)) == "nothing landed for a while"
