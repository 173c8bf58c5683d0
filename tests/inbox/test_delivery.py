"""What is said about errors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.queue.delivery import describe, place
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


def test_the_place_of_an_error_is_its_file_and_line() -> None:
    """Where it was raised, or nothing if it was not."""
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 // 0

    assert place(caught.value) == f"{__file__}:{caught.tb.tb_lineno}"
    assert place(ValueError("nowhere")) == ""
