"""A sandbox GitHub with one repository, and the app's access to it: what the stories about the client stand on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from app.hub.access import Access
from app.hub.token import Tokens
from app.hub.wire import Patience, Terms
from app.sandbox.sandbox import Sandbox
from tests.oracle.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.hub.client import Client

HELLO = "acme/hello"
FILES = {"contracts/a.yaml": "version: 1\n", "docs/spec.md": "# Spec\n"}


@cache
def find_key() -> RSAPrivateKey:
    """Return the App's key, made once: that takes longer than a story."""
    return generate_private_key(65537, 2048)


class Remote:
    """GitHub as the app meets it. Pauses take no time; *slept* keeps them."""

    def __init__(self, sandbox: Sandbox, data: Path, api: str, timeout: float) -> None:
        """Install the app `discharge` on acme, where `acme/hello` has one commit."""
        self.sandbox, self.slept = sandbox, list[float]()
        self.told: list[tuple[str, str, int]] = []
        self.app = sandbox.app("discharge", find_key().public_key(), hook=("", "it is a secret"))
        self.first = self.add(HELLO)
        self.installation = sandbox.install("discharge", "acme")
        patience = Patience(timeout=timeout, attempts=5)
        terms = Terms(sandbox.url + api, patience, lambda *request: self.told.append(request), self.slept.append)
        self.access = Access(terms, Tokens(self.app, find_key(), terms), data)

    def add(self, name: str) -> str:
        """Make a further repository; its first commit."""
        return self.sandbox.repository(name, FILES, roles={"octo-writer": "write"})

    @contextmanager
    def client(self, name: str = HELLO) -> Iterator[Client]:
        """Use a client of a repository; what it asks is counted from here on, and what was written is forgotten."""
        rested = replace(self.access)
        with rested.open(self.installation, name) as client:
            self.told.clear()
            yield client

    @property
    def routes(self) -> list[str]:
        """What was asked since the client was opened: `POST /repos/{repository}/pulls 201`."""
        return [f"{m} {r} {s}" for m, r, s in self.told if "access_tokens" not in r]

    def snapshot(self, name: str = HELLO) -> Any:
        """Return the state of a repository as people see it."""
        return self.sandbox.snapshot(name)


@contextmanager
def visit(data: Path, api: str = "", *, timeout: float = 20.0) -> Iterator[Remote]:
    """Start a sandbox, and end it: it knew all that was asked, and GitHub's own descriptions allow all of it."""
    watch = Watch()
    with Sandbox() as sandbox:
        watch.attend(sandbox.world)
        yield Remote(sandbox, data, api, timeout)
        assert sandbox.unserved() == []
    assert watch.report() == ""
