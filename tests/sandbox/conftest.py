"""The stage of the sandbox's own stories: one repository, one app, PyGithub and a receiver of webhooks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth, Github, GithubIntegration

from app.sandbox.sandbox import Sandbox
from tests.sandbox.receiver import SECRET, Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from github.Repository import Repository

    from app.sandbox.world import World
    from tests.oracle.watch import Watch

EPOCH = 1_777_900_000
"""2026-05-04 13:06:40 UTC: the day of the stories."""
REPO = "acme/speak"
FILES = {"README.md": "# speak\n", "contracts/speak-v1.yaml": "version: 1\n", "src/speak.sh": "echo hello\n"}


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    """The app's key; made once, because that takes a while."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The app's webhook endpoint."""
    with Receiver() as made:
        yield made


@pytest.fixture
def bare(tmp_path: Path, watch: Watch) -> Iterator[Sandbox]:
    """A sandbox with nothing in it; `watch` sees to it that its wire is as GitHub describes it."""
    with Sandbox(tmp_path / "sandbox") as made:
        made.freeze(EPOCH)
        yield made


@pytest.fixture
def sandbox(bare: Sandbox, key: rsa.RSAPrivateKey, receiver: Receiver) -> Iterator[Sandbox]:
    """A sandbox with one repository and one app installed on it; at the end, nothing unknown was asked for."""
    bare.repository(REPO, FILES, roles={"octo-admin": "admin", "octo-reader": "read", "octo-writer": "write"})
    bare.app("discharge", key.public_key(), hook=(receiver.url, SECRET))
    bare.install("discharge", "acme")
    assert bare.wait_idle()
    receiver.heard.clear()
    yield bare
    assert bare.unserved() == []


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """The state behind the sandbox."""
    return sandbox.world


@pytest.fixture
def sign(sandbox: Sandbox, key: rsa.RSAPrivateKey) -> Callable[..., str]:
    """How to sign a JWT of the app, with claims of one's own."""

    def make(**claims: object) -> str:
        now, number = int(time.time()), next(iter(sandbox.world.apps))
        return jwt.encode({"iat": now - 30, "exp": now + 300, "iss": str(number), **claims}, key, algorithm="RS256")

    return make


@pytest.fixture
def integration(sandbox: Sandbox, key: rsa.RSAPrivateKey) -> GithubIntegration:
    """PyGithub as the app."""
    auth = Auth.AppAuth(
        next(iter(sandbox.world.apps)), None, sign_func=lambda payload: jwt.encode(payload, key, algorithm="RS256")
    )
    return GithubIntegration(
        auth=auth, base_url=sandbox.url, seconds_between_requests=None, seconds_between_writes=None
    )


@pytest.fixture
def github(sandbox: Sandbox, integration: GithubIntegration) -> Github:
    """PyGithub as the app's installation."""
    return integration.get_github_for_installation(next(iter(sandbox.world.installations)))


@pytest.fixture
def repo(github: Github) -> Repository:
    """The repository, as PyGithub sees it."""
    return github.get_repo(REPO)
