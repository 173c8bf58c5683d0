"""What people and bots say about lines of a pull request."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from app.sandbox.actor import name_node

if TYPE_CHECKING:
    from app.sandbox.actor import Account, App
    from app.sandbox.issue import Pull


@dataclass(slots=True, eq=False)
class ReviewComment:
    """A comment at a line of the new side of a diff, as the file stood at the review's head; it begins a thread."""

    id: int
    review: Review = field(repr=False)
    path: str
    line: int
    body: str
    hunk: str
    created: str
    resolved: bool = False

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("PRRC", self.id)

    @property
    def account(self) -> Account:
        """Return who wrote it."""
        return self.review.account

    @property
    def now(self) -> int | None:
        """Return where its line stands at the head of the pull request now, None if it was changed: outdated."""
        pull = self.review.pull
        before, after = (_read(pull, commit, self.path) for commit in (self.review.head, pull.head))
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        moved = (b + self.line - a for a, b, size in blocks if a < self.line <= a + size)
        return next(moved, None)


@dataclass(slots=True, eq=False)
class Review:
    """A review of a pull request at a commit; *state* is GitHub's word in capitals."""

    id: int
    pull: Pull = field(repr=False)
    account: Account
    app: App | None
    body: str
    state: str
    head: str
    submitted: str
    comments: list[ReviewComment] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("PRR", self.id)


@dataclass(frozen=True, slots=True)
class Thread:
    """What is said about one line, beginning with a review's comment."""

    first: ReviewComment

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("PRRT", self.first.id)


def _read(pull: Pull, commit: str, path: str) -> list[bytes]:
    """Return the lines of a file at a commit, none if it is not there."""
    found = pull.source.store.read(f"{commit}:{path}") or pull.repository.store.read(f"{commit}:{path}")
    return found[2].split(b"\n") if found and found[1] == "blob" else []
