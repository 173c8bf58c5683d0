"""Rust's test code, told from braces that are not braces."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec import rust


def _lines(source: str) -> list[int]:
    return [line for lines in rust.tested(source) for line in lines]


def test_module_at_the_end() -> None:
    """The usual module of tests counts from its attribute to its brace."""
    source = "fn run() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {}\n}\nfn more() {}\n"

    assert rust.tested(source) == (range(3, 8),)


@pytest.mark.parametrize(
    "literal",
    [
        '"}"',
        '"\\"}"',
        '"a\\\\"; let y = "}"',
        'r"}\\"',
        'r#"}"}"#',
        'br##"}"#}"##',
        'b"}"',
        "'}'",
        "'\\''; let y = '}'",
        "b'}'",
        "'\\u{7D}'",
        "/* } /* } */ } */ 1",
        "1 // }",
        "foo::<'a>('}')",
        'bar"}"',
        "r#type",
    ],
)
def test_braces_that_are_none(literal: str) -> None:
    """A brace in a string, a character or a comment closes nothing."""
    source = f"#[cfg(test)]\nmod tests {{\n    fn f<'a>() {{ let x = {literal}\n; }}\n}}\nfn code() {{}}\n"

    assert _lines(source) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("#[cfg(test)]\nmod tests;\nfn code() {}", [1, 2]),
        ("#[cfg(test)]\nuse a::{b, c};\nfn code() {}", [1, 2]),
        ("#[cfg(test)]\nconst A: [u8; 2] =\n    [1, 2];\nfn code() {}", [1, 2, 3]),
        (
            "#[cfg(test)]\n#[derive(Debug, Clone)]\npub(crate) struct A<B, C> {\n b: B,\n}\nfn code() {}",
            [1, 2, 3, 4, 5],
        ),
        ("struct A {\n  #[cfg(test)]\n  seen: u32,\n  kept: u32,\n}", [2, 3]),
        ("struct A {\n  kept: u32,\n  #[cfg(test)]\n  seen: u32\n}\nfn code() {}", [3, 4]),
        ("fn f() {\n  match x {\n    #[cfg(test)]\n    A => {\n    }\n    B => 1,\n  }\n}", [3, 4, 5]),
        ('#[cfg(all(test, feature = "x"))]\nmod a {\n}\nfn code() {}', [1, 2, 3]),
        ("#[cfg(all(not(windows), all(unix, test)))]\nmod a {\n}\nfn code() {}", [1, 2, 3]),
        ('#[cfg(any(test, feature = "x"))]\nmod a {\n}', []),
        ("#[cfg(not(test))]\nmod a {\n}", []),
        ("#[cfg(all(unix, not(test)))]\nmod a {\n}", []),
        ("#[cfg_attr(test, derive(Debug))]\nstruct A;", []),
        ("// #[cfg(test)]\nfn code() {}", []),
        ('let s = "#[cfg(test)]";\nfn code() {}', []),
        ("//! About.\n#![cfg(test)]\nfn a() {}\n", [1, 2, 3]),
        ("mod a {\n  #![cfg(test)]\n  fn a() {}\n}\nfn code() {}", [2, 3]),
        ("#[cfg(test)]\nmod a {}\n#[cfg(test)]\nmod b {}\nfn code() {}", [1, 2, 3, 4]),
        ("fn a() {}\n#[cfg(test)]\nmod never {\n", [2, 3]),
        ("#[cfg(test)]\nmod a { #[cfg(test)] fn b() {} }\nfn code() {}", [1, 2]),
        ("", []),
        ("fn code() {}", []),
    ],
)
def test_items(source: str, lines: list[int]) -> None:
    """An attribute covers its item and no line more."""
    assert _lines(source) == lines


CODE = st.sampled_from(
    ["fn f<'a>(x: &'a str) -> char {\n  '}'\n}", 'const A: &str = "{";', "/* { */", "// }", 'static R: &str = r#"{"#;'],
)
ITEM = st.builds("#[cfg(test)]\nmod t {{\n{}\n}}".format, st.lists(CODE, max_size=3).map("\n".join))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.booleans(), CODE, ITEM), max_size=8))
def test_generated_files(blocks: list[tuple[bool, str, str]]) -> None:
    """In a file made of code and test modules exactly the modules' lines are test lines."""
    source, expected, line = "", [], 1
    for is_test, code, item in blocks:
        text = item if is_test else code
        height = text.count("\n") + 1
        expected += list(range(line, line + height)) if is_test else []
        source, line = f"{source}{text}\n", line + height

    assert _lines(source) == expected


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="#[]cfg(test){}\"'r/*\\\n;,!a ", max_size=120))
def test_any_text(text: str) -> None:
    """Any text yields ascending, disjoint ranges within it."""
    lines = _lines("#[cfg(test)]" + text)

    assert lines == sorted(set(lines))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.parametrize(
    "unit", ["{", "}", '"', "/*", "#[cfg(", "#[cfg(test)]", "r#", "'", '\\"', "#   ", "r" + "#" * 300]
)
def test_hostile_text_is_quick(unit: str) -> None:
    """The time grows with the text, not with its square."""
    began = perf_counter()
    rust.tested("#[cfg(test)]" + unit * (100_000 // len(unit)))

    assert perf_counter() - began < 30  # it does not hang; times are for make bench


def test_too_long_a_file_is_code() -> None:
    """A file above the bound is not looked into: its lines count as code."""
    assert rust.tested("#[cfg(test)]\nmod a {}\n" + " " * rust.LIMIT) == ()
