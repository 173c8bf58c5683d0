"""The world of the sandbox: all state, its clock, its numbers, and the finding of things; one lock guards it."""

from __future__ import annotations

import itertools
import re
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from app.sandbox.fault import Faults
from app.sandbox.git import FULL, Store
from app.sandbox.model import Account, Actor, App, Installation, Label, Pull, Refusal, Repository, name_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from app.sandbox.commit import Commit
    from app.sandbox.model import Artifact, Delivery, Exchange, Issue, Json, Role, Runner, Token

_STARTS = {"account": 1_000, "app": 4_200, "installation": 51_000, "repository": 700_000, "issue": 1_900_000_000}
_STARTS |= {"comment": 2_800_000_000, "check": 31_000_000_000, "suite": 27_000_000_000, "delivery": 90_000_000_000}
_STARTS |= {"hook": 480_000, "label": 6_000_000_000, "reaction": 250_000_000, "run": 15_000_000_000}
_STARTS |= {"job": 42_000_000_000, "workflow": 88_000_000, "runner": 20, "entry": 7_000_000, "request": 0, "token": 0}
_STARTS |= {
    "artifact": 4_100_000_000,
    "release": 210_000_000,
    "asset": 330_000_000,
    "review": 2_400_000_000,
    "remark": 2_100_000_000,
}
_LABELS = {"bug": "d73a4a", "documentation": "0075ca", "enhancement": "a2eeef"}
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
PERMISSIONS = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "actions": "write",
    "administration": "write",
    "organization_self_hosted_runners": "write",
}
"""What an app is granted, unless a story says otherwise."""
EVENTS = ("check_run", "check_suite", "issue_comment", "merge_group", "pull_request", "push", "workflow_job")
"""What an app is told, unless a story says otherwise; installations and pings are told to every app."""


class Named(Protocol):
    """Anything with a node id."""

    @property
    def node(self) -> str:
        """Return its node id."""
        ...


_Thing = TypeVar("_Thing", bound=Named)


