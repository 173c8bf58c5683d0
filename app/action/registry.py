"""The runners that GitHub knows, of every repository that has a mirror here, and of the organizations that own them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from app.action.stray import Home, Registration
from app.github import Refused

if TYPE_CHECKING:
    from app.hub.access import Access
    from app.hub.application import Application
    from app.hub.fleet import Runner

_log = structlog.stdlib.get_logger("registry")


@dataclass
class GitHubRegistry:
    """See `app.action.reaper.Registry`; for one thread at a time."""

    access: Access
    _doors: dict[Home, tuple[int, str]] = field(default_factory=dict)
    """Home → the installation and the repository through which it is asked."""

    def homes(self) -> tuple[Home, ...]:
        """Return the repositories with a mirror, and their owners; whether one is an organization, GitHub tells."""
        self._doors = {}
        with self.access.application() as application:
            for installation in application.installations():
                if not installation.suspended:
                    self._enter(application, installation.id)
        return tuple(self._doors)

    def _enter(self, application: Application, installation: int) -> None:
        """Add the homes of an installation; one that went away meanwhile holds up no other."""
        try:
            names = list(application.repositories(installation))
        except Refused as refused:
            _log.warning("an installation is passed over", installation=installation, why=refused.said)
            return
        for name in names:
            if self.access.mirror(installation, name).folder.is_dir():
                self._doors[Home("repository", name)] = installation, name
                self._doors.setdefault(Home("organization", name.partition("/")[0]), (installation, name))

    def list(self, home: Home) -> tuple[Registration, ...]:
        """Return all runners of a home; see `Registry`."""
        with self.access.workshop(*self._doors[home]) as workshop:
            return tuple(_read(home, runner) for runner in workshop.fleet(home.level).list())

    def find(self, home: Home, id_: int) -> Registration | None:
        """Return one runner as it stands now; see `Registry`."""
        with self.access.workshop(*self._doors[home]) as workshop:
            found = workshop.fleet(home.level).find(id_)
        return _read(home, found) if found else None

    def delete(self, home: Home, id_: int) -> None:
        """Have a runner be unknown to GitHub; see `Registry`."""
        with self.access.workshop(*self._doors[home]) as workshop:
            workshop.fleet(home.level, write=True).remove(id_)


def _read(home: Home, runner: Runner) -> Registration:
    return Registration(home, runner.id, runner.name, runner.labels, runner.online, runner.busy)
