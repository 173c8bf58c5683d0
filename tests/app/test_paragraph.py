"""Where a command may stand: what a person says, and never what a person quotes, shows, hides or links."""

from __future__ import annotations

import random
import re
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comment.command import Mistake, read
from app.comment.paragraph import LINES, LINKS, LONGEST, find
from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

COMMAND = "/discharge CPU-GPU-004"


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (COMMAND, 1),
        (f"Please:\n{COMMAND}\nThank you", 2),
        (f"Please:\r\n\r\n{COMMAND}  \r\n", 3),
        (f"> quoted\n\n{COMMAND}", 3),
        (f"- item\n\n{COMMAND}", 3),
        (f"# Title\n{COMMAND}", 2),
        (f"```\n/status\n```\n{COMMAND}", 4),
        (f"<!-- /status -->\n\n{COMMAND}", 3),
        (f"<details>\n\n/status\n\n</details>\n\n{COMMAND}", 7),
        (f"<!-- <details> -->\n\n{COMMAND}", 3),
        (f"see <code>x</code> and\n{COMMAND}", 2),
        (f"a `code` and [a link](x)\n{COMMAND}", 2),
        (f"[a]: https://example.org\n\n[a], and\n{COMMAND}", 4),
        (f"a <b\n{COMMAND}", 2),
        (f"`open\n{COMMAND}", 2),
        (f"a\\\n{COMMAND}", 2),
        (f"`a`\\\n{COMMAND}", 2),
        (f"***\n   {COMMAND}", 2),
        (f"\u00a0\n{COMMAND}", 2),
        (f"\ufeff{COMMAND}", 1),
        (f"\u200b{COMMAND}", 1),
        (f"\u00a0{COMMAND}", 1),
        (f"</details>\n\n{COMMAND}", 3),
    ],
)
def test_a_line_of_an_ordinary_paragraph_is_found(body: str, number: int) -> None:
    """Wherever the paragraph stands, with any line ends, and with what a keyboard or a web page slips in."""
    assert [(line.number, line.text.strip("\ufeff\u200b \u00a0")) for line in find(body)] == [(number, COMMAND)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"Please {COMMAND}",
        f"> {COMMAND}",
        f"> quoted\n{COMMAND}",
        f">> deep\n> {COMMAND}",
        f"- {COMMAND}",
        f"- item\n{COMMAND}",
        f"- item\n\n  {COMMAND}",
        f"1. {COMMAND}",
        f"- [ ] {COMMAND}",
        f"# {COMMAND}",
        f"{COMMAND}\n===",
        f"{COMMAND}\n---",
        f"    {COMMAND}",
        f"\t{COMMAND}",
        f"text\n    {COMMAND}",
        f"`{COMMAND}`",
        f"`text\n{COMMAND}`",
        f"``` {COMMAND}",
        f"```\n{COMMAND}\n```",
        f"~~~ sh\n{COMMAND}",
        f"| {COMMAND} |\n|---|",
        f"{COMMAND} | x\n--- | ---\n/status | y",
        f"| x |\n|---|\n{COMMAND}",
        f"<!-- {COMMAND} -->",
        f"<!--\n\n{COMMAND}\n\n-->",
        f"text <!--\n{COMMAND}\n-->",
        f"<div>\n{COMMAND}\n</div>",
        f"<details>\n\n{COMMAND}\n\n</details>",
        f"<blockquote>\n\n{COMMAND}",
        f"<pre>\n\n{COMMAND}\n\n</pre>",
        f"text <code>\n{COMMAND}\n</code>",
        f"text <a title='\n{COMMAND}\n'>",
        f"[text\n{COMMAND}](https://example.org)",
        f"[text](\n{COMMAND.split(maxsplit=1)[0]}\n)",
        f"[text](x '\n{COMMAND}\n')",
        f"![text\n{COMMAND}](x)",
        f"[text\n{COMMAND}][a]\n\n[a]: x",
        f"[text {COMMAND}]: x\n\n[text\n{COMMAND}]",
        "[a]:\n/discharge",
        f"\\{COMMAND}",
        f"*{COMMAND}*",
        "/ discharge",
        "//discharge",
        "/004",
    ],
)
def test_what_is_quoted_shown_hidden_or_linked_is_not_found(body: str) -> None:
    """A list does not count either: people make lists of commands to talk about them."""
    assert find(body) == ()


def each(text: str, prefix: str) -> str:
    """Put *prefix* before every line, by Markdown's idea of a line."""
    return prefix + re.sub(r"\r\n?|\n", lambda end: end[0] + prefix, text)


