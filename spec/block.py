"""CommonMark's rules for blocks, as markdown-it has them, tried by a line's first letter only.

Trying every rule on every line is most of the time that a large record takes to read. What a rule
decides is markdown-it's own; only the question whether to ask it is answered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, heading, hr, html_block, list_block
from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[[StateBlock, int, int, bool], bool]

_BEGINS: dict[str, tuple[Rule, ...]] = {
    "#": (heading,),
    "`": (fence,),
    "~": (fence,),
    ">": (blockquote,),
    "<": (html_block,),
    "-": (hr, list_block),
    "*": (hr, list_block),
    "_": (hr,),
    "+": (list_block,),
    **dict.fromkeys("0123456789", (list_block,)),
}
_ENDS_ITEM = {
    first: tuple(rule for rule in rules if rule in (fence, blockquote, hr)) for first, rules in _BEGINS.items()
}
_ASIDE = ["lheading", "reference", "fence", "blockquote", "hr", "list", "html_block", "heading"]


_KEPT = frozenset({"heading_open", "inline", "fence", "code_block", "html_block"})


def blocks(text: str) -> list[Token]:
    """Return the tokens that say where headings, words, code and HTML are; lines end in line feeds.

    Underlined headings and link definitions are paragraphs here. In a record a line of `---` right
    under a paragraph is meant as a separator, and must not turn that paragraph into a heading.
    """
    state = _State(text, _PARSER, {}, [])
    _PARSER.block.tokenize(state, state.line, state.lineMax)
    return state.tokens


class _State(StateBlock):
    """markdown-it's state, but it keeps only the tokens that are asked for: most would be thrown away."""

    def __init__(self, src: str, md: MarkdownIt, env: dict[str, Any], tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self._aside = Token("aside", "", 0)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        self.level -= nesting < 0
        token = Token(ttype, tag, nesting, level=self.level) if ttype in _KEPT else self._aside
        self.level += nesting > 0
        if token is not self._aside:
            self.tokens.append(token)
        return token


def _begin(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Try the rules that can begin a block, or end a paragraph, with this line."""
    return _try(_BEGINS, state, start, end, silent=silent)


def _end_item(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Try the rules that can end an item of a list with this line; they begin nothing here."""
    return silent and _try(_ENDS_ITEM, state, start, end, silent=True)


def _try(table: dict[str, tuple[Rule, ...]], state: StateBlock, start: int, end: int, *, silent: bool) -> bool:
    at = state.bMarks[start] + state.tShift[start]
    return any(rule(state, start, end, silent) for rule in table.get(state.src[at : at + 1], ()))


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark").disable(_ASIDE)
    made.block.ruler.before("paragraph", "begin", _begin, {"alt": ["paragraph", "blockquote"]})
    made.block.ruler.before("paragraph", "end_item", _end_item, {"alt": ["list"]})
    return made


_PARSER = _parser()
