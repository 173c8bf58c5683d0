"""The lexicon (MODEL-2): what the network says of many words, distilled into a table.

One line a word: the word, a tab, its phonemes (`runner`, `R AH1 N ER0`). A program that speaks only
these words needs neither the network nor numpy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LINE = re.compile(r"(?P<word>[a-z]{1,40})\t(?P<phonemes>[A-Z]{1,2}[012]?(?: [A-Z]{1,2}[012]?){0,19})")


class BadLine(ValueError):  # noqa: N818 - what it says is which line is bad
    """A line of a table is not `word`, tab, phonemes, or its word stood there before."""


def distil(words: Iterable[str], pronounce: Callable[[str], str]) -> dict[str, str]:
    """Return each of *words* with what *pronounce* says of it, asking once a word."""
    return {word: pronounce(word) for word in dict.fromkeys(words)}


def write(lexicon: Mapping[str, str]) -> str:
    """Return the table of *lexicon*."""
    return "".join(f"{word}\t{phonemes}\n" for word, phonemes in lexicon.items())


def read(table: str) -> dict[str, str]:
    """Return the lexicon of *table*.

    Raises:
        BadLine: a line has another form, or names a word for the second time.
    """
    lexicon: dict[str, str] = {}
    for number, line in enumerate(table.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadLine(f"line {number} is not a word, a tab and phonemes")
        if found["word"] in lexicon:
            raise BadLine(f"line {number} names “{found['word']}” for the second time")
        lexicon[found["word"]] = found["phonemes"]
    return lexicon
