"""How a story is set: repositories, people, apps and rules, before anything happens. Only installing tells webhooks."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.sandbox.act.branch import commit, edit
from app.sandbox.act.install import cover, install, ping, suspend, uninstall
from app.sandbox.model import Required, Workflow
from app.sandbox.token import sign_in
from app.sandbox.world import EVENTS, PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.sandbox.courier import Courier
    from app.sandbox.model import App, Installation, Json, Role
    from app.sandbox.world import World

PERSON = "octo-maintainer"
"""Who does what a story does, unless it says otherwise."""


class Setting:
    """What is there before a story begins."""

    def __init__(self, world: World, courier: Courier) -> None:
        """Act in *world*; *courier* carries its webhooks."""
        self.world, self.courier = world, courier

    def repository(
        self,
        name: str,
        files: Mapping[str, str | bytes | None],
        *,
        private: bool = False,
        roles: Mapping[str, Role] | None = None,
    ) -> str:
        """Make a repository with one commit on its default branch; the commit. *roles* are people and their roles."""
        with self.world.lock:
            made = self.world.add_repository(name, private=private)
            made.roles = {PERSON: "maintain", **(roles or {})}
            for login in made.roles:
                self.world.person(login)
            sha = commit(self.world, self.world.person(PERSON), made, None, ("The beginning\n", edit(files)))
            made.store.move((f"refs/heads/{made.branch}", sha, None))
            return sha

    def adopt(self, name: str, source: Path | str) -> str:
        """Make a repository with the branches of a git repository on this machine; the head of its default branch."""
        with self.world.lock:
            made = self.world.add_repository(name)
            made.roles = {self.world.person(PERSON).account.login: "maintain"}
            made.store.fetch(Path(source), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
            head = made.store.tip(made.branch)
            if head is None:
                raise ValueError(f"{source} has no branch {made.branch}")
            return head

    def fork(self, name: str, owner: str) -> str:
        """Make a fork of a repository for a person; its full name, with a number where the name is taken."""
        with self.world.lock:
            parent = self.world.repository(name)
            self.world.add_account(owner)
            names = (f"{owner}/{parent.name}{f'-{n}' if n else ''}" for n in itertools.count())
            free = next(name for name in names if name.lower() not in self.world.repositories)
            made = self.world.add_repository(free, private=parent.private, parent=parent)
            made.store.fetch(parent.store.folder, "+refs/heads/*:refs/heads/*")
            return made.full_name

    def role(self, name: str, login: str, role: Role) -> None:
        """Give a person a role in a repository."""
        with self.world.lock:
            self.world.repository(name).roles[self.world.person(login).account.login] = role

    def settings(self, name: str, **changes: bool) -> None:
        """Change switches: auto_merge, squash, merge_commit, rebase, delete_branch, queue, guard_tags."""
        with self.world.lock:
            settings = self.world.repository(name).settings
            for key, value in changes.items():
                if not isinstance(getattr(settings, key), bool):
                    raise TypeError(f"{key} is no switch of a repository")
                setattr(settings, key, value)

    def require(self, name: str, *checks: str, app: int | None = None) -> None:
        """Have the default branch require checks, of one app if *app* is its id; none: nothing is required."""
        with self.world.lock:
            self.world.repository(name).settings.required = tuple(Required(check, app) for check in checks)

    def workflow(self, name: str, path: str, *, inputs: Mapping[str, bool] | None = None, dispatch: bool = True) -> int:
        """Put a workflow into a repository; its id. *inputs* says of each input whether it is required."""
        with self.world.lock:
            known = self.world.repository(name).workflows
            title = path.rpartition("/")[2].partition(".")[0]
            known[path] = Workflow(self.world.number("workflow"), path, title, dict(inputs or {}), dispatch)
            return known[path].id

    def app(
        self,
        slug: str,
        key: RSAPublicKey | str,
        *,
        hook: Sequence[str] = ("", ""),
        permissions: Mapping[str, str] = PERMISSIONS,
        events: Sequence[str] = EVENTS,
    ) -> int:
        """Make an app; its id. *key* is its public key (or PEM), *hook* the url of its webhooks and their secret."""
        public = load_pem_public_key(key.encode()) if isinstance(key, str) else key
        assert isinstance(public, RSAPublicKey)
        with self.world.lock:
            made = self.world.add_app(slug, public, hook=(hook[0], hook[1]), permissions=permissions, events=events)
            return made.id

    def _app(self, slug: str) -> App:
        return next(each for each in self.world.apps.values() if each.slug == slug)

    def hook(self, slug: str, url: str) -> None:
        """Have the webhooks of an app go to another url."""
        with self.world.lock:
            self._app(slug).hook_url = url

    def manifest(self, code: str, manifest: Json) -> None:
        """Let a code stand for a manifest that a person has confirmed; it can be converted once."""
        with self.world.lock:
            self.world.conversions[code] = manifest

    def install(self, slug: str, login: str, repositories: Sequence[str] | None = None, *, by: str = PERSON) -> int:
        """Install an app on an account, on some repositories (full names) or on all; the installation's id."""
        with self.world.lock:
            return install(self.world, self.world.person(by), self._app(slug), login, repositories).id

    def _installation(self, number: int) -> Installation:
        return self.world.installations[number]

    def uninstall(self, installation: int, *, by: str = PERSON) -> None:
        """Remove an app from an account."""
        with self.world.lock:
            uninstall(self.world, self.world.person(by), self._installation(installation))

    def suspend(self, installation: int, *, suspended: bool = True, by: str = PERSON) -> None:
        """Suspend an installation, or let it go on."""
        with self.world.lock:
            suspend(self.world, self.world.person(by), self._installation(installation), suspended=suspended)

    def cover(self, installation: int, name: str, *, covered: bool = True, by: str = PERSON) -> None:
        """Add a repository to an installation, or take it away."""
        with self.world.lock:
            actor, repository = self.world.person(by), self.world.repository(name)
            cover(self.world, actor, self._installation(installation), repository, covered=covered)

    def ping(self, slug: str) -> None:
        """Ping an app."""
        with self.world.lock:
            ping(self.world, self._app(slug))

    def sign_in(self, login: str) -> str:
        """Make a token of a person."""
        with self.world.lock:
            return sign_in(self.world, login).value
