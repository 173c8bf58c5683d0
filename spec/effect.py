"""What a landed pull request did, from what was measured; the author's own sentence comes last, as the author's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.group import moves
from spec.lines import size
from spec.sentence import clip

if TYPE_CHECKING:
    from spec.model import Landed

MOVES = 4
"""How many kinds of moves one cell tells; the table of coverage flips has them all."""
MOVE_LIMIT = 160
"""How long one of them may be, in characters."""
_WORD = re.compile(r"[^\W_]+")


def tell(pr: Landed) -> str:
    """Return flips, versions, tests and lines, then the author's sentence if it says more than they and the title.

    Nobody measured that sentence, so that it is marked as the author's word.
    """
    flips = [clip(words, MOVE_LIMIT) for words in moves(pr.flips)]
    more = [f"{len(flips) - MOVES} more kinds of flips"] if len(flips) > MOVES else []
    facts = [*flips[:MOVES], *more, *pr.bumps, *pr.facts, *filter(None, [size(pr.lines)])]
    told = "; ".join(facts) or "no line was counted"
    return f"{told}; author: “{pr.effect}”" if _adds(pr.effect, f"{pr.title} {pr.what} {told}") else told


def _adds(sentence: str, said: str) -> bool:
    """Return whether a sentence has a word that was not said yet."""
    return not set(_words(sentence)) <= set(_words(said))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
