"""YAML text → nodes: every span exact, every bound kept, every complaint with its place."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import tree
from contracts.error import Unreadable
from contracts.node import Mapping, Node, Scalar, walk
from contracts.tree import grow


def spans(text: str) -> dict[str, str]:
    """Return the text of every value by its path."""
    root = grow(text)
    assert root is not None
    return {".".join(map(str, path)): text[node.start : node.end] for path, node in walk(root)}


def test_a_span_is_the_value_as_written() -> None:
    """Quotes belong to it; comments, blank lines and what is behind it do not."""
    text = "a: 'it''s' # c\nb: \"x\"  \n\n# c\nc: plain text # c\nd: [1, 2]\ne: {f: g}\nh:\ni: ~\n"

    assert spans(text) | {"": ""} == {
        "": "",
        "a": "'it''s'",
        "b": '"x"',
        "c": "plain text",
        "d": "[1, 2]",
        "d.0": "1",
        "d.1": "2",
        "e": "{f: g}",
        "e.f": "g",
        "h": "",
        "i": "~",
    }


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("a: |\n  x\n   \n     \n\n# c\nb: 1\n", "|\n  x\n   \n     ", "x\n \n   \n"),
        ("a: |\n  x\n\n\n# c\nb: 1\n", "|\n  x", "x\n"),
        ("a: |+\n  x\n\n\nb: 1\n", "|+\n  x\n\n", "x\n\n\n"),
        ("a: >2\n    z\n    \n   \nb: 1\n", ">2\n    z\n    \n   ", "  z\n  \n \n"),
        ("a: |\nb: 1\n", "|", ""),
        ("a: |+\n\nb: 1\n", "|+\n", "\n"),
        ("a: |2 # c\n\n    x\n# c\nb: 1\n", "|2 # c\n\n    x", "\n  x\n"),
        ("a: >-\n\n  x\n   # y\n  \n# z\nb: 1\n", ">-\n\n  x\n   # y", "\nx\n # y"),
        ("a: |\r\n  x\r\n\r\nb: 1\r\n", "|\r\n  x", "x\n"),
        ("a: |\n  x", "|\n  x", "x"),
    ],
)
def test_a_block_of_text_ends_with_its_text(text: str, span: str, value: str) -> None:
    """The C library counts blank lines and comments in; the span does not, unless they are text."""
    node = grow(text)
    assert isinstance(node, Mapping)

    assert spans(text)["a"] == span
    assert node.value["a"] == value


def test_a_value_knows_its_line_and_column() -> None:
    """Both are counted from 1, in characters, whatever the characters and the line ends."""
    root = grow("\ufeffé: 😀\r\nb:\r\n- x\r\n-  y\r\n")
    assert root is not None

    places = {path: (node.line, node.column) for path, node in walk(root)}

    assert places == {(): (1, 1), ("é",): (1, 4), ("b",): (3, 1), ("b", 0): (3, 3), ("b", 1): (4, 4)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("version: 1\ncontracts: [x", "2:12"),
        ("\ufeffversion: 1\ncontracts: [x\n\n\n", "2:12"),
        ("a: {b: 'x\n\n", "1:8"),
        ('a: "x', "1:4"),
        ("a: 1\n[[[\n\n", "2:1"),
        ("[[[", "1:3"),
        ("a: [1, 2\nb: 3\nc: 4\n", "2:2"),
        ("a: b: c\n", "1:5"),
    ],
)
def test_broken_text_is_told_on_a_line_that_there_is(text: str, place: str) -> None:
    """What is not closed is told where it was opened, and else by the last character."""
    with pytest.raises(Unreadable) as caught:
        grow(text)

    assert str(caught.value.place) == place


def test_an_empty_value_stands_behind_its_colon() -> None:
    """Where something can be written into it, in block and in flow style."""
    text = "a:   # c\nb: {c: , d : , e: 1, f}\ng:\n- \n- x\n-\n"
    root = grow(text)
    assert root is not None

    ends = {path[-1]: text[: node.start][-3:] for path, node in walk(root) if node.start == node.end}

    assert ends == {"a": "a:", "c": "{c:", "d": "d :", "f": ", f", 0: ":\n-", 2: "x\n-"}


def test_an_explicit_key_without_a_value_is_nothing() -> None:
    """`? a` is a key whose value is empty."""
    root = grow("? a\n? b\n: 1\n")
    assert root is not None

    assert root.value == {"a": None, "b": 1}


def test_a_file_of_comments_holds_nothing() -> None:
    """No value is no tree, and a scalar alone is one."""
    assert grow("# only\n# comments\n") is None
    assert grow("") is None
    assert isinstance(grow("|2\n  x\n"), Scalar)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\na: 2\n", "2:1: the key “a” stands twice in one mapping, first in line 1. Remove one of the two."),
        (
            "{a: 1, b: 2, a: 3}",
            "1:14: the key “a” stands twice in one mapping, first in line 1. Remove one of the two.",
        ),
        ("a: &x 1\nb: *x\n", "1:4: the anchor &x is set. Write the value out where it is needed."),
        ("a: *x\n", "1:4: the alias *x is used. Write the value out where it is needed."),
        ("a: &x [1]\n", "1:4: the anchor &x is set. Write the value out where it is needed."),
        (
            "a: !!python/name:os.system x\n",
            (
                "1:4: the tag tag:yaml.org,2002:python/name:os.system is used."
                " Quote a value that must be text, and drop the tag."
            ),
        ),
        ("a: !local {b: c}\n", "1:4: the tag !local is used. Quote a value that must be text, and drop the tag."),
        ("a: 1\n---\nb: 2\n", "2:1: a second YAML document starts here. Keep one contract in one file."),
        ("a:\n  [x]: 1\n", "2:3: a key of this mapping is itself a list or a mapping. Use a text as the key."),
        (
            "a: x\x00y\n",
            (
                "1:5: the character U+0000 stands here, which YAML does not allow or readers disagree on."
                " Remove it, or write it as an escape in double quotes."
            ),
        ),
        (
            "a: x\n# \u2028b: y\n",
            (
                "2:3: the character U+2028 stands here, which YAML does not allow or readers disagree on."
                " Remove it, or write it as an escape in double quotes."
            ),
        ),
        (
            "a: \ud800\n",
            (
                "1:4: the character U+D800 stands here, which YAML does not allow or readers disagree on."
                " Remove it, or write it as an escape in double quotes."
            ),
        ),
        (
            "a: 1\rb: 2\n",
            (
                "1:5: the character U+000D stands here, which YAML does not allow or readers disagree on."
                " Remove it, or write it as an escape in double quotes."
            ),
        ),
        (
            "a: [1\nb: 2\n",
            (
                "2:2: this is no YAML: while parsing a flow sequence, did not find expected ',' or ']'."
                " Correct the line, or quote the value."
            ),
        ),
        (
            "a: b: c\n",
            (
                "1:5: this is no YAML: mapping values are not allowed in this context."
                " Correct the line, or quote the value."
            ),
        ),
        ("[" * 65, "1:65: values are nested more than 64 deep. Flatten the file."),
    ],
)
def test_a_text_outside_the_bounds_is_refused_with_its_place(text: str, sentence: str) -> None:
    """Each refusal says what stands where, and what to do about it."""
    with pytest.raises(Unreadable) as refused:
        grow(text)

    assert str(refused.value) == sentence


HOSTILE = {
    "brackets": "[" * 30_000,
    "braces": "{" * 30_000,
    "dashes": "- " * 30_000,
    "questions": "? " * 30_000,
    "keys": "a:\n " * 4000,
    "values": "- a\n" * 300_000,
    "a block of blank lines": "a: |\n" + "\n" * 100_000 + "  x\n" + " \n" * 100_000 + "]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    """The C library's composer dies of them; its events stop at the bound, before there is a tree."""
    begun = time.perf_counter()

    with pytest.raises(Unreadable):
        grow(text)

    assert time.perf_counter() - begun < 30  # it does not hang; times are for make bench


