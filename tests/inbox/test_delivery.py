"""What is said about errors."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.queue.delivery import Hopeless, Later, Pace, describe
from tests.inbox.room import SECRET


def test_an_error_is_one_short_line_without_secrets() -> None:
    """The first line is kept, with the kind of error before it; a long one is cut."""
    assert describe(ValueError(f"bad token={SECRET}\nmore")) == "ValueError: bad token=[redacted: secret]"
    assert describe(TimeoutError()) == "TimeoutError"
    assert len(describe(ValueError("x " * 1000))) == 301


@settings(deadline=None, max_examples=100)
@given(st.text())
def test_whatever_an_error_says_is_described(text: str) -> None:
    """No text of an error makes its description fail, or longer than it may be."""
    said = describe(ValueError(text))

    assert said.startswith("ValueError")
    assert len(said.splitlines()) == 1
    assert len(said) <= 301


def test_what_the_inbox_itself_says_stands_without_the_name_of_a_class() -> None:
    """A person reads it in the list of what was parked."""
    assert describe(Hopeless("the payload is no JSON")) == "the payload is no JSON"


def test_what_is_away_is_waited_for_and_what_fails_is_given_up() -> None:
    """A failure counts; an outage does not, for a day; and what asks for patience gets as much as it asks for."""
    pace = Pace(attempts=3)
    day = 86_400

    assert [pace.weigh(ValueError(), failures, age=5) for failures in (1, 2, 3)] == [1, 2, None]
    assert pace.weigh(Hopeless("no JSON"), 1, age=5) is None
    assert [pace.weigh(Later("GitHub is down"), failures, age=day - 1) for failures in (1, 3, 99)] == [1, 4, 60]
    assert pace.weigh(Later("too many writes", 1_800.0), 1, age=5) == 1_800
    assert [pace.weigh(Later("GitHub is down"), failures, age=day) for failures in (2, 3)] == [2, None]
