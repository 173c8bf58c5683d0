"""Path patterns of the configuration, against a matcher so plain that it can be believed."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.glob import matches, select
from contracts.error import Unreadable

LETTERS = st.sampled_from(["a", "b", "A", ".", "-", " ", "é", "$", "(", "+", "\\", "\n"])
PARTS = st.lists(LETTERS, min_size=1, max_size=3).map("".join)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
PIECES = st.sampled_from(["*", "?", "[ab]", "[!a]", "[a-b.]", "[\\^$]", "["]) | LETTERS
SEGMENTS = st.just("**") | st.lists(PIECES, min_size=1, max_size=4).map("".join).filter(lambda s: "**" not in s)
GLOBS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)


def naive(segments: list[str], parts: list[str]) -> bool:
    """Match folder by folder; `**` is any number of folders, and at the end at least one name."""
    if not segments or not parts:
        return not segments and not parts
    if segments[0] == "**":
        return segments == ["**"] or naive(segments[1:], parts) or naive(segments, parts[1:])
    return fits(segments[0], parts[0]) and naive(segments[1:], parts[1:])


def fits(pattern: str, name: str) -> bool:
    """Match one name, character by character."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(fits(pattern[1:], name[n:]) for n in range(len(name) + 1))
    end = pattern.find("]", 2)
    if pattern[0] == "[" and end > 0:
        return bool(name) and in_class(pattern[1:end], name[0]) and fits(pattern[end + 1 :], name[1:])
    return bool(name) and pattern[0] in ("?", name[0]) and fits(pattern[1:], name[1:])


def in_class(body: str, character: str) -> bool:
    """Tell whether `[body]` holds a character; the only range that is tried is a-b."""
    if body.startswith("!") and body != "!":
        return not in_class(body[1:], character)
    return character in body.replace("a-b", "ab")


@settings(deadline=None, max_examples=400)
@given(GLOBS, PATHS)
def test_a_pattern_matches_what_it_says(glob: str, path: str) -> None:
    """Every kind of piece, beside characters that mean something to a regular expression."""
    assert matches(path, [glob]) == naive(glob.split("/"), path.split("/"))


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_pattern_or_refused_in_words(glob: str, path: str) -> None:
    """Nothing but a sentence comes out of a pattern that is none."""
    with suppress(Unreadable):
        assert matches(path, [glob]) in (True, False)


@pytest.mark.parametrize(
    ("glob", "path", "found"),
    [
        ("contracts/**/*.yaml", "contracts/a.yaml", True),
        ("contracts/**/*.yaml", "contracts/b/c/a.yaml", True),
        ("contracts/*.yaml", "contracts/b/a.yaml", False),
        ("**", "any/thing", True),
        ("contracts/apr-*.yaml", "contracts/apr-cpu-v1.yaml", True),
        ("crates/serve/**", "crates/serve/src/lib.rs", True),
        ("crates/serve/**", "crates/serve", False),
        ("a[!b]c", "a/c", False),
        ("*.yaml", "x.yaml\n", False),
    ],
)
def test_the_patterns_that_people_write(glob: str, path: str, *, found: bool) -> None:
    """`**` is zero or more folders, and a star stays in its folder."""
    assert matches(path, [glob]) is found


def test_paths_keep_their_order_and_come_once() -> None:
    """Two patterns that match the same file select it once."""
    assert select(["b.md", "a.md", "c.txt"], ["*.md", "a.*"]) == ("b.md", "a.md")


def test_a_range_that_runs_backwards_is_refused_with_the_pattern_as_written() -> None:
    """The sentence speaks of the person's pattern, not of the regular expression behind it."""
    with pytest.raises(Unreadable, match=r"“a/\[z-a\]\.yaml” is no path pattern\. Write it with"):
        matches("a/b.yaml", ["a/[z-a].yaml"])


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    """A hostile pattern costs time that grows with the path, and no more."""
    started = time.monotonic()

    assert not matches("a" * 4_000, ["*a" * 500 + "b"])

    assert time.monotonic() - started < 30  # it does not hang; times are for make bench