def fence(text: str) -> str:
    """Fence a text so that nothing in it ends the fence."""
    ticks = "`" * (3 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{ticks}\n{text}\n{ticks}"


BITS: tuple[str, ...] = (
    *(COMMAND, "/status", "\n", "\n\n", "\r\n", "> ", "- ", "`", "```", "~~~", "<!--", "-->", "<b>", "</details>"),
    *("[a](", ")", "](", "[", "|", "---", "    ", "\t", "\\", "# ", "===", " ", "\u00a0", "\u200b", "1. "),
)
MARKDOWN = st.lists(st.sampled_from(BITS) | st.text(max_size=5), max_size=30).map("".join)


@settings(deadline=None, max_examples=200)
@given(MARKDOWN)
def test_no_text_gets_out_of_a_quote_a_list_code_or_a_comment(text: str) -> None:
    """Whatever is in it: somebody else's comment can be quoted without doing what it says."""
    hidden = text.replace("-->", "")

    assert find(each(text, "> ")) == ()
    assert find("- x\n\n" + each(text, "  ")) == ()
    assert find(fence(text)) == ()
    assert find("\n" + each(text, "    ")) == ()
    assert find(f"<!--\n{hidden}\n-->") == ()


@settings(deadline=None, max_examples=200)
@given(MARKDOWN)
def test_a_line_that_is_found_stands_there(text: str) -> None:
    """Its number is that of the comment as a person sees it."""
    lines = re.split(r"\r\n?|\n", text)
    for line in find(text):
        stands = lines[line.number - 1].replace("\x00", "\ufffd")  # as CommonMark has it, which not every line is yet
        assert line.text.replace("\x00", "\ufffd").strip() == stands.strip()


@pytest.mark.parametrize(
    "body",
    [f"{COMMAND}\n" + "x" * LONGEST, f"{COMMAND}\n" * LINES + "x", f"{COMMAND} " + "[](" * (LINKS + 1)],
    ids=["long", "lines", "links"],
)
def test_a_comment_without_end_is_refused_if_it_asks_for_anything(body: str) -> None:
    """A part of it would be another comment."""
    with pytest.raises(Unreadable, match="was not read"):
        find(body)

    assert read(body) == (
        Mistake(
            1,
            "The comment has more than 65,536 characters, 4,000 lines or 2,000 links, and was not read.",
            "Write the command in a comment of its own.",
        ),
    )
    assert read(body.replace("discharge", "lgtm")) == ()
    assert find(body.replace("/", "")) == ()


def _mixed(size: int) -> str:
    draw = random.Random(3)  # noqa: S311 - the same text every time
    return "".join(draw.choice(BITS) for _ in range(size))[:size]


HOSTILE: dict[str, Callable[[int], str]] = {
    "backticks": lambda n: "`" * n,
    "backticks of all lengths": lambda n: " ".join("`" * (i % 60 + 1) for i in range(n // 30)),
    "quotes": lambda n: ">" * n,
    "nested quotes": lambda n: ("> " * 40 + "a\n") * (n // 82),
    "brackets": lambda n: "[" * n,
    "links": lambda n: "[a](" * (n // 40) + "(" * n,
    "brackets with code": lambda n: "[`" * (n // 2),
    "brackets with tags": lambda n: "[<a>" * (n // 4),
    "references": lambda n: "".join(f"[{i}]: /x\n" for i in range(n // 12)),
    "a reference without end": lambda n: '[a]: x "' + "a " * (n // 2),
    "tags": lambda n: "<" * n,
    "comments": lambda n: "a <!-- " * (n // 7),
    "attributes": lambda n: '<a b="' * (n // 6),
    "lists": lambda n: "* " * (n // 2),
    "tables": lambda n: "a|" * (n // 4) + "\n" + "-|" * (n // 4),
    "backslashes": lambda n: "\\" * n,
    "blanks": lambda n: " " * n,
    "slashes": lambda n: "/" * n,
    "lines with a slash": lambda n: "/a\n" * min(n // 3, 3_900),
    "slips of a command": lambda n: "/dischargf\n" * min(n // 11, 3_900),
    "mixed": _mixed,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("end", ["\n\n", "\n"], ids=["apart", "joined"])
def test_reading_costs_as_much_as_there_is_to_read(make: Callable[[int], str], end: str) -> None:
    """Steps are counted: at most so many a character, however the comment is made up."""
    body = make(8_000) + end + COMMAND
    steps = 0

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        read(body)
    finally:
        sys.setprofile(None)

    assert steps < 100 * len(body)
