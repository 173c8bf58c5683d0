"""The pace of writes: as fast as they come, until GitHub's limits."""

from __future__ import annotations

from app.hub.pace import Pace


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_a_few_writes_do_not_wait() -> None:
    """What a discharge needs is never slowed down."""
    pace = Pace(clock=Clock())
    assert [pace.reserve(0) for _ in range(80)] == [0] * 80


def test_the_eighty_first_write_of_a_minute_waits() -> None:
    """It goes out when the first is a minute old; who is not as patient books nothing."""
    clock = Clock()
    pace = Pace(clock=clock)
    for _ in range(80):
        pace.reserve(0)
    clock.now = 20
    assert pace.reserve(30) == 40
    assert pace.reserve(60) == 40
    assert pace.reserve(60) == 40
    clock.now = 60
    assert pace.reserve(0) == 0


def test_five_hundred_writes_fill_an_hour() -> None:
    """The hour's limit holds, too."""
    clock = Clock()
    pace = Pace(clock=clock)
    for n in range(500):
        clock.now = n * 2.0
        assert pace.reserve(0) == 0
    assert pace.reserve(0) == 3600 - 998


def test_a_pause_between_writes_can_be_asked_for() -> None:
    """With a pause of a second, three writes at once take two seconds."""
    pace = Pace(1.0, Clock())
    assert [pace.reserve(9) for _ in range(3)] == [0, 1, 2]
