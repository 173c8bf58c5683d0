"""The table is a function of the words in it (FALSIFY-G2P-LEX-005)."""

from __future__ import annotations

from itertools import permutations

from lexicon import distil, read, write

SPOKEN = {"runner": "R AH1 N ER0", "parity": "P EH1 R IH0 T IY0", "a": "AA1", "evidence": "EH1 V AH0 D AH0 N S"}


def test_every_order_of_the_words_gives_the_same_bytes() -> None:
    """Whoever lists the words, and however, gets one table."""
    tables = {write(distil(words, SPOKEN.__getitem__)) for words in permutations(SPOKEN)}

    assert tables == {
        "a\tAA1\nevidence\tEH1 V AH0 D AH0 N S\nparity\tP EH1 R IH0 T IY0\nrunner\tR AH1 N ER0\n",
    }


def test_a_table_read_and_written_again_is_the_same() -> None:
    """Writing what was read changes no byte."""
    table = write(SPOKEN)

    assert write(read(table)) == table