class World:
    """Everything that the sandbox knows.

    Hold `lock` while reading several things that must agree, and while changing any; the routes and verbs do.
    """

    def __init__(self, folder: Path, url: str = "http://127.0.0.1:1") -> None:
        """Begin with nothing; repositories go below *folder*; *url* is where the server listens."""
        self.folder, self.url, self.prefix = folder, url, ""
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self.runners: dict[int, Runner] = {}
        self.groups: dict[tuple[str, int], bool] = {}
        self.addresses: dict[str, Artifact] = {}
        self.conversions: dict[str, Json] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.exchanges: list[Exchange] = []
        self.unserved: list[str] = []
        self.faults = Faults()
        self.spent: dict[tuple[str, str], int] = {}
        self.on_exchange: list[Callable[[Exchange], None]] = []
        self.on_hook: list[Callable[[Delivery], None]] = []
        self.send: list[Callable[[Delivery], None]] = []
        self._things: dict[str, object] = {}
        self._frozen: float | None = None
        self._counters: dict[str, Iterator[int]] = {kind: itertools.count(start + 1) for kind, start in _STARTS.items()}

    def close(self) -> None:
        """End what the repositories keep open."""
        for repository in self.repositories.values():
            repository.store.close()

    # -- clock and numbers

    @property
    def api(self) -> str:
        """Return the root of REST urls, as the request that is being answered spells it."""
        return self.url + self.prefix

    def freeze(self, at: float | None) -> None:
        """Let the clock of the state stand at *at* (seconds since the epoch); None: it runs again."""
        self._frozen = at

    def seconds(self) -> int:
        """Return the time of the state, in whole seconds since the epoch."""
        return int(time.time() if self._frozen is None else self._frozen)

    def now(self) -> str:
        """Return the time of the state as GitHub shows it."""
        return datetime.fromtimestamp(self.seconds(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def reset(self) -> int:
        """Return when the rate limits begin anew: the next full hour of the real clock, which clients compare with."""
        return int(time.time()) // 3_600 * 3_600 + 3_600

    def number(self, kind: str) -> int:
        """Return the next number of a kind; the same story gets the same numbers."""
        return next(self._counters[kind])

    def keep(self, thing: _Thing) -> _Thing:
        """Let *thing* be found by its node id."""
        self._things[thing.node] = thing
        return thing

    # -- making

    def add_account(self, login: str, kind: Literal["User", "Organization", "Bot"] = "User") -> Account:
        """Make an account, or return the one of that name."""
        if login.lower() not in self.accounts:
            account = Account(self.number("account"), login, kind, self.now())
            self.accounts[login.lower()] = self.keep(account)
        return self.accounts[login.lower()]

    def add_app(
        self,
        slug: str,
        key: RSAPublicKey,
        *,
        hook: tuple[str, str] = ("", ""),
        permissions: Mapping[str, str] = PERMISSIONS,
        events: Sequence[str] = EVENTS,
    ) -> App:
        """Make an app; *hook* is the url of its webhooks and their secret, no url: it gets none."""
        owner, bot = self.add_account("acme", "Organization"), self.add_account(f"{slug}[bot]", "Bot")
        numbers = self.number("app"), self.number("hook")
        told = (dict(permissions), tuple(events))
        app = self.keep(App(numbers[0], slug, owner, bot, key, *told, numbers[1], *hook, self.now()))
        self.apps[app.id] = app
        return app

    def add_repository(self, name: str, *, private: bool = False, parent: Repository | None = None) -> Repository:
        """Make an empty repository `owner/name`; its owner becomes an organization unless it is a person already.

        Raises:
            ValueError: the name cannot be, or is taken.
        """
        login, _, short = name.partition("/")
        if name.lower() in self.repositories:
            raise ValueError(f"there is a repository {name} already")
        if not (_NAME.fullmatch(login) and _NAME.fullmatch(short)) or "" in {login.strip("."), short.strip(".")}:
            raise ValueError(f"{name!r} is no name of a repository")
        owner = self.add_account(login, "Organization")
        store = Store(self.folder / owner.login / f"{short}.git")
        now = self.now()
        repository = Repository(self.number("repository"), owner, short, store, now, private, pushed=now, parent=parent)
        for label, color in _LABELS.items():
            self.add_label(repository, label, color)
        self.repositories[repository.full_name.lower()] = self.keep(repository)
        return repository

    def add_label(self, repository: Repository, name: str, color: str = "ededed", about: str | None = None) -> Label:
        """Make a label."""
        label = self.keep(Label(self.number("label"), name, color, about))
        repository.labels[name.lower()] = label
        return label

    def add_installation(self, app: App, login: str, repositories: Sequence[str] | None = None) -> Installation:
        """Put an app on an account, on some of its repositories or on all."""
        some = None if repositories is None else {self.repository(name).id for name in repositories}
        account, number = self.add_account(login, "Organization"), self.number("installation")
        made = Installation(number, app, account, dict(app.permissions), app.events, self.now(), some)
        self.installations[number] = made
        return made

    # -- finding

    def repository(self, name: str) -> Repository:
        """Return a repository by `owner/name`.

        Raises:
            Refusal: 404, there is none.
        """
        found = self.repositories.get(name.lower())
        if found is None:
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        return found

    def issue(self, repository: Repository, number: int) -> Issue:
        """Return an issue or a pull request; raises `Refusal` 404."""
        if number not in repository.issues:
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        return repository.issues[number]

    def pull(self, repository: Repository, number: int) -> Pull:
        """Return a pull request; raises `Refusal` 404."""
        found = self.issue(repository, number)
        if not isinstance(found, Pull):
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        return found

    def commit(self, repository: Repository, name: str) -> Commit:
        """Return a commit by id, branch or tag; raises `Refusal` 422 as GitHub does for one that is not there."""
        ref = repository.store.tip(name) or repository.store.refs.get(f"refs/tags/{name}", "")
        found = repository.store.commit(ref or name)
        if found is None:
            raise Refusal(422, f"No commit found for SHA: {name}", kind="NOT_FOUND")
        return found

    def person(self, login: str) -> Actor:
        """Return a person as an actor; an account is made for a new name."""
        return Actor(self.add_account(login))

    def role(self, repository: Repository, account: Account) -> Role:
        """Return what an account may do in a repository."""
        if account is repository.owner:
            return "admin"
        return repository.roles.get(account.login, "none" if repository.private else "read")

    def covering(self, repository: Repository) -> list[Installation]:
        """Return the installations that see a repository, oldest first."""
        return [each for each in self.installations.values() if each.covers(repository) and not each.suspended]

    def find(self, node: str) -> object | None:
        """Return what a node id stands for: an object, a commit as (repository, commit), or None."""
        if node in self._things or not node.startswith("C_kw"):
            return self._things.get(node)
        number, _, sha = node.removeprefix("C_kw").partition("_")
        repository = self._things.get(f"R_kw{number}")
        if not isinstance(repository, Repository) or not FULL.fullmatch(sha):
            return None
        commit = repository.store.commit(sha)
        return (repository, commit) if commit else None


def name_commit(repository: Repository, sha: str) -> str:
    """Return the node id of a commit."""
    return name_node("C", repository.id, sha)
