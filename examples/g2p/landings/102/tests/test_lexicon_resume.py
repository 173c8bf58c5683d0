"""A build that was stopped goes on where it stopped (FALSIFY-G2P-LEX-006)."""

from __future__ import annotations

import pytest
from lexicon import distil, read, write

SPOKEN = {"runner": "R AH1 N ER0", "parity": "P EH1 R IH0 T IY0", "a": "AA1", "evidence": "EH1 V AH0 D AH0 N S"}
WORDS = list(SPOKEN)


@pytest.mark.parametrize("stopped", range(len(WORDS) + 1))
def test_a_stopped_build_goes_on_where_it_stopped(stopped: int) -> None:
    """Wherever it stopped, the rest is asked for once and the table is that of an unbroken build."""
    asked: list[str] = []
    saved = write(distil(WORDS[:stopped], SPOKEN.__getitem__))

    def pronounce(word: str) -> str:
        asked.append(word)
        return SPOKEN[word]

    whole = distil(WORDS, pronounce, known=read(saved))

    assert asked == WORDS[stopped:]
    assert write(whole) == write(distil(WORDS, SPOKEN.__getitem__))


def test_a_word_that_is_no_longer_wanted_is_left_out() -> None:
    """What an older list knew does not leak into the new table."""
    assert distil(["a"], SPOKEN.__getitem__, known=SPOKEN) == {"a": "AA1"}