def test_a_text_that_is_too_large_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is looked at first, the number of values while they come."""
    monkeypatch.setattr(tree, "SIZE", 10)
    with pytest.raises(Unreadable, match=r"^the file has 11 characters, and at most 10 are read\. Split it"):
        grow("a: " + "x" * 8)

    monkeypatch.setattr(tree, "SIZE", 4 << 20)
    monkeypatch.setattr(tree, "COUNT", 10)
    with pytest.raises(Unreadable, match=r"the file holds more than 10 keys and values\. Split it"):
        grow("- a\n" * 30)


def test_it_reads_without_libyaml_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without its C library, the slow parser gives the same tree."""
    text = "a: |\n  x\n\n# c\nb: [1, 'two'] # c\nc: {d: ~}\n"
    fast = grow(text)

    monkeypatch.setattr(tree, "_LOADER", yaml.SafeLoader)

    assert grow(text) == fast


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


@settings(deadline=None, max_examples=80)
@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=5), st.booleans())
def test_what_pyyaml_writes_is_read_with_exact_spans(value: dict[str, Any], flow: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever is dumped, each span holds the text that its value is read from."""
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow, sort_keys=False)
    try:
        root = grow(text)
    except Unreadable:
        return  # a key that is an anchor, or a character that readers disagree on

    assert root is not None
    for _, node in walk(root):
        assert_exact(text, node)


def assert_exact(text: str, node: Node) -> None:
    """Assert that a node's span starts where it says, and reads back as its value if it is on one line."""
    written = text[node.start : node.end]
    assert text.count("\n", 0, node.start) + 1 == node.line
    if isinstance(node, Scalar) and "\n" not in written:
        alone = grow(f"x: {written}\n")
        assert isinstance(alone, Mapping)
        assert repr(alone.value["x"]) == repr(node.value)
