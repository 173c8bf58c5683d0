"""What happened on GitHub, as values: one class an event, so that mypy proves that none is forgotten."""

from __future__ import annotations

from dataclasses import dataclass

EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "issue_comment",
        "merge_group",
        "pull_request",
        "push",
        "workflow_job",
    }
)
"""The names of the webhooks that are read."""
FINISHED, STIRRED, SWEPT = "discharge.finished", "discharge.stirred", "discharge.sweep"
"""The names of deliveries that the service makes itself; one from outside by such a name is refused."""


@dataclass(frozen=True, slots=True)
class _Event:
    """Common to all: the delivery's id, the installation's, and `owner/name`."""

    delivery: str
    installation: int
    repository: str


@dataclass(frozen=True, slots=True)
class Commented(_Event):
    """A person commented on a pull request; *date* is `YYYY-MM-DDTHH:MM:SSZ`."""

    number: int
    comment: int
    author: str
    body: str
    date: str


@dataclass(frozen=True, slots=True)
class Merged(_Event):
    """A pull request was merged as *commit*.

    *head* is the commit at its head, *base_sha* where its base stood before, as GitHub saw it last. *default* says
    whether *base* is the default branch, and *author* is empty for somebody who left GitHub.
    """

    number: int
    commit: str
    base: str
    base_sha: str
    branch: str
    head: str
    fork: bool
    author: str
    title: str
    default: bool


@dataclass(frozen=True, slots=True)
class PullChanged(_Event):
    """The code of a pull request is new, or its base is another one."""

    number: int
    head: str
    base: str
    base_sha: str
    branch: str
    fork: bool


@dataclass(frozen=True, slots=True)
class GroupAsked(_Event):
    """The merge queue asks for the checks of *head*, on a *branch* of its own, to be merged into *base*."""

    head: str
    base_sha: str
    branch: str
    base: str


@dataclass(frozen=True, slots=True)
class Pushed(_Event):
    """The default branch moved; *before* is empty for a new one."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CheckAsked(_Event):
    """A person pressed a button of one of our check runs; *button* is empty for GitHub's own re-run."""

    check: int
    key: str
    head: str
    name: str
    button: str
    sender: str


@dataclass(frozen=True, slots=True)
class SuiteAsked(_Event):
    """Somebody asked for all of our checks of a commit once more; in GitHub's own examples it is a bot."""

    head: str
    sender: str


@dataclass(frozen=True, slots=True)
class Installed(_Event):
    """The app may act in these repositories; none are named: in all of the installation's."""

    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed(_Event):
    """The app may no longer act in these repositories; none are named: in none of the installation's."""

    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finished(_Event):
    """An engine has no more to do for a run. It comes from the service itself."""

    run: str


@dataclass(frozen=True, slots=True)
class Stirred(_Event):
    """It stands otherwise with a run than people were told. It comes from the service itself."""

    run: str


@dataclass(frozen=True, slots=True)
class JobMoved(_Event):
    """A job of GitHub Actions was queued, taken or ended: *workflow* is the run that it belongs to."""

    workflow: int
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Swept(_Event):
    """It is time to look for what was missed; no repository named: everywhere. It comes from the service itself."""


@dataclass(frozen=True, slots=True)
class Ignored(_Event):
    """Nothing for us, and why."""

    event: str
    action: str
    reason: str


Event = (
    Commented
    | Merged
    | PullChanged
    | GroupAsked
    | Pushed
    | CheckAsked
    | SuiteAsked
    | Installed
    | Removed
    | Finished
    | Stirred
    | JobMoved
    | Swept
    | Ignored
)
