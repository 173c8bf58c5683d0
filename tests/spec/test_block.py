"""Blocks, found faster than markdown-it finds them, and the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from spec.block import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

STOCK = MarkdownIt("commonmark").disable(["inline", "lheading", "reference"])
LINES = st.sampled_from(
    [
        "# h",
        "## §9. x",
        "   ## z",
        "```",
        "    ```",
        "~~~",
        "words",
        "> q",
        "> - x",
        "- a",
        "  - b",
        "* * *",
        "---",
        "1. x",
        "10) y",
        "    code",
        "\t- t",
        "<!-- c",
        "-->",
        "<div>",
        "</div>",
        "<?x",
        "",
        "",
        "  ",
        "+ p",
        "***b***",
        "[a]: b",
        "a | b",
        "      > deep",
        "=====",
        "_ _ _",
        "####### seven",
        "#no",
        "| a | b |",
        "|---|---|",
        "-\tx",
        "2. ",
        ">",
    ],
)


def told(tokens: Iterable[Token]) -> list[tuple[object, ...]]:
    """Return of each token what an outline is made of."""
    kept = {"heading_open", "inline", "fence", "code_block", "html_block"}
    return [(t.type, t.tag, t.map, t.level, t.content, t.markup) for t in tokens if t.type in kept]


@settings(deadline=None, max_examples=1500)
@given(st.lists(LINES, max_size=14).map("\n".join))
def test_blocks_are_those_of_markdown_it(text: str) -> None:
    """Asking only the rules that a line's first letter allows changes no block of any document."""
    assert told(blocks(text)) == told(STOCK.parse(text))
