"""Sentences of people, cut without breaking what stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.sentence import clip, code_spans, first, inside, pieces, plain

WORDS = st.text(alphabet="ab .`*?!…(\n", max_size=120)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("The contract is at v1.3.0 now. More.", "The contract is at v1.3.0 now."),
        ("It ends at v1.3.0. More.", "It ends at v1.3.0."),
        ("A floor, e.g. The one of 0.99, is kept. More.", "A floor, e.g. The one of 0.99, is kept."),
        ("Runs `apr run. Then stop.` once. More.", "Runs `apr run. Then stop.` once."),
        ("See wgpu-smoke.log for it. More.", "See wgpu-smoke.log for it."),
        ("By J. Smith and others. More.", "By J. Smith and others."),
        ('He said "enough." Then he left.', 'He said "enough."'),
        ("Really? Yes.", "Really?"),
        ("no end in sight", "no end in sight"),
        ("stops. small letters go on. Then not.", "stops. small letters go on."),
        ("", ""),
    ],
)
def test_first(text: str, sentence: str) -> None:
    """The first sentence ends where a reader would end it."""
    assert first(text) == sentence


def test_code_spans() -> None:
    """A run of backticks pairs with the next run of its length; a lone one is no code."""
    text = "a `b` c ``d ` e`` f ` g"

    assert [text[start:end] for start, end in code_spans(text)] == ["`b`", "``d ` e``"]


@pytest.mark.parametrize(
    ("text", "code"),
    [(r"\`a`", []), (r"\\`a`", ["`a`"]), (r"\``a`", ["`a`"]), (r"`a\` b`", [r"`a\`"]), (r"\`\`\`", [])],
)
def test_escaped_backticks(text: str, code: list[str]) -> None:
    """A backslash keeps a backtick from opening code, but not from closing it."""
    assert [text[start:end] for start, end in code_spans(text)] == code


def test_plain_keeps_stars_in_code() -> None:
    """Marks around words go; stars in code stay, and so does a lone pair."""
    assert plain(r"\*a\* \<b> <https://x.org/a_b>, C:\x `\*`") == r"*a* <b> https://x.org/a_b, C:\x `\*`"
    assert plain("**DISCHARGED** by `a ** b ** c` and 2 ** 8") == "DISCHARGED by `a ** b ** c` and 2 ** 8"


def test_clip_between_words() -> None:
    """A long text ends at a word, never inside code."""
    assert clip("one two three", 13) == "one two three"
    assert clip("one two three", 12) == "one two…"
    assert clip("one two, three", 9) == "one two…"
    assert clip("run `a b c d e f` now", 12) == "run…"
    assert clip("x" * 20, 5) == "xxxx…"


@settings(deadline=None, max_examples=200)
@given(WORDS, st.integers(2, 60))
def test_any_text(text: str, limit: int) -> None:
    """Whatever the text: pieces join to it, a sentence is its beginning, a clip keeps its bound."""
    assert "".join(piece for _, piece in pieces(text)) == text
    assert text.strip().startswith(first(text))
    assert len(clip(text, limit)) <= limit
    spans = code_spans(text)
    assert [inside(spans, at) for at in range(len(text))] == [
        any(start <= at < end for start, end in spans) for at in range(len(text))
    ]
