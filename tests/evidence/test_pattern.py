"""Configured patterns."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from evidence.pattern import Hit
from evidence.pattern import compile as compile_pattern


def test_hits_carry_lines_and_groups() -> None:
    """Each match knows where it begins and what its groups took."""
    pattern = compile_pattern(r"(?P<name>[a-zé]+) = (\d+)?")

    assert list(pattern.hits("é = 1\n\nb = \nc: 3")) == [
        Hit(1, "é = 1", ("é", "1")),
        Hit(3, "b = ", ("b", None)),
    ]
    assert (pattern.groups, pattern.names) == (2, {"name": 1})


def test_lines_or_the_whole() -> None:
    """For lines `^`, `$` and `.` keep to the line; for an extract the text is one piece."""
    text = "Output:\nfour\n\nCompleted"

    assert compile_pattern("^four$").found(text)
    assert not compile_pattern("^four$", lines=False).found(text)
    assert not compile_pattern("Output:.*four").found(text)
    assert compile_pattern("Output:.*four", lines=False).found(text)


def test_fullmatch_takes_all_or_nothing() -> None:
    """A pattern can also stand for a whole text."""
    assert compile_pattern("[^/]*").fullmatch("abc")
    assert not compile_pattern("[^/]*").fullmatch("a/c")


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(?=a)b", "“(?=a)b” is no pattern: invalid perl operator: (?= (RE2 has no look-ahead, no look-behind"),
        ("(?<!a)b", "RE2 has no look-ahead, no look-behind and no back-references"),
        (r"(a)\1", r"invalid escape sequence: \1 (RE2 has no look-ahead, no look-behind and no back-references)"),
        ("((a{100}){100}){100}", "the pattern is too large: repetitions go to 1000, and nested ones multiply"),
        ("a(", "“a(” is no pattern: missing ): a("),
        ("\ud800", "it is no valid Unicode"),
        ("a" * 4001, "a pattern of 4,001 characters is too long: at most 4,000 are taken"),
    ],
)
def test_a_bad_pattern_is_a_sentence(pattern: str, sentence: str) -> None:
    """What RE2 lacks or refuses is said, with what to do."""
    with pytest.raises(Unreadable) as caught:
        compile_pattern(pattern)

    assert sentence in str(caught.value).replace("(?m)", "")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "((a*)*)*b", "(.*)*x"])
def test_no_pattern_explodes(pattern: str) -> None:
    """Patterns on which backtracking never ends take a fraction of a second on a megabyte."""
    started = time.monotonic()

    compile_pattern(pattern).found("a" * (1 << 20) + "!")

    assert time.monotonic() - started < 30  # it does not hang; times are for make bench


def test_lone_surrogates_do_not_stop_a_search() -> None:
    """A text that no file can hold is searched all the same."""
    assert compile_pattern("b").found("\ud800b")


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="ab\n é", max_size=30), st.sampled_from(["a+", "(a)(b)?", "^b", "b$", "[^a]", "a|", "é"]))
def test_hits_agree_with_the_standard_library(text: str, pattern: str) -> None:
    """On patterns that both understand, RE2 finds what `re` finds, in the same lines."""
    expected = [
        Hit(text.count("\n", 0, found.start()) + 1, found.group(), found.groups())
        for found in re.finditer(pattern, text, re.MULTILINE)
        if found.group()
    ]

    assert [hit for hit in compile_pattern(pattern).hits(text) if hit.text] == expected
