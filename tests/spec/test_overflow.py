"""Three hundred landed pull requests, and titles of strangers in any script: one section, its tables, no calls."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.github import BODY_LIMIT
from app.proposal import propose
from contracts.model import FalsifierId, Flip, Version
from contracts.progress import Tally
from spec.amend import amend
from spec.amendment import render
from spec.document import read as read_spec
from spec.landed import read
from spec.marker import read as read_blocks
from spec.model import Amendment, Landed, Lines, Row
from spec.proposal import fit, pull_request
from spec.site import place
from spec.why import Occasion, scaffold

if TYPE_CHECKING:
    from markdown_it.token import Token

SPEC = "# Specification\n\n**Version:** 2.0.0\n\n## §1. First (2026-01-01)\n\nWords.\n"
EVIL = ["@team", "#1", "fixes #7", "GH-8", "<!--", "-->", "```", "~~~", "|", "\\|", "\\", "`", "``", "<b>", "</td>"]
EVIL += ["§99.", "## §99. x", "\u202eltr", "\u2066", "😀", "𝔘", "אב", "عربي", "文", "é", "[x](http://e.vil)", "![i](u)"]
EVIL += ["<!-- discharge:end landed -->", "**", "_", "- [ ]", "1.", "---", "&lt;", "$x$", "\t", "\u2028", "\x1b[31m"]
TITLES = st.lists(st.sampled_from(EVIL) | st.text(max_size=8), min_size=1, max_size=8).map(" ".join)
READER = MarkdownIt("commonmark").enable("table")


def _landed(number: int, title: str, **more: object) -> Landed:
    said = title.replace("\n", " ").replace("\r", " ")
    found = read(f"{said} (#{number})", f"## Summary\n\n{title}\n", commit=f"{number:040x}", date="2026-05-03")
    assert found is not None
    return replace(found, lines=Lines((("code", 12),)), **more)  # type: ignore[arg-type]


def _put(amendment: Amendment) -> tuple[str, str]:
    """Return the amended spec and its new section."""
    spec = read_spec(SPEC, "s.md")
    site = place(spec)
    text = amend(spec, site, render(amendment, site.style)).text
    found = next(section for section in read_spec(text).sections if section.number == 2)
    return text, text[found.start : found.end]


def _words(token: Token) -> str:
    return "".join(child.content for child in token.children or () if child.type == "text")


@settings(deadline=None, max_examples=150)
@given(st.lists(TITLES, min_size=1, max_size=4))
def test_titles_stay_words(titles: list[str]) -> None:
    """Whatever they are made of: one section, whole blocks, three cells a row; nobody is called, nothing is linked."""
    landed = tuple(_landed(100 + n, title) for n, title in enumerate(titles))
    text, section = _put(Amendment("x", "", "2026-05-03", landed, recorded="a" * 40))

    assert [one.number for one in read_spec(text).sections] == [1, 2]
    assert [block.intact for block in read_blocks(section)] == [True] * 8
    tokens = READER.parse(section)
    assert sum(token.type == "td_open" for token in tokens) == 3 * len(titles)
    assert sum(token.type == "heading_open" for token in tokens) == 7
    assert {t.type for token in tokens for t in token.children or ()}.isdisjoint({"html_inline", "image"})
    assert all(token.content.startswith("<!-- discharge:") for token in tokens if token.type == "html_block")
    for words in (_words(token) for token in tokens if token.type == "inline"):
        assert not re.search(r"(?<![A-Za-z0-9])@\w|(?<![\w-])GH-\d", words)
        assert {int(n) for n in re.findall(r"#(\d+)", words)} <= {pr.number for pr in landed}
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", words)


@settings(deadline=None, max_examples=100)
@given(TITLES)
def test_the_title_of_the_pull_request_calls_nobody(title: str) -> None:
    """A squash makes it a commit message: no mention, no `fixes #7`, one line, at most 240 characters."""
    facts = Amendment("x", title, "2026-05-03", (_landed(5, "a"),))
    made, _ = pull_request(facts, place(read_spec(SPEC)).style, Version.parse("2.0.0"), Version.parse("2.1.0"), ())

    assert len(made) <= 240
    assert len(made.splitlines()) == 1
    assert not re.search(r"(?<![A-Za-z0-9])@\w|(?<![\w-])GH-\d|#(?!5\b)\d", made)


def test_three_hundred_pull_requests() -> None:
    """The section has every row; the pull request says how many it leaves out, and where they stand."""
    flips = [Flip("c.yaml", FalsifierId(f"FALSIFY-X-{n:03}"), "FUNCTIONAL", "DISCHARGED") for n in range(300)]
    title = "feat(𝔘): " + "😀 a | b `c` @team " * 12
    landed = tuple(_landed(1000 + n, title, flips=(flips[n],), smoke="live gpu smoke") for n in range(300))
    rows = tuple(Row("c.yaml", (flip.falsifier.text,), flip.before, flip.after, "seen " * 50) for flip in flips)
    tally = (Tally(0, 300), Tally(300, 0))
    facts = Amendment("x", "", "2026-05-03", landed, rows, tally=tally, recorded="a" * 40)
    occasion = Occasion("§1", "§2", Version.parse("2.0.0"), Version.parse("2.1.0"))
    facts = replace(facts, whys=scaffold(facts, occasion))
    _, section = _put(facts)
    _, body = pull_request(facts, place(read_spec(SPEC)).style, occasion.before, occasion.after, ("read",))

    cells = sum(token.type == "td_open" for token in READER.parse(section))
    assert cells == 300 * (3 + 3 + 4)
    _, sent = propose([f"title\n\n{body}\nSpec-Amendment: x §2\nWhy-Answer: 1 {'w' * 600}\n"])
    assert len(sent) <= BODY_LIMIT
    assert "(cut here" not in sent
    shown = len(re.findall(r"^\| #\d+ \|", sent, re.MULTILINE))
    left = re.search(r"^(\d+) more rows did not fit here\. §2 on this branch has them all\.$", sent, re.MULTILINE)
    assert left is not None
    assert shown > 40
    assert shown + int(left[1]) == 600
    assert "#1011 is a landmark" in section
    assert "288 more landmarks landed." in section


def test_a_part_that_fits_is_left_alone() -> None:
    """A line is never cut in two, and where not even the first fits, only the sentence stands."""
    assert fit("a\nb", 3, "§2") == "a\nb"
    assert (
        fit("aaaa\nbbbb\n\ncccc", 9, "§2") == "aaaa\n\n2 more lines did not fit here. §2 on this branch has them all."
    )
    assert fit("a" * 20, 9, "§2") == "1 more line did not fit here. §2 on this branch has them all."
