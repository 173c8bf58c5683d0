"""Program output in Markdown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evidence.quote import cell, code, fence, show

MARKDOWN = MarkdownIt("commonmark").enable("table")
NASTY = st.text(alphabet="`|\\ a<*_[]\n\t\r\x1b\u202e~#", max_size=30)


def test_code_is_one_line_and_bounded() -> None:
    """A literal stays one short line whatever it holds."""
    assert code("Backend: wgpu") == "`Backend: wgpu`"
    assert code("a\nb\tc") == "`a␊b c`"
    assert code("") == "(nothing)"
    assert code("`x`") == "`` `x` ``"
    assert code("x" * 200) == f"`{'x' * 159}…`"


def test_control_characters_become_visible() -> None:
    """Escape sequences and characters that reorder text can be seen, and do nothing."""
    assert show("\x1b[31mred\x7f\u202e\r\nnext\r") == "␛[31mred␡\ufffd\nnext␍"


@settings(deadline=None, max_examples=200)
@given(NASTY.filter(str.strip))
def test_code_reads_back_as_itself(text: str) -> None:
    """Any Markdown reader sees exactly one piece of code with exactly this text."""
    tokens = MARKDOWN.parseInline(f"x {code(text)} y")[0].children or []

    assert [token.type for token in tokens] == ["text", "code_inline", "text"]
    assert tokens[1].content == show(text).replace("\n", "␊").replace("\t", " ")


@settings(deadline=None, max_examples=200)
@given(NASTY)
def test_a_fence_cannot_be_closed_from_inside(text: str) -> None:
    """Whatever a log holds, the block ends where it should."""
    tokens = MARKDOWN.parse(f"{fence(text)}\n\nafter")

    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content == show(text) + ("" if show(text).endswith("\n") else "\n")


@settings(deadline=None, max_examples=200)
@given(NASTY.filter(str.strip), NASTY.filter(str.strip))
def test_a_cell_stays_a_cell(one: str, two: str) -> None:
    """A table row keeps its columns whatever its literals hold."""
    page = f"| a | b |\n|---|---|\n| {cell(code(one))} | {cell(code(two))} |"

    tokens = MARKDOWN.parse(page)

    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 4
    assert inline[2].children is not None
    assert inline[2].children[0].content == show(one).replace("\n", "␊").replace("\t", " ")
