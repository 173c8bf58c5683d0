"""How a story is set: from a git repository on this machine, and branches as people leave them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


def test_a_repository_is_taken_from_a_folder(bare: Sandbox, tmp_path: Path) -> None:
    """Branches and tags of a real repository come over as they are; one without a main branch is refused."""
    here = tmp_path / "mine"
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for args in (
        ["init", "-q", "-b", "main", str(here)],
        ["-C", str(here), *who, "commit", "-q", "--allow-empty", "-m", "one"],
    ):
        subprocess.run(["git", *args], check=True)
    subprocess.run(["git", "-C", str(here), "tag", "v1"], check=True)

    head = bare.adopt("acme/mine", here)

    assert bare.world.repository("acme/mine").store.refs == {"refs/heads/main": head, "refs/tags/v1": head}
    subprocess.run(["git", "-C", str(here), "branch", "-m", "main", "other"], check=True)
    with pytest.raises(ValueError, match="has no branch main"):
        bare.adopt("acme/other", here)


def test_a_branch_that_is_deleted_takes_its_base_along(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """A pull request whose base is deleted is closed."""
    sandbox.push(REPO, "release", {"r.txt": "1\n"})
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"}, base="release")

    sandbox.delete_branch(REPO, "release")

    assert repo.get_pull(number).state == "closed"
    assert sandbox.wait_idle()
    assert receiver.last("push")["after"] == "0" * 40


def test_a_person_has_installations_too(sandbox: Sandbox) -> None:
    """An app can be on a person's account; that person owns the repositories there."""
    sandbox.sign_in("octo-admin")
    sandbox.repository("octo-admin/mine", {"a": "1"})
    number = sandbox.install("discharge", "octo-admin", ["octo-admin/mine"])

    installation = sandbox.world.installations[number]

    assert installation.covers(sandbox.world.repository("octo-admin/mine"))
    assert sandbox.world.role(sandbox.world.repository("octo-admin/mine"), installation.account) == "admin"
    assert sandbox.wait_idle()


def test_an_unknown_person_is_nobody_in_a_private_repository(sandbox: Sandbox) -> None:
    """Without a role a private repository does not exist; a commit that is not there is refused."""
    sandbox.repository("acme/secret", {"a": "1"}, private=True)
    secret = sandbox.world.repository("acme/secret")

    stranger = sandbox.world.person("stranger").account

    assert sandbox.world.role(secret, stranger) == "none"
    assert not sandbox.world.tokens[sandbox.sign_in("stranger")].sees(secret)
    with pytest.raises(Exception, match="Not Found"):
        sandbox.merge("acme/nothing", 1)
