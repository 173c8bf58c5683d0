"""Where a command may stand: the lines of a comment's ordinary paragraphs, found by Markdown's own rules.

Quotes, lists, tables, headings, code, HTML, comments and links are something that a person shows or
repeats; only a line of a paragraph of its own is something that a person says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, html_inline

from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from markdown_it.token import Token

LONGEST = 65_536
"""The longest comment that is read, in characters: GitHub's own bound."""
LINES = 4_000
"""The most lines that are read: Markdown's rules are tried on each of them."""
LINKS = 2_000
"""The most links that are read."""

_NEWLINE = re.compile(r"\r\n?")
_SLASH = re.compile("[ \u00a0\u200b\u200c\u200d\u2060\ufeff]{0,3}/[A-Za-z]")
_ANY = re.compile(f"(?m)^{_SLASH.pattern}")
_HOLDS = re.compile(r"<(?P<end>/?)(?:blockquote|code|del|details|ol|pre|s|table|ul)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paragraph that begins with `/` and a letter; *number* counts from 1."""

    number: int
    text: str


def find(body: str) -> tuple[Line, ...]:
    """Return the lines of ordinary paragraphs that begin with `/` and a letter.

    An element of HTML that quotes, lists, hides or strikes out (`<details>`) holds everything up to its end tag.

    Raises:
        Unreadable: the comment has such lines, and is too large to be read.
    """
    text = _NEWLINE.sub("\n", body)
    if not _ANY.search(text):
        return ()
    if len(text) > LONGEST or text.count("\n") >= LINES or text.count("](") > LINKS:
        what = f"the comment has more than {LONGEST:,} characters, {LINES:,} lines or {LINKS:,} links, and was not read"
        raise Unreadable(what, mend="Write the command in a comment of its own")
    return tuple(_lines(text))


def _lines(text: str) -> Iterator[Line]:
    env: MutableMapping[str, Any] = {"held": 0}
    tokens: list[Token] = []
    source = text.split("\n")
    _WITH_LINKS.block.parse(text, _WITH_LINKS, env, tokens)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "html_block":
            _hold(env, token.content.rpartition("-->")[2] if "<!--" in token.content else token.content)
        elif token.type == "inline" and before and before.type == "paragraph_open" and before.level == 0:
            assert token.map  # every paragraph knows its lines
            first = next((n for n in range(*token.map) if source[n].strip()), 0)  # lines of odd blanks are cut off
            yield from _paragraph(token.content, first + 1, env)


def _paragraph(content: str, first: int, env: MutableMapping[str, Any]) -> Iterator[Line]:
    starts, at = _starts(content, env), 0
    for number, line in enumerate(content.split("\n"), first):
        if starts.get(at) == 0 and _SLASH.match(line):
            yield Line(number, line)
        at += len(line) + 1


def _starts(content: str, env: MutableMapping[str, Any]) -> dict[int, int]:
    """Return the offsets of the lines that begin outside of code, HTML and links, and how many elements hold each."""
    linked = "](" in content or ("references" in env and "]" in content)
    if linked or "`" in content or "<" in content:
        starts: dict[int, int] = {0: env["held"]}
        env["starts"] = starts
        parser = _WITH_LINKS if linked else _WITHOUT_LINKS
        parser.inline.parse(content, parser, env, [])
        return starts
    return dict.fromkeys((0, *(found.end() for found in re.finditer("\n", content))), env["held"])


def _hold(env: MutableMapping[str, Any], html: str) -> None:
    """Count the elements that are open after *html*."""
    for found in _HOLDS.finditer(html):
        env["held"] = max(0, env["held"] + (-1 if found["end"] else 1))


def _mark(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Note that a line begins behind this line's end; markdown-it gets here only outside of code and HTML."""
    ends = 1 if state.src[state.pos] == "\n" else 2 if state.src.startswith("\\\n", state.pos) else 0
    if ends and not silent and not state.linkLevel:
        state.env["starts"][state.pos + ends] = state.env["held"]
    return False


def _html(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Read an HTML tag as markdown-it does, and count the elements that it opens or closes."""
    start = state.pos
    found = html_inline(state, silent)
    if found and not silent and not state.src.startswith("<!--", start):
        _hold(state.env, state.src[start : state.pos])
    return found


def _parser(*off: str) -> MarkdownIt:
    made = MarkdownIt("commonmark").enable("table").disable(["emphasis", "entity", "image", *off])
    made.inline.ruler.before("newline", "mark", _mark)
    made.inline.ruler.at("html_inline", _html)
    return made


_WITH_LINKS, _WITHOUT_LINKS = _parser(), _parser("link")
