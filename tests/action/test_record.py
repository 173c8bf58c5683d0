"""What is remembered of a run: read back as it was, and nothing else is taken for it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.action.record import LONGEST, Attempt, Record, choose, read, write
from contracts.error import Unreadable

TIMES = st.floats(0, 1e10)
ATTEMPTS = st.builds(
    Attempt,
    number=st.integers(1, 9),
    level=st.sampled_from(["", "organization", "repository"]),
    runner=st.integers(0, 1 << 40),
    handed=st.booleans(),
    asked=TIMES,
    workflow=st.integers(0, 1 << 40),
    doubt=TIMES,
    lost=st.booleans(),
)
RECORDS = st.builds(
    Record,
    kind=st.sampled_from(["actions", "registered"]),
    labels=st.lists(st.text(max_size=20), max_size=4).map(tuple),
    taken=TIMES,
    attempts=st.lists(ATTEMPTS, max_size=3).map(tuple),
    parked=TIMES,
)


@given(RECORDS)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    """Every value of it."""
    assert read(write(record)) == record


CUT = st.builds(lambda record, at: write(record)[:at], RECORDS, st.integers(0, 600))


@given(st.binary(max_size=200) | CUT)
def test_whatever_is_no_record_is_refused(data: bytes) -> None:
    """Half of one, say."""
    with suppress(Unreadable):
        assert write(read(data)).strip() == data.strip()


@pytest.mark.parametrize("change", [{"kind": "local"}, {"more": 1}, {"labels": "gpu"}, {"taken": "today"}])
def test_a_value_too_many_or_of_another_kind_is_refused(change: dict[str, object]) -> None:
    """A record is read strictly."""
    values = json.loads(write(Record("actions", ("gpu",), 1.0)))

    with pytest.raises(Unreadable):
        read(json.dumps(values | change).encode())
    with pytest.raises(Unreadable, match="too large"):
        read(b" " * (LONGEST + 1))


def test_labels_are_as_github_keeps_them() -> None:
    """In small letters, each once; a just-in-time runner has `self-hosted` only if that is asked for."""
    assert choose("actions", (" GPU ", "gpu", "H100", "")) == ("self-hosted", "gpu", "h100")
    assert choose("registered", ("GPU",)) == ("gpu",)
    assert choose("registered", ()) == choose("actions", ()) == ("self-hosted",)
