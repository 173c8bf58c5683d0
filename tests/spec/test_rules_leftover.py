"""What a section leaves open: questions for people, and the letters of what to pick up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec.document import read
from spec.leftover import list_questions
from spec.rules import check, check_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec.amend import Amended

HEAD = "# S\n\nVersion: 1.0.0\n\n## §43. a\n\n"


def said(text: str, rule: str) -> list[str]:
    """Return line and message of what a rule finds in §43."""
    return [f"{f.place.line}: {f.message}" for f in check(read(HEAD + text)) if f.rule == rule]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1. **Why `this` bump?** _Open: no fact answers this; a person must._", "Why `this` bump?"),
        ("3) **Why bounded?** Open: nobody asked", "Why bounded?"),
        ("**MODEL-1.** Named by #7. _Open: what does this change for MODEL-1?_", "what does this change for MODEL-1?"),
        ("- **MODEL-1**: 87% → **88%** — _Open: why? No reason was given._", "why? No reason was given."),
        ("1. **Why bounded?** *Open:* nobody asked", "Why bounded?"),
        ("1. **Why bounded?** _Open:_", "Why bounded?"),
        ("Bounded: **Open:** nobody asked", "nobody asked"),
        ("Bounded: **Open**: nobody asked", "nobody asked"),
        ("Bounded: <i>Open: nobody asked</i>", "nobody asked"),
        ("Bounded: __Open:__", "Open:"),
        ("1. **Why bounded?**", "Why bounded?"),
        ("1. **Why bounded?** …\n\n2. **Why now?** It landed.", "Why bounded?"),
        ("1) **Why bounded?**\n\n---", "Why bounded?"),
    ],
)
def test_an_open_question_is_named(text: str, named: str) -> None:
    """By its own words where it is a question, else by what is open."""
    assert said(f"### 43.4 Five Whys\n\n{text}\n", "spec/open-whys") == [f"9: §43 leaves open: “{named}” on line 9"]


def test_a_section_has_one_notice_that_names_its_questions_with_their_lines() -> None:
    """Many questions are counted, and long ones are cut."""
    text = "".join(f"{n}. **Why {n}{' so' * 40}?** _Open: x_\n" for n in range(1, 9))

    (line,) = said(text, "spec/open-whys")

    assert line.startswith("7: §43 leaves open: “Why 1 so so")
    assert line.endswith("…” on line 12, 2 more")


@pytest.mark.parametrize(
    "text",
    [
        "1. **Why bounded?** The diff proves it.\n",
        "`_Open: code_`\n",
        "```\n1. **Why?** _Open: code_\n```\n",
        "Reopen: that.\n",
        "Open:that.\n",
        "1. **Why bounded?**\n   The diff proves it.\n",
        "1. **Why bounded?**\n\n   The diff proves it.\n2. **Why now?** It landed.\n",
        "1. **Why bounded?**\n   - the diff\n",
        "### 43.5 Questions\n\n1. **Who?**\n",
        "",
    ],
)
def test_what_is_answered_or_code_is_not_open(text: str) -> None:
    """Only the mark counts, as a word of its own."""
    assert said(f"### 43.4 Five Whys\n\n{text}", "spec/open-whys") == []


def test_questions_are_listed_wherever_they_stand() -> None:
    """In numbered sections, in chapters without a number, under the title and behind the end."""
    text = HEAD.replace("## ", "_Open: a_\n\n## ") + "_Open: b_\n\n## Appendix\n\n_Open: c_\n\n_Open: c_\n"

    found = list_questions(read(text + "\nEND OF SPECIFICATION\n\n_Open: d_\n"))

    assert found == {("S", "a"): 1, ("§43. a", "b"): 1, ("Appendix", "c"): 2, ("Appendix", "d"): 1}


def test_an_open_question_fails_nothing_and_is_told_once() -> None:
    """It is a notice when it comes, and none that anybody brought when it stood."""
    before, after = read(HEAD), read(HEAD + "1. **Why?** _Open: x_\n")

    assert [(f.rule, f.severity) for f in check_change(before, after)] == [("spec/open-whys", "notice")]
    assert check_change(after, read(after.text + "\nA sentence more.\n")) == ()


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("ab", []),
        ("", []),
        ("abcdefghijklmnopqrstuvwxyz", []),
        ("ac", ["13: (b) is missing among what §43 leaves to pick up"]),
        ("aab", ["13: (a) stands twice among what §43 leaves to pick up"]),
        ("b", ["11: (a) is missing among what §43 leaves to pick up"]),
    ],
)
def test_letters_run_without_gap(letters: str, expected: list[str]) -> None:
    """The first that does not is told; the rest follows from it."""
    text = "(z) no lever, for it stands elsewhere\n\n### 43.6 Next-session pickup\n\n"
    text += "".join(f"({letter}) **x** — y\n\n" for letter in letters)

    assert said(text, "spec/pickup-letters") == expected


def test_what_is_no_lever_has_no_letter() -> None:
    """Code, numbers and words in brackets."""
    text = "### 43.6 Next-session pickup\n\n(a) x\n\n```\n(q) code\n```\n\n1. y\n\n(see above) z\n\n- (b) w\n"

    assert said(text, "spec/pickup-letters") == []


def test_what_the_bot_leaves_has_its_letters(corpus: Callable[[str], str], put: Callable[..., Amended]) -> None:
    """Its own sections are checked like anybody's."""
    text = put(corpus("aprender/ship-two-models-spec.md"), None).text

    assert [f.rule for f in check(read(text)) if f.rule == "spec/pickup-letters"] == []
