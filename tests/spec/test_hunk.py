"""Two edits of one text in one: line by line, word by word, and never a word of theirs lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.hunk import WORK, Comparison, Overworked, weave_lines, weave_words

BASE = "one\ntwo\nthree\nfour\nfive"
lines = st.lists(st.sampled_from(["a", "b", "c", "", "a b c", "a b d"]), max_size=8)


@pytest.mark.parametrize(
    ("theirs", "ours", "merged"),
    [
        ("one\ntwo\n3\nfour\nfive", "one\ntwo\nthree\nfour\n5", "one\ntwo\n3\nfour\n5"),
        ("one\ntwo\nthree!\nfour\nfive", "one\n2\nthree\nfour\nfive", "one\n2\nthree!\nfour\nfive"),
        ("one\ntwo\nthree\nfour\nfive\n\nsix of mine", f"{BASE}\nsix", f"{BASE}\nsix\n\nsix of mine"),
        (f"{BASE}\n  that is five", f"{BASE}\nsix", f"{BASE}\n  that is five\nsix"),
        ("one\nthree\nfour\nfive", "one\ntwo\nthree\nfour\nfive\nsix", "one\nthree\nfour\nfive\nsix"),
        ("one\ntwo\n3\nfour\nfive", "one\ntwo\n3\nfour\nfive", "one\ntwo\n3\nfour\nfive"),
        (
            "one\r\ntwo\r\nthree\r\nfour\r\nfive and more",
            "1\ntwo\nthree\nfour\nfive",
            "1\ntwo\r\nthree\r\nfour\r\nfive and more",
        ),
    ],
)
def test_changes_in_different_places_go_together(theirs: str, ours: str, merged: str) -> None:
    """Even in neighbouring lines; what both put into one place stands one after the other."""
    woven = weave_lines(BASE, theirs, ours)

    assert (woven.text, woven.dropped) == (merged, ())


def test_one_line_is_merged_word_by_word() -> None:
    """The bot counts on while a person goes on writing."""
    base = "1. **Why now?** 3 pull requests landed since §1."
    theirs = "1. **Why now?** 3 pull requests landed since §1. And it is spring."
    ours = "1. **Why now?** 4 pull requests landed since §2."

    assert weave_lines(f"x\n{base}", f"x\n{theirs}", f"x\n{ours}").text == (
        "x\n1. **Why now?** 4 pull requests landed since §2. And it is spring."
    )


def test_words_put_into_one_place_make_no_new_word() -> None:
    """Both sentences stand where blanks keep them apart; else theirs stands alone."""
    assert weave_words("Why?", "Why? It is spring.", "Why? A landmark.").text == "Why? It is spring. A landmark."
    assert weave_words("", "spring", "landmark").text == "spring"


def test_the_same_words_stay_theirs() -> None:
    """And what gave way is told."""
    woven = weave_words("3 pull requests", "three pull requests", "4 pull requests")

    assert (woven.text, woven.dropped) == ("three pull requests", ("4",))
    assert weave_lines("a\nb", "a\nB of mine", "a\nBB").dropped == ("BB",)


def test_a_line_that_they_wrote_anew_is_not_taken_apart() -> None:
    """Its words may be like ours; it stands whole, or not at all without being told."""
    woven = weave_lines("a b c", "a mine\nb", "b")

    assert (woven.text, woven.dropped) == ("a mine\nb", ("b",))


@settings(max_examples=300, deadline=None)
@given(lines, lines, lines)
def test_nothing_of_theirs_is_lost(base: list[str], theirs: list[str], ours: list[str]) -> None:
    """Every line that they wrote anew stands in the result; and no change of the one side makes the other's text."""
    old, hand, mine = ("\n".join(text) for text in (base, theirs, ours))
    written = [f"{line} mine" if n % 3 == 0 else line for n, line in enumerate(theirs)]
    woven = weave_lines(old, "\n".join(written), mine)

    assert woven.text.count(" mine") == sum(line.endswith("mine") for line in written)
    assert weave_lines(old, hand, old).text == hand
    assert weave_lines(old, old, mine).text == mine
    assert weave_lines(old, hand, hand).text == hand


def test_texts_that_cost_too_much_are_not_compared_and_both_sides_are_told() -> None:
    """Two lines in turns, thousands of times: the comparison ends in time, theirs stands, and ours is told."""
    base = ["a" if n % 2 else "b" for n in range(3_900)]
    theirs = ["mine", *("b" if n % 3 else "a" for n in range(3_900)), "mine"]
    compared = Comparison(base, theirs, WORK)

    with pytest.raises(Overworked):
        compared.get_opcodes()
    woven = weave_lines("\n".join(base), "\n".join(theirs), "\n".join([*base[:9], "ours", *base[10:]]))

    assert compared.spent <= WORK
    assert woven.text == "\n".join(theirs)
    assert "ours" in woven.dropped


def test_a_long_text_whose_lines_differ_costs_little() -> None:
    """A spec of 5,000 lines with fifty changes, and every tenth line the same, is merged still."""
    base = ["---" if n % 100 == 0 else "" if n % 10 == 0 else f"line {n}" for n in range(5_000)]
    theirs = [f"{line} of mine" if n % 200 == 7 else line for n, line in enumerate(base)]
    ours = [f"{line} of ours" if n % 200 == 117 else line for n, line in enumerate(base)]

    woven = weave_lines("\n".join(base), "\n".join(theirs), "\n".join(ours))

    assert woven.dropped == ()
    assert (woven.text.count(" of mine"), woven.text.count(" of ours")) == (25, 25)
