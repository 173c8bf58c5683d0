"""What stands beside a tag: a release, and the files that belong to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from app.sandbox.actor import name_node

if TYPE_CHECKING:
    from app.sandbox.actor import Account
    from app.sandbox.repository import Repository


@dataclass(slots=True, eq=False)
class Asset:
    """A file of a release; *state* `open`: its upload broke off."""

    id: int
    release: Release = field(repr=False)
    account: Account
    name: str
    label: str | None
    kind: str
    data: bytes = field(repr=False)
    created: str
    state: Literal["uploaded", "open"] = "uploaded"

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("RA", self.id)


@dataclass(slots=True, eq=False)
class Release:
    """A release of a tag; *target* is where the tag shall stand if there is none, *published* None: a draft."""

    id: int
    repository: Repository = field(repr=False)
    account: Account
    tag: str
    target: str
    name: str | None
    body: str | None
    created: str
    prerelease: bool = False
    published: str | None = None
    latest: bool = False
    assets: list[Asset] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("RE", self.id)

    @property
    def draft(self) -> bool:
        """Say whether it waits to be published."""
        return self.published is None
