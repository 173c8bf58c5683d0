"""Which corrected lines are suggested in the diff, what such a comment says, and what is never said twice."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.bot.suggestion import MOST, introduce, select, sift, suggest
from app.github import Remark, Thread
from contracts.error import Place
from contracts.finding import Finding
from contracts.rule import lower

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "contracts/speak-v1.yaml"
FILE = b"metadata:\n  version: 1.2.0\n  name: speak\nchangelog:\n"
FINDING = Finding("contract/version-floor", "error", Place(PATH, 2, 3), "a discharge raises it", "  version: 1.3.0")
SHOWN = {PATH: (range(1, 4),)}


def say(*findings: Finding, file: bytes = FILE) -> tuple[Remark, ...]:
    """Return the comments about findings in the file."""
    return suggest(select(findings), {PATH: file}, SHOWN)


def thread(remark: Remark, **more: object) -> Thread:
    """Return a comment as it stands on GitHub."""
    standing = Thread(remark.path, remark.line, resolved=False, own=True, body=remark.body)
    return Thread(**{**{name: getattr(standing, name) for name in standing.__slots__}, **more})


def test_a_comment_says_why_and_holds_the_line(golden: Callable[[str, str], None]) -> None:
    """What a person reads, and what a click takes."""
    (remark,) = say(FINDING)

    assert (remark.path, remark.line) == (PATH, 2)
    golden("suggestion.md", f"{introduce(1)}\n{introduce(3)}\n\n{remark.body}")


@pytest.mark.parametrize(
    "finding",
    [
        replace(FINDING, severity="notice"),
        lower(FINDING),
        replace(FINDING, borne="known since March"),
        replace(FINDING, suggestion=""),
        replace(FINDING, suggestion="  version: 1.2.0"),
        replace(FINDING, suggestion="  version: 1.3.0\n  name: x"),
        replace(FINDING, suggestion="  version: 1.3.0\u202e"),
        replace(FINDING, suggestion="  version: \x1b[31m"),
        replace(FINDING, place=Place(PATH, 4, 1)),
        replace(FINDING, place=Place(PATH, 0, 0)),
        replace(FINDING, place=Place("contracts/other.yaml", 2, 3)),
    ],
    ids=["notice", "stood", "borne", "nothing", "the same", "two lines", "hidden", "escape", "unseen", "none", "file"],
)
def test_what_is_not_suggested(finding: Finding) -> None:
    """Only what this change must mend, in one plain line that its diff shows, and that would change something."""
    assert say(finding) == ()


@pytest.mark.parametrize("file", [FILE.replace(b"\n", b"\r\n"), b"a\n\xff\n", b"a\n", b""])
def test_a_line_that_would_not_be_replaced_whole_is_left_alone(file: bytes) -> None:
    """Ends as on Windows would be lost; what is no text, or is not there, has no line to correct."""
    assert say(FINDING, file=file) == ()


def test_one_line_gets_one_comment_and_a_change_at_most_twenty() -> None:
    """Two rules about one line would contradict each other; the gravest comes first."""
    second = replace(FINDING, severity="warning", suggestion="  version: 2.0.0")
    many = [replace(FINDING, place=Place(PATH, n, 1)) for n in range(1, 40)]

    told = suggest(many, {PATH: b"x\n" * 50}, {PATH: (range(1, 51),)})

    assert [r.body.count("1.3.0") for r in say(FINDING, second)] == [1]
    assert len(told) == MOST
    assert len({remark.body for remark in told}) == MOST


def test_nothing_is_said_twice() -> None:
    """Not what stands there, not what somebody resolved, not what moved or is outdated."""
    (remark,) = say(FINDING)

    for standing in ({}, {"resolved": True}, {"line": 40}, {"line": None}, {"resolved": True, "line": None}):
        assert sift((remark,), (thread(remark, **standing),)) == ()
    assert sift((remark,), ()) == (remark,)


def test_an_open_comment_of_ours_keeps_its_line_to_itself() -> None:
    """Other words about the same line wait until it is resolved; a line that changed has no comment any more."""
    (remark,) = say(FINDING)
    (other,) = say(replace(FINDING, suggestion="  version: 2.0.0"))

    assert sift((other,), (thread(remark),)) == ()
    assert sift((other,), (thread(remark, resolved=True),)) == (other,)
    assert sift((other,), (thread(remark, line=None),)) == (other,)


def test_what_others_say_stops_nothing() -> None:
    """A person who copies our comment, mark and all, has said nothing for us."""
    (remark,) = say(FINDING)

    assert sift((remark,), (thread(remark, own=False),)) == (remark,)


LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=80)


@given(LINE | st.sampled_from(["````", "```suggestion", "`` ` ```", "<!-- x -->", "@acme/all", "| a |"]), LINE)
def test_whatever_the_line_a_click_takes_exactly_it(line: str, words: str) -> None:
    """A reader of Markdown finds one fence, and in it the line and nothing else."""
    remarks = say(replace(FINDING, suggestion=line, message=words))
    if not remarks:  # it reorders what is seen around it
        assert re.search("[\u202a-\u202e\u2066-\u2069]", line)
        return

    fences = [t for t in MarkdownIt().parse(remarks[0].body) if t.type == "fence"]

    assert [(t.info, t.content) for t in fences] == [("suggestion", f"{line}\n")]
