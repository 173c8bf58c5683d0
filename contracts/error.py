"""Errors that a person must read: what happened, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: 1-based line and column; 0 where it is not known."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column` without the parts that are not known."""
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(part for part in parts if part)


def _close(sentence: str) -> str:
    """Return a sentence with its full stop; a question keeps its mark."""
    return sentence if sentence.endswith(("?", "!")) else f"{sentence.rstrip('.')}."


class Complaint(Exception):  # noqa: N818 - it is said to a person, and `Complaint` reads as what it is
    """A sentence for the person at the keyboard; never a traceback."""

    def __init__(self, what: str, place: Place | None = None, mend: str = "") -> None:
        """Keep the three parts; *what* and *mend* are sentences without the final full stop."""
        self.what, self.place, self.mend = what, place or Place(), mend
        super().__init__(what)

    def at(self, file: str) -> Complaint:
        """Return the same complaint with its file named, where the reader did not know it."""
        place = Place(file, self.place.line, self.place.column)
        return self if self.place.file else type(self)(self.what, place, self.mend)

    def __str__(self) -> str:
        """Return `place: what. mend.` with only the parts that there are."""
        head = f"{self.place}: " if str(self.place) else ""
        return head + " ".join(map(_close, filter(None, (self.what, self.mend))))


class Unreadable(Complaint):
    """Input that cannot be read, or is outside the bounds: exit status 2."""


class EditError(Complaint):
    """An edit that would not change exactly what it meant to: nothing is written, exit status 2."""
