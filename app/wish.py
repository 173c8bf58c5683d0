"""What people asked of an open amendment: its title, percentages, answers; kept as trailers of its commits. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.trailer import read_last
from contracts.error import Complaint
from spec.escape import clean
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.model import Why

ANSWER_LIMIT = 600
"""How long one answer may be, in characters."""
_TRAILER = re.compile(r"(Amendment-Title|Amendment-Backfill|Ship-Declared|Why-Answer): (?:(\d{1,2}) )?(.+)")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked: *ships* as people declare them, *answers* by the number of the question; the last word wins.

    *backfill* asks for what earlier sections forgot.
    """

    title: str = ""
    ships: tuple[str, ...] = ()
    answers: tuple[tuple[int, str], ...] = ()
    backfill: bool = False

    @property
    def trailers(self) -> tuple[tuple[str, str], ...]:
        """The lines of the last paragraph of the commit message that keep the wishes."""
        title = [("Amendment-Title", clip(clean(self.title), ANSWER_LIMIT))] if self.title.strip() else []
        ships = [("Ship-Declared", clip(clean(ship), ANSWER_LIMIT)) for ship in self.ships]
        answers = [("Why-Answer", f"{n} {clip(clean(text), ANSWER_LIMIT)}") for n, text in self.answers]
        backfill = [("Amendment-Backfill", "yes")] if self.backfill else []
        return (*title, *ships, *answers, *backfill)

    def add(self, later: Wishes) -> Wishes:
        """Return these wishes with later ones: a title and an answer replace the earlier one, a ship its model's."""
        named = {ship.split(" ", 1)[0]: ship for ship in (*self.ships, *later.ships)}
        answers = dict((*self.answers, *later.answers))
        title, backfill = later.title or self.title, self.backfill or later.backfill
        return Wishes(title, tuple(named.values()), tuple(sorted(answers.items())), backfill)


def read(messages: Iterable[str]) -> Wishes:
    """Return the wishes that commit messages keep, oldest first; only the last paragraph of each is looked at."""
    wishes = Wishes()
    for message in messages:
        for line in read_last(message):
            found = _TRAILER.fullmatch(line)
            if found:
                wishes = wishes.add(_wish(found[1], found[2], found[3]))
    return wishes


def _wish(key: str, number: str | None, text: str) -> Wishes:
    if key == "Why-Answer":
        return Wishes(answers=((int(number), text),)) if number else Wishes()
    if key == "Amendment-Backfill":
        return Wishes(backfill=text == "yes")
    whole = f"{number} {text}" if number else text
    return Wishes(title=whole) if key == "Amendment-Title" else Wishes(ships=(whole,))


def answer(whys: tuple[Why, ...], wishes: Wishes) -> tuple[Why, ...]:
    """Return the questions with what people answered.

    Raises:
        Complaint: there is no question of that number.
    """
    given = dict(wishes.answers)
    odd = next((n for n in given if not 1 <= n <= len(whys)), None)
    if odd is not None:
        raise Complaint(f"there is no question {odd}", mend=f"The amendment asks {len(whys)}, numbered from 1")
    return tuple(replace(why, answer=given.get(n, why.answer)) for n, why in enumerate(whys, 1))
