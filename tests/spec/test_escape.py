"""Strangers' words in Markdown: shown as they are, doing nothing."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from spec.escape import NOTHING, cell, clean, inline
from spec.sentence import pieces

if TYPE_CHECKING:
    from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
HOSTILE = st.text(alphabet="ab1 |\\`*_~[]()!<>@#&;:$-=+.'\"\n\t§→é", max_size=80)
WILD = st.text(max_size=60)


def _cells(first: str, second: str) -> list[Token]:
    """Render a table with one row of three cells and return the cells' inline tokens."""
    table = f"| PR | What | Effect |\n|----|------|--------|\n| #1 | {first} | {second} |\n"
    tokens = PARSER.parse(table)
    assert [t.type for t in tokens if t.level == 0] == ["table_open", "table_close"]
    assert sum(t.type == "tr_open" for t in tokens) == 2
    return [after for token, after in pairwise(tokens) if token.type == "td_open"]


def _words(token: Token) -> str:
    """Return what a reader sees; that it is code or an address shows, but no other markup may be there."""
    children = token.children or []
    assert {child.type for child in children} <= {"text", "code_inline", "text_special", "link_open", "link_close"}
    assert all(child.markup == "autolink" for child in children if child.type.startswith("link"))
    return "".join(child.content for child in children).replace(NOTHING, "")


def _expected(text: str) -> str:
    """Return the cleaned text with the backticks of code taken off, as CommonMark does."""
    return "".join(_bare(piece) if code else piece for code, piece in pieces(clean(text)))


def _bare(piece: str) -> str:
    ticks = len(piece) - len(piece.lstrip("`"))
    inner = piece[ticks:-ticks]
    padded = inner.startswith(" ") and inner.endswith(" ") and inner.strip(" ")
    return inner[1:-1] if padded else inner


@settings(deadline=None, max_examples=600)
@given(HOSTILE | WILD, HOSTILE | WILD)
def test_cell_is_one_cell(first: str, second: str) -> None:
    """A cell never adds or removes a column, and a reader sees exactly the cleaned words."""
    cells = _cells(cell(first), cell(second))

    assert len(cells) == 3
    assert [_words(c).strip() for c in cells[1:]] == [_expected(t).strip() for t in (first, second)]


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a | b", r"a \| b"),
        (r"a \| b", r"a \| b"),
        ("`x | y`", r"`x \| y`"),
        ("two\nlines", "two lines"),
        ("<!-- discharge:end -->", "<\\!-- discharge:end -->"),
        ("`<!-- x -->`", f"`<{NOTHING}!-- x -->`"),
        ("ask @team, not a@b.c", f"ask @{NOTHING}team, not a@b.c"),
        ("`@team` and `#12`", "`@team` and `#12`"),
        ("fixes #12 and GH-12", f"fixes #{NOTHING}12 and GH-{NOTHING}12"),
        ("paiml/aprender#1100", f"paiml/aprender#{NOTHING}1100"),
        ("the chain of #1438", "the chain of #1438"),
        ("FALSIFY_X_001 and _x_", r"FALSIFY_X_001 and \_x\_"),
        ("2 * 3 and **b**", r"2 * 3 and \*\*b\*\*"),
        ("~280 LOC, ~~gone~~", r"~280 LOC, \~\~gone\~\~"),
        ("0.7 < 0.99, <b>", r"0.7 < 0.99, \<b>"),
        ("see https://x.org/a_b_#1. Bye", "see <https://x.org/a_b_#1>. Bye"),
        ("[x](y) &amp; $5$ \\", r"\[x](y) \&amp; \$5\$ \\"),
        ("a lone ` tick", r"a lone \` tick"),
        ("right\u202eleft\u0000 \u200bz\ufeff\U000e0041", "rightleft z"),
        ("👩\u200d💻 é", "👩\u200d💻 é"),
    ],
)
def test_examples(text: str, markdown: str) -> None:
    """What would act is made still; what would not stays as it was written."""
    assert cell(text, known={1438}) == markdown


def test_inline_keeps_pipes() -> None:
    """Outside a table a pipe is a pipe."""
    assert inline("a | b") == "a | b"


@pytest.mark.parametrize("unit", ["\\", "`", "``` ` ", "*", "http://", "http://.", "#1", "<!", "@a", " ", "~", "&#"])
def test_long_hostile_text_is_quick(unit: str) -> None:
    """The time grows with the text, not with its square."""
    began = perf_counter()
    cell(unit * (200_000 // len(unit)))

    assert perf_counter() - began < 30  # it does not hang; times are for make bench
