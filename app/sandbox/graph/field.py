"""What the resolvers share: who asks of which world, and what a table of fields is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from app.sandbox.model import Account, Repository, Token
    from app.sandbox.world import World

Args = Mapping[str, Any]
"""The arguments of a field, by their names in GitHub's schema, coerced."""
BOT = "[bot]"
"""What ends a bot's login in REST; GraphQL leaves it out."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose question it is, and of which world."""

    world: World
    token: Token

    @property
    def viewer(self) -> Account:
        """Return the account that asks."""
        return self.token.actor.account

    def need(self, permission: str, level: str, repository: Repository) -> None:
        """Refuse unless the token may do what a field or mutation does.

        Raises:
            Refusal: FORBIDDEN, as GitHub words it.
        """
        if not self.token.allows(permission, level, repository):
            raise Refusal(403, "Resource not accessible by integration", kind="FORBIDDEN")

    def url(self, repository: Repository, *parts: object) -> str:
        """Return the address of a page about something in a repository."""
        return "/".join([self.world.url, repository.full_name, *map(str, parts)])


Read = Callable[[Any, Scope, Args], Any]
"""How a field's value is read: (what the field belongs to, who asks, arguments) → value."""
Fields = Mapping[str, str | Read]
"""The fields of one type that are served; a text names an attribute, dots lead on."""
Change = Callable[[Scope, Args], dict[str, Any]]
"""A mutation: (who asks, its `input`) → the fields of its payload."""
