"""Patches: put into the text in order, applied to the values in the opposite one."""

from __future__ import annotations

import pytest

from contracts.error import EditError
from contracts.splice import Add, Insert, Patch, Set, intend, order, splice


def test_patches_are_put_in_and_the_rest_stays() -> None:
    """In the order of the text, whatever the order of asking."""
    patches = order([Patch(4, 5, "X"), Patch(0, 0, "<"), Patch(1, 2, "")])

    assert splice("abcdef", patches) == "<acdXf"


def test_at_one_place_the_deeper_comes_first_and_then_who_came_first() -> None:
    """An item joins its list before the next key of the mapping around it is written."""
    key = Patch(3, 3, "k", Add(("m",), "l", "k", 1))
    one, two = (Patch(3, 3, name, Insert(("m", "l"), 0, name)) for name in ("one", "two"))

    assert [patch.text for patch in order([key, one, two])] == ["one", "two", "k"]


def test_patches_that_overlap_are_an_error() -> None:
    """Nobody could say what was meant."""
    with pytest.raises(
        EditError, match=r"^two edits change the same text: 'A' and 'B'\. Make them one after the other\.$"
    ):
        order([Patch(0, 3, "A"), Patch(2, 4, "B")])


def test_intents_are_applied_from_the_last_to_the_first() -> None:
    """So the indexes stay those of the old values, and these stay as they were."""
    data = {"l": ["a", "b"], "m": {"x": 1, "y": 2}}
    patches = [
        Patch(0, 0, "", Insert(("l",), 0, "new")),
        Patch(1, 1, "", Set(("l", 1), "B")),
        Patch(2, 2, ""),
        Patch(3, 3, "", Add(("m",), "x", "one", 1)),
        Patch(3, 3, "", Add(("m",), "x", "two", 2)),
        Patch(4, 4, "", Add(("m",), None, "zero", 0)),
    ]

    new = intend(data, patches)

    assert repr(new) == "{'l': ['new', 'a', 'B'], 'm': {'zero': 0, 'x': 1, 'one': 1, 'two': 2, 'y': 2}}"
    assert data == {"l": ["a", "b"], "m": {"x": 1, "y": 2}}
