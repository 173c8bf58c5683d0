"""One repository at hand while a delivery is handled: GitHub, its mirror, the engine, and what one survey told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.effect import WriteComment
from app.sticky import KEY, Sticky
from app.sticky import read as read_sticky
from app.sticky import render as render_sticky
from app.workspace import read_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.github import Check, GitHub, Pull, Survey
    from app.history import Repository
    from app.plan import Seal
    from app.sticky import Entry
    from app.workspace import Workspace
    from runners.engine.model import Engine


@dataclass(frozen=True)
class Site:
    """What the handling of one delivery may look at. *key* signs what the app writes for itself on GitHub."""

    github: GitHub
    repository: Repository
    engine: Engine
    key: bytes
    seal: Seal
    survey: Survey

    @cached_property
    def workspace(self) -> Workspace:
        """The default branch as the mirror has it, with its configuration.

        Raises:
            Unreadable, Misconfigured: see `app.workspace.open_workspace`.
        """
        name = self.survey.branch
        return read_workspace(self.repository, name, self.repository.commit(f"refs/heads/{name}"))

    @property
    def pull(self) -> Pull:
        """The pull request that the survey asked for."""
        assert self.survey.pull is not None, "asked for, and there"
        return self.survey.pull

    @property
    def heads(self) -> dict[str, str]:
        """Branch → head of our open pull requests."""
        return {pull.branch: pull.head for pull in self.survey.pulls}

    def open_pull(self, branch: str) -> Pull | None:
        """Return our open pull request of *branch*."""
        return next((pull for pull in self.survey.pulls if pull.branch == branch), None)

    def check(self, key: str) -> Check | None:
        """Return our check run of that key, the newest if there are several."""
        found = [check for check in self.survey.checks if check.key == key]
        return max(found, key=lambda check: check.id, default=None)

    def tell(self, entries: Sequence[Entry]) -> WriteComment:
        """Return the status comment of the pull request with *entries* in it, in place of those of the same run."""
        standing = [(said, found) for said in self.survey.said if said.own and (found := self._read(said.body))]
        comment, sticky = (standing[0][0].id, standing[0][1]) if standing else (None, Sticky(()))
        known = {entry.run: entry for entry in (*sticky.entries, *entries)}
        return WriteComment(self.pull.number, KEY, render_sticky(Sticky(tuple(known.values())), self.key), comment)

    def _read(self, body: str) -> Sticky | None:
        return read_sticky(body, self.key)
