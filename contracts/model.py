"""The words of a contract: versions, falsifiers and their statuses, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import total_ordering
from typing import TYPE_CHECKING

import semver

from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERSION = re.compile(
    r"(?P<core>[0-9]{1,9}(?:\.[0-9]{1,9}){1,2})(?P<suffix>(?:[-+][0-9A-Za-z.\-]+(?:\+[0-9A-Za-z.\-]+)*)?)",
)


class Part(IntEnum):
    """Which part of a version a change must raise, the largest last."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version as written: numbers to compare, digits to keep (`3.00.0` stays two wide)."""

    digits: tuple[str, ...]
    suffix: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `N.N.N` or `N.N`, zero padding and a suffix allowed.

        Raises:
            Unreadable: the text is no version.
        """
        found = _VERSION.fullmatch(text.strip())
        if found is None:
            what = f"“{text[:60]}” is no version"
            raise Unreadable(what, mend="Write it as three numbers, for instance 1.4.0")
        return cls(tuple(found["core"].split(".")), found["suffix"])

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The three numbers; a missing patch counts as 0."""
        major, minor, patch = (*(int(d) for d in self.digits), 0)[:3]
        return major, minor, patch

    @property
    def padded(self) -> bool:
        """Whether a number is written with a leading zero, as in `3.00.0`."""
        return any(len(d) > 1 and d.startswith("0") for d in self.digits)

    def bump(self, part: Part, *, rollover: bool = False) -> Version:
        """Return the next version; the suffix stays.

        A strict version is raised as semver.org says. A padded minor number rolls over at the end of
        its width (`2.99.0` → `3.00.0`); with *rollover* so does an unpadded one of two digits or
        more, the way long-lived specs count.
        """
        major, minor, _ = self.numbers
        width = len(self.digits[1])
        if part is Part.NONE:
            return self
        if part is Part.MINOR and (self.padded or rollover) and width > 1 and minor == 10**width - 1:
            return self._with(str(major + 1), "0" * width)
        if self.padded or len(self.digits) < 3:  # noqa: PLR2004 - semver knows neither padding nor two numbers
            return self._count(part)
        strict = semver.Version(*self.numbers)
        raised = {Part.PATCH: strict.bump_patch, Part.MINOR: strict.bump_minor, Part.MAJOR: strict.bump_major}[part]()
        return replace(self, digits=tuple(str(number) for number in raised.to_tuple()[:3]))

    def _count(self, part: Part) -> Version:
        major, minor, patch = self.numbers
        width = len(self.digits[1]) if self.padded else 1
        if part is Part.PATCH:
            return replace(self, digits=(*self.digits[:2], str(patch + 1)))
        if part is Part.MAJOR:
            return self._with(str(major + 1), "0" * width)
        return self._with(self.digits[0], str(minor + 1).zfill(width))

    def _with(self, major: str, minor: str) -> Version:
        tail = ("0" * len(self.digits[2]),) if len(self.digits) > 2 else ()  # noqa: PLR2004 - the third number
        return replace(self, digits=(major, minor, *tail))

    def moved(self, later: Version) -> Part:
        """Return the largest part in which *later* differs from this version (NONE if in none)."""
        pairs = zip(self.numbers, later.numbers, (Part.MAJOR, Part.MINOR, Part.PATCH), strict=True)
        return next((part for old, new, part in pairs if old != new), Part.NONE)

    def __lt__(self, other: Version) -> bool:
        """Compare as numbers; suffixes do not count."""
        return self.numbers < other.numbers

    def __str__(self) -> str:
        """Return the version as it is written."""
        return ".".join(self.digits) + self.suffix


@dataclass(frozen=True, slots=True)
class FalsifierId:
    """The name of a promise inside one contract; the key of a promise is (contract, id)."""

    text: str

    @property
    def short(self) -> str:
        """The id without `FALSIFY-`, in capitals, as people type it: `CPU-GPU-004`."""
        return self.text.upper().removeprefix("FALSIFY-")

    @property
    def stem(self) -> str:
        """The id without its last number: `FALSIFY-CPU-GPU`."""
        return self.text.rpartition("-")[0]

    @property
    def number(self) -> str:
        """The last part of the id: `004`."""
        return self.text.rpartition("-")[2]

    def __str__(self) -> str:
        """Return the id as the contract writes it."""
        return self.text


@dataclass(frozen=True, slots=True)
class Falsifier:
    """One promise: its id, the status it has (None: unbound), and the words of the promise."""

    id: FalsifierId
    status: str | None
    rule: str = ""
    prediction: str = ""
    if_fails: str = ""
    test: str = ""
    evidence: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract file: the name is the file's stem, the status that of the contract itself."""

    path: str
    version: str | None
    status: str | None
    falsifiers: tuple[Falsifier, ...]

    @property
    def name(self) -> str:
        """The file's name without folder and ending."""
        return self.path.rpartition("/")[2].rpartition(".")[0]

    def falsifier(self, id_: str) -> Falsifier | None:
        """Return the first falsifier of that id, or None."""
        return next((f for f in self.falsifiers if f.id.text == id_), None)

    def at(self, statuses: Iterable[str]) -> tuple[Falsifier, ...]:
        """Return the falsifiers whose status is one of *statuses*."""
        wanted = frozenset(statuses)
        return tuple(f for f in self.falsifiers if f.status in wanted)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of a status, lowest first; *partial* and *discharged* say how the tally counts."""

    partial: tuple[str, ...] = ("PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL")
    discharged: tuple[str, ...] = ("DISCHARGED",)

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps from the lowest to the highest."""
        return (*self.partial, *self.discharged)

    def rank(self, status: str | None) -> int:
        """Return 0 for unbound, 1… for the steps, -1 for a value off the ladder."""
        if status is None:
            return 0
        return self.steps.index(status) + 1 if status in self.steps else -1


@dataclass(frozen=True, slots=True)
class Flip:
    """A status that moved: from *before* (None: unbound) to *after*."""

    contract: str
    falsifier: FalsifierId
    before: str | None
    after: str | None
