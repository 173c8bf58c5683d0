"""What a plain scalar means, and how a value is found."""

from __future__ import annotations

import math

import pytest

from contracts.node import Mapping, find, resolve, walk, words
from contracts.tree import grow


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-2", 0.01),
        ("1.0e-6", 1e-6),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("12", 12),
        ("+7", 7),
        ("014", 14),
        ("0o14", 12),
        ("0xFF", 255),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("yes", "yes"),
        ("off", "off"),
        ("2026-05-04", "2026-05-04"),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("12:30:45", "12:30:45"),
        ("-", "-"),
        ("1e", "1e"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    """The core schema: `1e-2` is a number; dates, `yes` and underscored digits are texts."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number_is_a_number() -> None:
    """`.nan` is the float that equals nothing."""
    assert math.isnan(float(str(resolve(".nan"))))


def test_a_path_leads_to_a_node_or_to_none() -> None:
    """Keys and indexes lead down; a step that is not there leads nowhere."""
    root = grow("a:\n  - b: 1\n  - c\n")

    assert find(root, ("a", 0, "b")) is not None
    assert find(root, ("a", 2)) is None
    assert find(root, ("a", -1)) is None
    assert find(root, ("a", "b")) is None
    assert find(root, ("a", 0, "b", "c")) is None
    assert find(None, ()) is None


def test_walking_yields_every_value_in_the_order_of_the_text() -> None:
    """Each value comes with its path."""
    root = grow("a: [x, {b: y}]\nc: z\n")
    assert isinstance(root, Mapping)

    paths = [path for path, _ in walk(root)]

    assert paths == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]


def test_words_are_the_text_of_scalars_and_of_lists_of_them() -> None:
    """A mapping has no words, and neither has nothing."""
    root = grow("s: 1e-2\nl: [a, 2, {x: y}]\nn: ~\nm: {a: b}\n")
    assert isinstance(root, Mapping)

    assert [words(root.get(key)) for key in ("s", "l", "n", "m", "gone")] == ["1e-2", "a\n2", "", "", ""]
