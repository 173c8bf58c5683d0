"""Who acts in the sandbox: accounts, apps, installations and their tokens; and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from app.sandbox.repository import Repository

Json = dict[str, Any]
Role = Literal["none", "read", "triage", "write", "maintain", "admin"]
Method = Literal["merge", "squash", "rebase"]
ROLES: tuple[Role, ...] = ("none", "read", "triage", "write", "maintain", "admin")


class Refusal(Exception):  # noqa: N818 - GitHub refuses; the sandbox did not err
    """An answer of 4xx as GitHub words it; *kind* is what GraphQL calls it."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None, kind: str = "UNPROCESSABLE") -> None:
        """Keep the HTTP status, the message, and the entries of `errors`."""
        super().__init__(message)
        self.status, self.message, self.errors, self.kind = status, message, errors, kind


class Unserved(Exception):  # noqa: N818 - a wish that the sandbox does not know
    """A route, or a field of GraphQL's schema, that the sandbox does not serve: answered 501 and recorded."""


def name_node(prefix: str, *parts: int | str) -> str:
    """Return the node id of an object: GitHub's prefix and the numbers it is known by."""
    return f"{prefix}_kw" + "_".join(f"{part:010x}" if isinstance(part, int) else part for part in parts)


@dataclass(slots=True, eq=False)
class Account:
    """A person, an organization, or the account of an app (`Bot`)."""

    id: int
    login: str
    kind: Literal["User", "Organization", "Bot"]
    created: str

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node({"User": "U", "Organization": "O", "Bot": "BOT"}[self.kind], self.id)

    @property
    def email(self) -> str:
        """Return the address that its commits carry."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(slots=True, eq=False)
class App:
    """A GitHub App: whose key signs its tokens, what it may do, where its webhooks go."""

    id: int
    slug: str
    owner: Account
    bot: Account
    key: RSAPublicKey = field(repr=False)
    permissions: dict[str, str]
    events: tuple[str, ...]
    hook_id: int
    hook_url: str
    hook_secret: str = field(repr=False)
    created: str
    description: str = ""
    external_url: str = "https://example.org"

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("A", self.id)

    @property
    def client_id(self) -> str:
        """Return what OAuth knows it by."""
        return f"Iv23sandbox{self.id:08d}"


@dataclass(slots=True, eq=False)
class Installation:
    """An app on an account; *repositories* None: on all of them."""

    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    events: tuple[str, ...]
    created: str
    repositories: set[int] | None = None
    suspended: str | None = None
    removed: bool = False

    def covers(self, repository: Repository) -> bool:
        """Say whether it may see *repository*."""
        here = repository.owner is self.account and not self.removed
        return here and (self.repositories is None or repository.id in self.repositories)


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Who does something: a person, or an app through an installation."""

    account: Account
    installation: Installation | None = None

    @property
    def app(self) -> App | None:
        """Return the app that acts, if one does."""
        return self.installation.app if self.installation else None


@dataclass(slots=True, eq=False)
class Token:
    """A bearer: of an installation, or of a person (then *permissions* is None and the person's role counts)."""

    value: str = field(repr=False)
    actor: Actor
    permissions: dict[str, str] | None
    repositories: frozenset[int] | None
    expires: float

    def sees(self, repository: Repository) -> bool:
        """Say whether the repository exists for this bearer."""
        if self.actor.installation is None:
            return not repository.private or repository.roles.get(self.actor.account.login, "none") != "none"
        inside = self.repositories is None or repository.id in self.repositories
        return inside and self.actor.installation.covers(repository)

    def allows(self, permission: str, level: str, repository: Repository | None) -> bool:
        """Say whether *permission* (`issues`) is held at *level* (`read`, `write`)."""
        if self.permissions is not None:
            granted = self.permissions.get(permission, "read" if permission == "metadata" else "")
            return granted in {"write", "admin"} or (level == "read" and granted == "read")
        role = repository.roles.get(self.actor.account.login, "read") if repository else "read"
        needed = "triage" if permission == "issues" else "admin" if permission == "administration" else "write"
        return (
            permission != "checks" or level == "read" if level == "read" else ROLES.index(role) >= ROLES.index(needed)
        )
