"""The last line of a section: up to what it records, and as what it landed, filled in without another letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.error import EditError
from spec.colophon import fill, read, write
from spec.marker import read as read_blocks

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LINE = "Recorded up to `012345678`; landed as: not known yet."


def test_a_section_says_up_to_what_it_records() -> None:
    """Between marks of its own, so that the section can be written anew without it."""
    text = write(COMMIT)

    assert text.splitlines()[2] == LINE
    assert [(block.key, block.intact) for block in read_blocks(text)] == [("recorded", True)]
    assert [(one.commit, one.known) for one in read(text)] == [("012345678", False)]


@pytest.mark.parametrize(
    ("number", "words"), [(50, "landed as `fedcba987` (#50)."), (0, "landed as `fedcba987`.")], ids=["pull", "direct"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_next_one_fills_in_as_what_it_landed(number: int, words: str, newline: str) -> None:
    """Of all lines only this one and the digest of its marks change, and the block stays intact."""
    before = f"# Spec\n\n## §2. b (2026-01-01)\n\n{write(COMMIT)}\n\n## §1. a\n".replace("\n", newline)
    (one,) = read(before)

    after = fill(before, one, "fedcba9876543210", number)

    changed = [(a, b) for a, b in zip(before.split(newline), after.split(newline), strict=True) if a != b]
    assert [b for _, b in changed][1:] == [f"Recorded up to `012345678`; {words}"]
    assert [a.partition("sha256:")[0] for a, _ in changed] == ["<!-- discharge:begin recorded ", LINE]
    assert [block.intact for block in read_blocks(after)] == [True]
    assert [one.known for one in read(after)] == [True]


def test_what_is_known_is_not_filled_in_again() -> None:
    """Nor is a place that is no such line."""
    after = fill(LINE, read(LINE)[0], "fedcba987", 3)

    with pytest.raises(EditError, match="filled in already"):
        fill(after, read(after)[0], "0000000", 4)
    with pytest.raises(EditError, match="not there"):
        fill("x" * 80, read(LINE)[0], "0000000", 4)


def test_a_block_that_people_edited_keeps_its_digest() -> None:
    """So that it goes on to show that it was edited."""
    text = write(COMMIT).replace("`012345678`", "`aaaaaaaaa`")

    after = fill(text, read(text)[0], "fedcba987", 3)

    assert after == text.replace(": not known yet.", " `fedcba987` (#3).")


@given(st.text("Recorded up to `012`; landed as: not known yet.\n<!-->", max_size=200))
def test_no_other_words_are_such_a_line(text: str) -> None:
    """Any text can be looked through; what is found can be filled in, and nothing else changes."""
    for one in read(text):
        if not one.known:
            after = fill(text, one, "fedcba987", 1)
            assert after[: one.start] == text[: one.start]
            assert after.endswith(text[one.end :])
