"""The marks around the bot's blocks: found whatever people made of them, and telling an edit from a renumbering."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from spec.marker import KEYS, digest, enclose, read

ONE = enclose("whys", "### 43.4 Five Whys\n\n1. **Why?** Because.")
TWO = enclose("effects", "### 43.5 Effects\n\n- none")
LINES = st.sampled_from(
    [
        *ONE.split("\n"),
        *TWO.split("\n"),
        "",
        "words",
        "```",
        "~~~",
        "    code",
        "> quoted",
        "- item",
        "<details>",
        "<!--",
    ]
)


def test_what_is_enclosed_is_read_back() -> None:
    """Key, words and digest; the block spans its marks and no more."""
    text = f"before\n\n{ONE}\n\nbetween\n\n{TWO}\n"

    one, two = read(text)

    assert (one.key, one.text, one.intact) == ("whys", "### 43.4 Five Whys\n\n1. **Why?** Because.", True)
    assert [text[block.start : block.end] for block in (one, two)] == [ONE, TWO]


def test_a_number_a_line_end_and_blank_lines_are_no_edit() -> None:
    """Anything else is, were it one letter."""
    words = "### 43.4 Five Whys\n\n1. **Why?** Because."
    renumbered = words.replace("43.4", "44.4")

    assert digest(words) == digest(renumbered) == digest(words.replace("\n", "\r\n")) == digest(f"\n\n{words}\n \n")
    assert digest(words) != digest(words.replace("Because", "because"))
    assert digest(words) != digest(words.replace("1. ", "2. "))


def test_odd_marks_are_words() -> None:
    """Unclosed, ended without a beginning, in a fence, indented, with another name: none of them makes a block."""
    begun, *_, ended = ONE.split("\n")
    for odd in (
        begun,
        ended,
        f"```\n{ONE}\n```",
        ONE.replace("\n", "\n    ").replace("<!--", "    <!--", 1),
        f"> {ONE}",
    ):
        assert read(f"{odd}\n") == ()
    assert read(f"{begun}\n\nwords\n\n{TWO}\n")[0].key == "effects"


def test_the_first_of_a_name_counts_and_the_outer_of_two() -> None:
    """A copy is words, and so is what people put inside another block."""
    begun, *_, ended = ONE.split("\n")

    assert [block.start for block in read(f"{ONE}\n\n{ONE}\n")] == [0]
    (outer,) = read(f"{begun}\n\n{TWO}\n\n{ended}\n")
    assert (outer.key, outer.intact) == ("whys", False)
    stray = TWO.split("\n")[0]
    assert [block.key for block in read(f"{begun}\n{stray}\n{ended}\n\n{TWO}\n")] == ["whys", "effects"]


def test_a_million_marks_cost_no_more_than_their_number() -> None:
    """Marks that nothing ends, and ends that nothing began, are looked at once each."""
    begun, *_, ended = ONE.split("\n")
    other = TWO.split("\n")[-1]

    assert read(f"{begun}\n" * 20_000 + f"{other}\n" * 20_000) == ()
    assert len(read(f"{begun}\n{ended}\n" * 20_000)) == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=25).map("\n".join))
def test_blocks_lie_in_order_and_not_in_one_another(text: str) -> None:
    """Whatever stands around: each name once, every span begins and ends with marks of its name."""
    found = read(text)

    assert len({block.key for block in found}) == len(found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    for block in found:
        span = text[block.start : block.end]
        assert span.startswith(f"<!-- discharge:begin {block.key} ")
        assert span.endswith(f"<!-- discharge:end {block.key} -->")
        assert block.key in KEYS
