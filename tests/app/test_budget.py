"""What runs cost a day: reserved before, settled after, never counted twice, never told smaller than it is."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.account import Account
from app.budget import Day, Item, demand_affordable, tell
from contracts.error import Complaint

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HELLO = "acme/hello"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the time that was set."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def account(tmp_path: Path, clock: Clock) -> Account:
    """Empty books."""
    return Account(tmp_path, clock)


def test_what_is_reserved_counts_until_it_is_settled(account: Account) -> None:
    """Then what was spent counts, and the rest is free again."""
    account.reserve(HELLO, "one", 60)
    account.reserve(HELLO, "two", 30)
    account.settle(HELLO, "one", 2.34)

    day = account.read(HELLO)

    assert (day.spent, day.reserved) == (2.34, 30)
    assert tell(day, 120) == "Today's budget: 2.4 spent and 30 reserved, of 120 minutes"


def test_twice_equals_once(account: Account) -> None:
    """A plan that is carried out again after a crash reserves and settles nothing more."""
    for _ in range(2):
        account.reserve(HELLO, "one", 60)
        account.settle(HELLO, "one", 5)
        account.settle(HELLO, "one", 50)

    assert account.read(HELLO) == Day((Item("one", 60, 5),))


def test_a_run_that_was_never_reserved_is_not_counted(account: Account) -> None:
    """A run of before there were books, or of a book that was lost."""
    account.settle(HELLO, "one", 5)

    assert account.read(HELLO) == Day()


def test_each_repository_and_each_day_has_its_own(account: Account, clock: Clock) -> None:
    """In UTC; names as GitHub tells them apart: without case. What is long over is forgotten."""
    account.reserve(HELLO, "one", 60)
    account.reserve("acme/other", "two", 30)
    assert account.read("Acme/Hello").reserved == 60

    clock.now += timedelta(hours=13)
    account.settle(HELLO, "one", 5)
    assert account.read(HELLO) == Day()

    clock.now -= timedelta(hours=13)
    assert account.read(HELLO).spent == 5
    clock.now += timedelta(days=20)
    account.reserve(HELLO, "three", 1)
    clock.now = NOON
    assert account.read(HELLO) == Day()


def test_a_damaged_book_is_an_empty_one(account: Account, tmp_path: Path) -> None:
    """It stops nothing; what it told is lost, and the day begins anew."""
    for damage in (b"", b"[", b"[]", b'{"one": 1}', b'{"one": {"day": 1}}', b"\xff"):
        account.reserve(HELLO, "one", 60)
        (tmp_path / "acme" / "hello.json").write_bytes(damage)

        assert account.read(HELLO) == Day()


def test_many_at_once_lose_nothing(account: Account) -> None:
    """Every thread and every process that changes a book waits for the one before."""
    threads = [threading.Thread(target=account.reserve, args=(HELLO, f"run-{n}", 1)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert account.read(HELLO).reserved == 16


def test_a_run_that_does_not_fit_is_refused_with_what_stands() -> None:
    """What is spent, what is reserved, and what to do."""
    day = Day((Item("one", 60, 12.5), Item("two", 90)))

    demand_affordable(day, 17, 120)
    with pytest.raises(Complaint) as refused:
        demand_affordable(day, 18, 120)

    assert str(refused.value) == (
        "today's budget does not allow this run: it may take 18 minutes, and of today's 120 minutes 12.5 are spent and "
        "90 reserved by runs that go on. Ask again tomorrow (UTC), or raise budget.gpu_minutes_per_day."
    )


def test_without_a_budget_nothing_is_asked() -> None:
    """And nothing is told."""
    demand_affordable(Day((Item("one", 10_000),)), 10_000, None)
    assert tell(Day(), None) == ""


runs = st.lists(st.tuples(st.integers(1, 90), st.floats(0, 90) | st.none()), max_size=8)


@given(runs, st.integers(0, 200), st.integers(1, 90))
def test_what_is_allowed_never_exceeds_the_limit(made: list[tuple[int, float | None]], limit: int, asked: int) -> None:
    """Whatever stands: a run that is allowed keeps the day within its limit, if every other one does."""
    day = Day(tuple(Item(f"run-{n}", reserved, spent) for n, (reserved, spent) in enumerate(made)))
    try:
        demand_affordable(day, asked, limit)
    except Complaint:
        assert day.spent + day.reserved + asked > limit
    else:
        assert sum(item.minutes for item in day.items) + asked <= limit
