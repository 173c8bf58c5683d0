"""One who asks the sandbox by GraphQL: a repository with two commits and a pull request, a person, an app."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.sandbox.act.branch import Move, commit, edit, move
from app.sandbox.act.pull import PullDraft, open_pull
from app.sandbox.graph import answer
from app.sandbox.model import Actor, Repository, Token
from app.sandbox.world import World
from tests.oracle import oracle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from app.sandbox.model import App, Pull

HOOK = ("http://127.0.0.1:9/hook", "a secret of the tests")
"""Where webhooks would go: nobody carries them here, they are only kept."""


@dataclass
class Asker:
    """A world with `acme/speak` in it, and an app that asks."""

    world: World
    app: App
    repository: Repository
    token: Token
    person: Actor
    first: str = ""

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return the data of an answer that has no errors; the document must be right by GitHub's schema."""
        assert oracle.check_document(document, variables) == []
        reply = answer(self.world, self.token, document, variables)
        assert "errors" not in reply, reply["errors"]
        return dict(reply["data"])

    def at(self, fields: str) -> dict[str, Any]:
        """Return fields of `acme/speak`."""
        return dict(self.ask(f'{{ repository(owner: "acme", name: "speak") {{ {fields} }} }}')["repository"])

    def refused(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return the one error of an answer."""
        (error,) = answer(self.world, self.token, document, variables)["errors"]
        return dict(error)

    def change(self, mutation: str, fields: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Return the payload of a mutation that is carried out."""
        return dict(self.ask(write(mutation, fields), wish=dict(wish))[mutation])

    def denied(self, mutation: str, wish: Mapping[str, Any]) -> tuple[str, str]:
        """Return type and message of a mutation's refusal."""
        error = self.refused(write(mutation, "clientMutationId"), wish=dict(wish))
        assert error["path"] == [mutation]
        return error["type"], error["message"]

    def limit(self, **permissions: str) -> None:
        """Let the app hold no permissions but these."""
        self.token = Token("ghs_less", self.token.actor, permissions, None, self.token.expires)

    def commit(self, branch: str, files: Mapping[str, str | None], message: str = "Change files") -> str:
        """Have the person commit files on a branch, which begins at the first commit if it is new."""
        tip = self.repository.store.tip(branch)
        sha = commit(self.world, self.person, self.repository, tip or self.first, (message, edit(files)))
        move(self.world, self.person, self.repository, Move(f"refs/heads/{branch}", sha, tip))
        return sha

    def open(self, branch: str, title: str = "Say hello") -> Pull:
        """Have the person open a pull request."""
        return open_pull(self.world, self.person, self.repository, PullDraft(title, "So it greets.", branch, "main"))

    def told(self) -> list[str]:
        """Return event and action of every webhook since the last call."""
        said = [f"{d.event}.{d.action}" if d.action else d.event for d in self.world.deliveries.values()]
        for delivery in self.world.deliveries.values():
            found = oracle.check_webhook(delivery.event, delivery.headers, json.loads(delivery.payload))
            assert found == [], "\n".join(map(str, found))
        self.world.deliveries.clear()
        return said


def write(mutation: str, fields: str) -> str:
    """Return the document of a mutation with one variable, `$wish`."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    return f"mutation ($wish: {kind}) {{ {mutation}(input: $wish) {{ {fields} }} }}"


def make(folder: Path, key: RSAPublicKey) -> Asker:
    """Make the world; its clock stands."""
    world = World(folder)
    world.freeze(1_777_900_000)
    app = world.add_app("discharge", key, hook=HOOK)
    repository = world.add_repository("acme/speak")
    installation = world.add_installation(app, "acme")
    token = Token("ghs_all", Actor(app.bot, installation), dict(installation.permissions), None, 2e9)
    asker = Asker(world, app, repository, token, world.person("octo-maintainer"))
    repository.roles["octo-maintainer"] = "maintain"
    files = {"README.md": "hello\n", "docs/guide.md": "Read this.\n"}
    asker.first = commit(world, asker.person, repository, None, ("Begin\n\nWith a body.", edit(files)))
    move(world, asker.person, repository, Move("refs/heads/main", asker.first, None))
    return asker
