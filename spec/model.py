"""The facts of one amendment, as values: what landed, what flipped, what is known and what is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.model import Flip
    from contracts.progress import Tally

KINDS = ("code", "tests", "YAML", "docs", "logs")
"""The kinds of lines that a diff is counted by, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Changed lines (added + removed) by kind; see `KINDS`."""

    by_kind: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Lines) -> Lines:
        """Add two counts kind by kind."""
        mine, theirs = dict(self.by_kind), dict(other.by_kind)
        return Lines(tuple((k, mine.get(k, 0) + theirs.get(k, 0)) for k in KINDS if k in mine or k in theirs))

    def of(self, kind: str) -> int:
        """Return the lines of one kind."""
        return dict(self.by_kind).get(kind, 0)

    @property
    def total(self) -> int:
        """All lines."""
        return sum(n for _, n in self.by_kind)


@dataclass(frozen=True, slots=True)
class Why:
    """One question of the five; *answer* is empty where only a person can give it.

    *source* names where an answer was carried over from (`#1438`), empty where it is measured.
    """

    question: str
    answer: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """One merged pull request, as its squash commit tells it.

    *what* is the title without prefix and number; *effect* the author's own first Net-effect or
    Summary sentence (empty if there is none); *bumps* are the versions of contracts that it moved
    (`x v1.3.0 → v1.4.0`), *facts* what else was measured (`2 test functions added`).
    *smoke* is set where the pull request is a discharge: which smoke, and what it discharged.
    """

    number: int
    title: str
    what: str
    commit: str
    date: str
    effect: str = ""
    facts: tuple[str, ...] = ()
    lines: Lines = field(default_factory=Lines)
    scope: str = ""
    whys: tuple[Why, ...] = ()
    models: tuple[str, ...] = ()
    flips: tuple[Flip, ...] = ()
    bumps: tuple[str, ...] = ()
    smoke: str = ""


@dataclass(frozen=True, slots=True)
class Late:
    """A pull request that landed in the stretch of an earlier section (`§42`), which does not name it."""

    landed: Landed
    section: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of coverage flips; equal *before* and *after* is a row without a flip."""

    contract: str
    falsifiers: tuple[str, ...]
    before: str | None
    after: str | None
    notes: str


@dataclass(frozen=True, slots=True)
class Ship:
    """The ship percentage of one model before and after, with the reason an operator gave.

    *target* is at how many percent the model ships, None where nobody said so.
    """

    model: str
    before: float | None
    after: float
    reason: str = ""
    target: float | None = None

    @property
    def arrived(self) -> bool:
        """Whether it crossed its target from below."""
        return self.target is not None and self.before is not None and self.before < self.target <= self.after


@dataclass(frozen=True, slots=True)
class Matter:
    """What the chain means for one model: facts, and an open question where only a person can say."""

    model: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing to pick up next: a bold name and a sentence; *letter* is the one it was written with.

    *source* is where it stood first (`§42.7 (a)`) if it was carried over, empty if it is new.
    """

    name: str
    text: str
    letter: str = field(default="", compare=False)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """A lever that is done: where it stood, its name, which change closed it (`#1445`), and how that is known."""

    where: str
    name: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Stale:
    """Discharged falsifiers whose files changed since they were measured: by which commit (pull 0: none) and file."""

    falsifiers: tuple[str, ...]
    commit: str
    pull: int
    path: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """Everything that one § section says; the section's number and version are given by the spec."""

    spec: str
    title: str
    date: str
    landed: tuple[Landed, ...]
    rows: tuple[Row, ...] = ()
    matters: tuple[Matter, ...] = ()
    whys: tuple[Why, ...] = ()
    ships: tuple[Ship, ...] = ()
    tally: tuple[Tally, Tally] | None = None
    pickup: tuple[Lever, ...] = ()
    closed: tuple[Closed, ...] = ()
    """The levers of the section before this one that were closed since."""
    stale: tuple[Stale, ...] = ()
    """What is discharged and was not measured since its files changed; that moves no tally."""
    direct: tuple[str, ...] = ()
    """Commits on the default branch without a pull request: short hash and title."""
    late: tuple[Late, ...] = ()
    """What landed in the stretches of earlier sections and is recorded nowhere; no figure counts it again."""
    left: int = 0
    """How many more of those there are."""
    aside: tuple[int, ...] = ()
    """Pull requests that landed and are not among what this spec records; what they moved is in the figures."""
    clashes: tuple[str, ...] = ()
    """Statements of tally or percentage that contradict each other, said rather than hidden."""
    others: Lines = field(default_factory=Lines)
    """What those commits changed, in lines."""
    recorded: str = ""
    """The last commit of the default branch that is recorded, empty where none is known."""
    filled: bool = False
    """Whether an earlier section is told now as what it landed."""
    since: str = ""
    """Where the stretch begins (`§42`, or a commit), empty for the section before this one."""
    base_url: str = ""
    """`https://github.com/owner/repo`, empty where no remote is known."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the neighbours of a new section are written; all that the section's body needs to know.

    *number* is the new section's; *sign* stands before it in the heading (`§`, or empty); *spaced*
    says whether tallies are written `15 + 33`; *effects* names the heading over the effects
    (`Ship % effects` or `Net effects`); *rule* says whether `---` stands between sections.
    """

    number: int
    sign: str = "§"
    spaced: bool = False
    effects: str = "Ship % effects"
    rule: bool = True
