"""What a decision can ask for: effects as values, every one with a natural key, so that twice equals once. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from app.github import CheckDraft, Method, Reaction, ReleaseDraft, Remark
    from runners.job import Job

PULL = re.compile("\ue000([^\ue000]*)\ue000")
"""Stands in a text for the open pull request of a branch that the same plan opens; its number is known only then."""


def name_pull(branch: str) -> str:
    """Return what stands in a text for the pull request of a branch."""
    return f"\ue000{branch}\ue000"


@dataclass(frozen=True, slots=True)
class React:
    """A reaction to a comment. Key: comment and reaction."""

    comment: int
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class WriteComment:
    """A comment on a pull request as it shall stand; *comment* is the id of the one that stands, None for a new one.

    Key: number and *key*, which stands in the hidden mark of the body, too.
    """

    number: int
    key: str
    body: str
    comment: int | None


@dataclass(frozen=True, slots=True)
class WriteCheck:
    """A check run as it shall stand. Key: the draft's head and key."""

    draft: CheckDraft


@dataclass(frozen=True, slots=True)
class WriteReview:
    """Comments on lines of a pull request at *head*, those that are not there yet. Key: the mark in each body."""

    number: int
    head: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class StartSmoke:
    """A job for the engine. Key: the run.

    *number* is the unmerged pull request whose head must still be the job's commit, None where the commit
    stands on the default branch and cannot move. *otherwise* is done instead if the head has moved by then.
    *minutes* of the day's budget are set apart for it.
    """

    job: Job
    number: int | None = None
    otherwise: tuple[WriteCheck | WriteComment, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class CancelSmoke:
    """The end of a run that nobody wants any more. Key: the run."""

    run: str


@dataclass(frozen=True, slots=True)
class ForgetSmoke:
    """What a run left behind is not needed any more. Key: the run."""

    run: str


@dataclass(frozen=True, slots=True)
class WriteBranch:
    """One commit on top of *parent*, with *branch* moved there. Key: branch, parent, and what the commit holds.

    *tip* is where the branch stands now: at *parent* to append, elsewhere to be replaced, None if it does not exist.
    """

    branch: str
    parent: str
    files: tuple[tuple[str, bytes], ...]
    message: str
    tip: str | None = None

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class OpenPull:
    """The open pull request of a branch as it shall stand; *pull* is its number if it is open. Key: the branch.

    *labels* are those that it is to get beside the ones that it has.
    """

    branch: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...]
    pull: int | None


@dataclass(frozen=True, slots=True)
class MergeWhenGreen:
    """GitHub merges the pull request of a branch once its checks pass. Key: the branch.

    *head* is the commit at its head, empty for the one that the same plan writes; *number* the pull request's, None
    where the same plan opens it.
    """

    branch: str
    method: Method
    title: str
    body: str
    head: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class HoldMerge:
    """GitHub does not merge the pull request of a branch by itself any more: something is open. Key: the branch.

    *number* is the pull request's.
    """

    branch: str
    number: int


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """A branch that is merged goes away. Key: the branch."""

    branch: str


@dataclass(frozen=True, slots=True)
class WriteTag:
    """A tag that stands on a commit, and is never moved. Key: the name."""

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class WriteRelease:
    """A release as it shall stand. Key: its tag."""

    draft: ReleaseDraft


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing is done, and why; *mend* says what the person can do."""

    reason: str
    mend: str = ""


Effect = (
    React
    | WriteComment
    | WriteCheck
    | WriteReview
    | StartSmoke
    | CancelSmoke
    | ForgetSmoke
    | WriteBranch
    | OpenPull
    | MergeWhenGreen
    | HoldMerge
    | DeleteBranch
    | WriteTag
    | WriteRelease
    | Refuse
)
Plan = tuple[Effect, ...]


def describe(effect: Effect) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for every effect there is
    """Return one line that says what an effect does: for a dry run, the log, and the tests."""
    match effect:
        case React():
            return f"react {effect.reaction} to comment {effect.comment}"
        case WriteComment():
            return f"{'edit' if effect.comment else 'write'} a comment on #{effect.number}"
        case WriteCheck():
            state = effect.draft.conclusion or effect.draft.status
            return f"write check {effect.draft.name} at {effect.draft.head[:12]}: {state}"
        case WriteReview():
            return f"suggest {len(effect.remarks)} lines on #{effect.number} at {effect.head[:12]}"
        case StartSmoke():
            return f"start run {effect.job.run} at {effect.job.commit[:12]}"
        case CancelSmoke():
            return f"cancel run {effect.run}"
        case ForgetSmoke():
            return f"forget run {effect.run}"
        case WriteBranch():
            return f"commit {len(effect.files)} files to {effect.branch}: {effect.title}"
        case OpenPull():
            return f"{'update' if effect.pull else 'open'} the pull request of {effect.branch}: {effect.title}"
        case MergeWhenGreen():
            return f"merge {effect.branch} once its checks pass ({effect.method})"
        case HoldMerge():
            return f"hold the merge of {effect.branch}"
        case DeleteBranch():
            return f"delete {effect.branch}"
        case WriteTag():
            return f"tag {effect.commit[:12]} as {effect.name}"
        case WriteRelease():
            done = "complete" if effect.draft.release else "publish"
            return f"{done} the release {effect.draft.tag} with {len(effect.draft.files)} files"
        case Refuse():
            return f"refuse: {effect.reason}"
        case _ as never:
            assert_never(never)
