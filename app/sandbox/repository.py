"""A repository: its git store, and all that GitHub keeps beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.sandbox.actor import name_node
from app.sandbox.issue import Pull

if TYPE_CHECKING:
    from app.sandbox.actor import Account, Role
    from app.sandbox.git import Store
    from app.sandbox.issue import Comment, Entry, Issue, Label
    from app.sandbox.release import Release
    from app.sandbox.work import CheckRun, CheckSuite, Required, Workflow, WorkflowRun


@dataclass(slots=True)
class Settings:
    """What an administrator has set for a repository."""

    auto_merge: bool = True
    squash: bool = True
    merge_commit: bool = True
    rebase: bool = True
    delete_branch: bool = False
    queue: bool = False
    guard_tags: bool = False
    """Whether a rule lets no app make a tag."""
    required: tuple[Required, ...] = ()


@dataclass(slots=True, eq=False)
class Repository:
    """A repository: its git store and all that GitHub keeps beside it."""

    id: int
    owner: Account
    name: str
    store: Store = field(repr=False)
    created: str
    private: bool = False
    description: str | None = None
    branch: str = "main"
    pushed: str = ""
    parent: Repository | None = None
    settings: Settings = field(default_factory=Settings)
    roles: dict[str, Role] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    suites: dict[int, CheckSuite] = field(default_factory=dict)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    queue: list[Entry] = field(default_factory=list)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    runs: dict[int, WorkflowRun] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    releases: dict[int, Release] = field(default_factory=dict)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("R", self.id)

    @property
    def full_name(self) -> str:
        """Return `owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[Pull]:
        """Return its pull requests, oldest first."""
        return [issue for issue in self.issues.values() if isinstance(issue, Pull)]
