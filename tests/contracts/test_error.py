"""Complaints: what happened, where, and what to do."""

from __future__ import annotations

import pytest

from contracts.error import Complaint, EditError, Place, Unreadable


@pytest.mark.parametrize(
    ("place", "text"),
    [(Place(), ""), (Place("a"), "a"), (Place("a", 1), "a:1"), (Place("a", 1, 2), "a:1:2"), (Place("", 1, 2), "1:2")],
)
def test_a_place_says_what_is_known(place: Place, text: str) -> None:
    """File, line, column."""
    assert str(place) == text


def test_a_complaint_reads_as_sentences() -> None:
    """With one full stop each."""
    assert str(Complaint("It is bad")) == "It is bad."
    assert str(Complaint("It is bad.", Place("a", 1), "Mend it")) == "a:1: It is bad. Mend it."


def test_the_file_is_named_once() -> None:
    """By whoever knows it first; the kind of complaint stays."""
    error = Unreadable("It is bad", Place("", 3, 4), "Mend it")

    assert str(error.at("b.yaml")) == "b.yaml:3:4: It is bad. Mend it."
    assert isinstance(error.at("b.yaml"), Unreadable)
    assert str(error.at("b.yaml").at("c.yaml")) == "b.yaml:3:4: It is bad. Mend it."
    assert not isinstance(EditError("x"), Unreadable)
