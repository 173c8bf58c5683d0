"""Real git against the sandbox: clones, partial clones, pushes, and who may do what."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from github import GithubIntegration

    from app.sandbox.sandbox import Sandbox
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


@pytest.fixture
def git(
    sandbox: Sandbox, integration: GithubIntegration, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """How to run git with a token that has the given permissions; the token stands in the environment only."""

    def run(
        *args: str, at: Path = tmp_path, token: str | None = None, **permissions: str
    ) -> subprocess.CompletedProcess[str]:
        if token is None:
            number = next(iter(sandbox.world.installations))
            token = integration.get_access_token(number, permissions or {"contents": "write"}).token
        value = "Authorization: Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
        env = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": "1" if token else "0",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": value,
            **{f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        return subprocess.run(["git", *args], cwd=at, env=env, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_a_clone_is_a_clone(
    sandbox: Sandbox, git: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Git clones over HTTP, with branches, and pull requests when they are asked for."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    done = git("clone", "--quiet", f"{sandbox.url}/{REPO}.git", "here")

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "here" / "src" / "speak.sh").read_text(encoding="utf-8") == "echo hello\n"
    spec = f"+refs/pull/{number}/head:refs/remotes/origin/pr"
    assert git("fetch", "--quiet", "origin", spec, at=tmp_path / "here").returncode == 0
    shown = git("show", "origin/pr:new.txt", at=tmp_path / "here")
    assert shown.stdout == "1\n"


def test_a_partial_clone_has_no_blobs_until_they_are_wanted(
    sandbox: Sandbox, git: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """`--filter=blob:none` brings commits and trees; one fetch by id brings a blob."""
    done = git("clone", "--quiet", "--bare", "--filter=blob:none", f"{sandbox.url}/{REPO}.git", "here.git")
    assert (done.returncode, done.stderr) == (0, "")
    here = tmp_path / "here.git"

    missing = git("rev-list", "--objects", "--all", "--missing=print", at=here).stdout
    blob = sandbox.snapshot(REPO)["branches"]["main"]["files"]["README.md"]

    assert f"?{blob}" in missing
    assert git("fetch", "--quiet", "origin", blob, at=here).returncode == 0
    assert git("cat-file", "-p", blob, at=here).stdout == "# speak\n"


def test_a_push_tells_and_moves_the_pull_request(
    sandbox: Sandbox,
    git: Callable[..., subprocess.CompletedProcess[str]],
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    """What real git pushes is told by the token's bot: push, check_suite, synchronize; a deletion closes."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    git("clone", "--quiet", "--branch=feature", f"{sandbox.url}/{REPO}.git", "here")
    here = tmp_path / "here"
    (here / "big.bin").write_bytes(os.urandom(2_000_000))
    git("add", ".", at=here)
    git("commit", "--quiet", "-m", "By git", at=here)
    sandbox.wait_idle()
    receiver.heard.clear()

    pushed = git("push", "--quiet", "origin", "feature", "HEAD:refs/tags/v1", at=here)

    assert (pushed.returncode, pushed.stderr) == (0, "")
    assert sandbox.wait_idle()
    assert receiver.names() == ["push", "check_suite.requested", "pull_request.synchronize", "push"]
    assert receiver.last("push")["ref"] == "refs/tags/v1"
    assert receiver.heard[0].payload["head_commit"]["added"] == ["big.bin"]
    assert receiver.heard[0].payload["pusher"]["name"] == "discharge[bot]"
    assert git("push", "--quiet", "origin", ":feature", at=here).returncode == 0
    assert sandbox.snapshot(REPO)["issues"][str(number)]["state"] == "closed"


def test_who_may_not_push_is_told_so(
    sandbox: Sandbox, git: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Reading needs contents: read, pushing contents: write; a token without either gets nothing."""
    url = f"{sandbox.url}/{REPO}.git"
    assert git("clone", "--quiet", url, "here", contents="read").returncode == 0

    refused = git("push", "origin", "HEAD:refs/heads/x", at=tmp_path / "here", contents="read")

    assert refused.returncode != 0
    assert "403" in refused.stderr
    assert "403" in git("ls-remote", url, issues="read").stderr
    assert git("ls-remote", url, token="ghs_wrong").returncode != 0  # noqa: S106 - no password, that is the point
    assert "not found" in git("ls-remote", f"{sandbox.url}/acme/nothing.git").stderr


def test_a_public_repository_is_read_by_anybody(
    sandbox: Sandbox, git: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Without credentials a public repository can be read, a private one asks for them."""
    sandbox.repository("acme/secret", {"a": "1"}, private=True)

    assert git("ls-remote", f"{sandbox.url}/{REPO}.git", token="").returncode == 0
    assert git("ls-remote", f"{sandbox.url}/acme/secret.git", token="").returncode != 0


def test_a_person_pushes_with_a_token_of_their_own(
    sandbox: Sandbox,
    git: Callable[..., subprocess.CompletedProcess[str]],
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    """An operator's token does what the operator's role allows."""
    url = f"{sandbox.url}/{REPO}.git"
    git("clone", "--quiet", url, "here")
    writer, reader = sandbox.sign_in("octo-writer"), sandbox.sign_in("octo-reader")

    assert git("push", "origin", "HEAD:refs/heads/x", at=tmp_path / "here", token=reader).returncode != 0
    assert git("push", "origin", "HEAD:refs/heads/x", at=tmp_path / "here", token=writer).returncode == 0

    assert sandbox.wait_idle()
    assert receiver.last("push")["sender"]["login"] == "octo-writer"


def test_git_fails_when_it_shall(sandbox: Sandbox, git: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Faults strike git's requests, too: refused, or done and then cut off."""
    url = f"{sandbox.url}/{REPO}.git"
    for kind in ("bad_gateway", "reset_after"):
        sandbox.fault(kind, path="info/refs")
        assert git("ls-remote", url).returncode != 0
    assert git("ls-remote", url).returncode == 0
    assert sandbox.clear_faults() == 2
