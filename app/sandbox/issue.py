"""What people and bots write: labels, reactions, comments, issues and pull requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from app.sandbox.actor import name_node

if TYPE_CHECKING:
    from app.sandbox.actor import Account, Actor, App, Method
    from app.sandbox.repository import Repository
    from app.sandbox.review import Review


@dataclass(slots=True, eq=False)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("LA", self.id)


@dataclass(slots=True, eq=False)
class Reaction:
    """One account's reaction to a comment, an issue or a pull request."""

    id: int
    account: Account
    content: str
    created: str

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("REA", self.id)


@dataclass(slots=True, eq=False)
class Comment:
    """A comment on an issue or a pull request; *app* if one wrote it; *minimized* is the reason in small letters."""

    id: int
    issue: Issue = field(repr=False)
    account: Account
    app: App | None
    body: str
    created: str
    updated: str
    minimized: str = ""
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("IC", self.id)


@dataclass(slots=True, eq=False)
class Issue:
    """An issue; a pull request is one, too."""

    id: int
    number: int
    repository: Repository = field(repr=False)
    account: Account
    title: str
    body: str | None
    created: str
    updated: str
    app: App | None = None
    state: Literal["open", "closed"] = "open"
    closed: str | None = None
    labels: list[Label] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("I", self.id)


@dataclass(frozen=True, slots=True)
class AutoMerge:
    """What happens once the last required check passes; empty words: GitHub's own."""

    actor: Actor
    method: Method
    title: str
    message: str
    enabled: str


@dataclass(slots=True, eq=False)
class Pull(Issue):
    """A pull request. *head* and *base* are commits; *landed* is the commit it became."""

    source: Repository = field(kw_only=True, repr=False)
    branch: str = field(kw_only=True)
    head: str = field(kw_only=True)
    target: str = field(kw_only=True)
    base: str = field(kw_only=True)
    draft: bool = False
    merged: str | None = None
    merger: Account | None = None
    landed: str | None = None
    auto_merge: AutoMerge | None = None
    reviews: list[Review] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("PR", self.id)

    @property
    def fork(self) -> bool:
        """Say whether it comes from another repository."""
        return self.source is not self.repository


@dataclass(slots=True, eq=False)
class Entry:
    """A pull request in the merge queue, with the commit that is tried and its branch."""

    id: int
    pull: Pull
    actor: Actor
    branch: str
    base: str
    head: str
    created: str

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("MQE", self.id)
