"""One repository at hand while a delivery is handled: GitHub, its mirror, the engine, and what one survey told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.action.record import REMOTE
from app.bot.identity import read as read_identity
from app.bot.sticky import Sticky
from app.bot.sticky import read as read_sticky
from app.bot.sticky import render as render_sticky
from app.effect import WriteComment
from app.github import Moved
from app.workspace import read_workspace
from contracts.error import Unreadable
from runners.job import FREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.account import Account
    from app.bot.identity import Identity
    from app.bot.sticky import Entry
    from app.github import Check, GitHub, Pull, Said, Survey
    from app.hub.partial import Partial
    from app.plan import Seal
    from app.workspace import Workspace
    from runners.engine.model import Engine
    from runners.job import Confinement


_CONFLICT = 409
ENGINES = ("local", "slurm", "kubernetes", *REMOTE)
"""The engines that a smoke may name wherever nothing else is said: one has them all, or runs legs itself."""
STATUS = "status"
"""The key of the one comment of a pull request that is edited."""


@dataclass(frozen=True)
class Site:
    """What the handling of one delivery may look at. *key* seals what the app writes for itself on GitHub."""

    installation: int
    github: GitHub
    repository: Partial
    engine: Engine
    account: Account
    key: bytes
    seal: Seal
    own: str
    """The app's own public key, as configurations spell it."""
    number: int | None = None
    """The pull request that the delivery is about."""
    commits: tuple[str, ...] = ()
    """Further commits whose check runs matter."""
    engines: tuple[str, ...] = ENGINES
    """The engines that a smoke may name."""
    listed: tuple[str, ...] = ()
    """The repositories that machines are started for; see `app.bot.trust.demand_listed`."""
    confinement: Confinement = FREE
    """What legs may not do on the operator's machines."""

    @cached_property
    def survey(self) -> Survey:
        """What one request to GitHub tells; nothing is asked before somebody looks.

        Raises:
            Moved: a branch of ours or the default branch moved since the mirror was brought up to date.
        """
        found = self.github.survey(self.number, self.commits)
        heads = (found.head, *(pull.head for pull in found.pulls))
        if not self.repository.holds(filter(None, heads)):
            raise Moved(_CONFLICT, "a branch moved since the mirror was brought up to date")
        return found

    @cached_property
    def workspace(self) -> Workspace:
        """The default branch as the mirror has it, with its configuration.

        Beside the configured keys the app's own counts, always: it must not take over, and sign anew, what somebody
        wrote into evidence of a repository that names no keys.

        Raises:
            Unreadable, Misconfigured: see `app.workspace.open_workspace`.
        """
        name = self.repository.default_branch()
        found = read_workspace(self.repository, name, self.repository.commit(f"refs/heads/{name}"))
        config = found.configured.config
        found.configured.config = config.model_copy(update={"keys": (*config.keys, self.own)})
        return found

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

    def identify(self, check: Check) -> Identity | None:
        """Return the run that a check run is about, None for another check, or for one that is not as we wrote it."""
        try:
            found = read_identity(check.text, self.key)
        except Unreadable:
            return None
        here = found and (found.repository, found.commit, found.run) == (self.github.repository, check.head, check.key)
        return found if here else None

    def find_told(self, run: str) -> str:
        """Return the state that the status comment of the pull request tells of a run, empty if it tells of none."""
        entry = self.find_entry(run)
        return entry.state if entry else ""

    def find_entry(self, run: str) -> Entry | None:
        """Return what the status comment of the pull request tells of a run, None if it tells of none."""
        return next((entry for entry in self._standing[1].entries if entry.run == run), None)

    def tell(self, entries: Sequence[Entry]) -> WriteComment:
        """Return the status comment of the pull request with *entries* in it, in place of those of the same run."""
        comment, sticky = self._standing
        for entry in entries:
            sticky = sticky.put(entry)
        return WriteComment(self.pull.number, STATUS, render_sticky(sticky, self.key, self._place), comment)

    @property
    def _place(self) -> str:
        return f"{self.github.repository}#{self.pull.number}"

    @property
    def _standing(self) -> tuple[int | None, Sticky]:
        """Return the status comment that stands: its id, and what it tells."""
        for said in self.survey.said:
            found = self._read(said) if said.own else None
            if found:
                return said.id, found
        return None, Sticky()

    def _read(self, said: Said) -> Sticky | None:
        try:
            return read_sticky(said.body, self.key, self._place)
        except Unreadable:
            return None  # somebody changed it: it is left as it is, and a new one is written
