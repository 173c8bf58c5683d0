"""The table is read as it was written, and a damaged one is refused."""

from __future__ import annotations

import pytest
from lexicon import BadLine, distil, read, write

SPOKEN = {"runner": "R AH1 N ER0", "parity": "P EH1 R IH0 T IY0", "a": "AA1"}


def test_what_was_written_is_read_back() -> None:
    """A table holds the words and phonemes it was made of (FALSIFY-G2P-LEX-001)."""
    assert write({"a": "AA1"}) == "a\tAA1\n"
    assert read(write(SPOKEN)) == SPOKEN


@pytest.mark.parametrize("line", ["runner R AH1", "Runner\tR AH1", "runner\t", "runner\tr ah1"])
def test_a_line_of_another_form_is_refused(line: str) -> None:
    """A damaged line is named by its number (FALSIFY-G2P-LEX-002)."""
    with pytest.raises(BadLine, match="line 2 is not"):
        read(f"a\tAA1\n{line}\n")


def test_a_word_a_second_time_is_refused() -> None:
    """A word stands in the table once, even if both lines agree (FALSIFY-G2P-LEX-003)."""
    with pytest.raises(BadLine, match="line 2 names “a” for the second time"):
        read("a\tAA1\na\tAA1\n")


def test_the_network_is_asked_once_a_word() -> None:
    """A list that repeats itself costs no more than the words in it (FALSIFY-G2P-LEX-004)."""
    asked: list[str] = []

    def pronounce(word: str) -> str:
        asked.append(word)
        return SPOKEN[word]

    assert distil(["a", "runner", "a"], pronounce) == {"a": SPOKEN["a"], "runner": SPOKEN["runner"]}
    assert asked == ["a", "runner"]
