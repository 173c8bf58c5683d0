"""GitHub as the bot needs it: what it can be asked, and what can be done there, one repository at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Role = Literal["none", "read", "triage", "write", "maintain", "admin"]
"""What a person may do in a repository, least first."""
Reaction = Literal["eyes", "rocket", "-1", "confused"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "timed_out", "action_required", "skipped"]
CheckStatus = Literal["queued", "in_progress", "completed"]
Method = Literal["squash", "merge", "rebase"]
Level = Literal["notice", "warning", "failure"]

BODY_LIMIT = 65_536
"""The longest body of a comment or pull request, in characters."""
OUTPUT_LIMIT = 65_535
"""The longest summary or text of a check run, in characters."""
NOTES_LIMIT = 125_000
"""The longest notes of a release, in characters."""


@dataclass(frozen=True, slots=True)
class Said:
    """One comment; *own* if this app wrote it."""

    id: int
    author: str
    own: bool
    body: str


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull request. *head* is the commit at its head; *landed* the commit that it became, None if not merged."""

    number: int
    node: str
    state: Literal["OPEN", "CLOSED", "MERGED"]
    title: str
    body: str
    author: str
    own: bool
    fork: bool
    branch: str
    head: str
    base: str
    landed: str | None
    labels: tuple[str, ...]
    auto_merge: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One check run of this app, as it stands on GitHub; *key* is its external id, *conclusion* empty until done."""

    id: int
    name: str
    head: str
    key: str
    status: str
    conclusion: str
    title: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """A sentence at a line of a file, as a check run shows it."""

    path: str
    line: int
    level: Level
    message: str
    title: str


@dataclass(frozen=True, slots=True)
class Button:
    """What a person can press on a check run: label ≤ 20, description ≤ 40, identifier ≤ 20 characters."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True, slots=True)
class CheckDraft:
    """A check run as it shall stand. *conclusion* empty: it is not completed yet; at most three buttons."""

    name: str
    head: str
    key: str
    status: CheckStatus
    conclusion: Conclusion | Literal[""]
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of a file of a pull request, on the new side of its diff."""

    path: str
    line: int
    body: str


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """A review to be, of a pull request as it stands at *head*: comments on lines, and a sentence above them."""

    number: int
    head: str
    body: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """What is said about a line, by its first comment; *line* is None where the line was changed since."""

    path: str
    line: int | None
    resolved: bool
    own: bool
    body: str


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads of a pull request, and the commit at its head."""

    head: str
    threads: tuple[Thread, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that one request tells: the default branch and its head, a pull request, ours that are open.

    *said* are comments of *pull*: all that this app wrote and the newest others. *pulls* are the open pull requests
    that this app opened, *open* everybody's, newest first. *checks* are this app's check runs at the
    commits asked for, and at the head and the landed commit of *pull*.
    """

    branch: str
    head: str
    pull: Pull | None
    said: tuple[Said, ...]
    pulls: tuple[Pull, ...]
    open: tuple[Pull, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a tag as it stands; *files* are the names of those that are whole.

    *draft*: only who may write sees it. *fixed*: GitHub lets nobody change it any more.
    """

    id: int
    draft: bool
    fixed: bool
    notes: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseDraft:
    """A release as it shall stand: published, never the latest, with *files* (name → content) beside what it has.

    *commit* is where the tag stands; *release* the id of the one that there is, None for a new one.
    """

    tag: str
    commit: str
    title: str
    notes: str
    files: tuple[tuple[str, bytes], ...] = ()
    release: int | None = None


class Refused(Exception):  # noqa: N818 - GitHub refuses; the program did not err
    """GitHub refuses for good: asking again the same way cannot help."""

    def __init__(self, status: int, said: str) -> None:
        """Keep the HTTP status (200 for a GraphQL error) and what GitHub said."""
        super().__init__(f"GitHub refuses ({status}): {said}")
        self.status, self.said = status, said


class Moved(Refused):
    """A branch does not stand where it was expected to: gather again, and decide again."""


class GitHub(Protocol):
    """One repository of one installation. Every method blocks; every write may be repeated without a second effect.

    Raises, every method: `Refused` for good; any other error may pass, and is worth another try.
    """

    repository: str
    """`owner/name`."""

    def survey(self, number: int | None = None, commits: Sequence[str] = ()) -> Survey:
        """Return what one GraphQL request tells."""
        ...

    def labels(self, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return number → labels of those of *numbers* that are pull requests; one request for every hundred."""
        ...

    def role(self, login: str) -> Role:
        """Return what a person may do here; `none` for somebody unknown."""
        ...

    def react(self, comment: int, reaction: Reaction) -> None:
        """React to a comment; the same reaction twice is one."""
        ...

    def write_comment(self, number: int, body: str, comment: int | None) -> int:
        """Write a comment on a pull request, or change the one whose id is *comment*; return its id."""
        ...

    def threads(self, number: int) -> Threads:
        """Return what is said about lines of a pull request; one request for every hundred threads."""
        ...

    def write_review(self, draft: ReviewDraft) -> None:
        """Comment on lines of a pull request in one review; all of them, or none."""
        ...

    def write_check(self, draft: CheckDraft, check: int | None) -> int:
        """Write a check run, or change the one whose id is *check*; return its id. Annotations go 50 a request."""
        ...

    def write_branch(
        self, branch: str, parent: str, files: Mapping[str, bytes], message: str, *, tip: str | None
    ) -> str:
        """Commit *files* on top of *parent* and have *branch* stand there; return the new commit.

        The commit is GitHub's own, so it is verified. *tip* is where the branch must stand now, None for a
        branch that does not exist; `parent == tip` appends, another parent replaces what stood there.

        Raises:
            Moved: the branch stands elsewhere.
        """
        ...

    def open_pull(self, branch: str, base: str, title: str, body: str, labels: Sequence[str]) -> int:
        """Open a pull request, or return the number of the open one that *branch* has."""
        ...

    def write_pull(self, number: int, title: str, body: str) -> None:
        """Set title and body of a pull request."""
        ...

    def merge_when_green(self, number: int, head: str, method: Method, title: str, body: str) -> str:
        """Have GitHub merge a pull request once its checks pass, at once if they have; say which, or why not."""
        ...

    def hold_merge(self, number: int) -> None:
        """Have GitHub not merge a pull request by itself any more; one that it would not merge is no error."""
        ...

    def delete_branch(self, branch: str) -> None:
        """Delete a branch; one that is gone already is no error."""
        ...

    def find_tag(self, name: str) -> str | None:
        """Return the commit that a tag stands on, None if there is no such tag."""
        ...

    def write_tag(self, name: str, commit: str) -> None:
        """Have a tag stand on a commit; one that stands there already is no error, and none is ever moved.

        Raises:
            Moved: the tag stands on another commit.
        """
        ...

    def find_releases(self, tag: str) -> tuple[Release, ...]:
        """Return the release of a tag, or the drafts of one among the newest releases, oldest first."""
        ...

    def write_release(self, draft: ReleaseDraft) -> None:
        """Make a release, or complete the one that there is: its files first, then it is published."""
        ...
