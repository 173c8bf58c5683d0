"""What runs of GitHub Actions leave: listed, and had from another server, which takes no token."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from github import GithubIntegration
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox

REPO = "acme/speak"
DATA = b"PK\x05\x06" + bytes(18)


@pytest.fixture
def run(sandbox: Sandbox, repo: Repository) -> int:
    """A run that has not ended."""
    sandbox.workflow(REPO, ".github/workflows/smoke.yml")
    repo.get_workflow("smoke.yml").create_dispatch("main", throw=True)
    return int(sandbox.jobs(REPO)[0]["run"])


@pytest.fixture
def get(sandbox: Sandbox, integration: GithubIntegration) -> Callable[[str], httpx.Response]:
    """How the app asks for something."""
    token = integration.get_access_token(next(iter(sandbox.world.installations))).token
    return lambda path: httpx.get(f"{sandbox.url}/repos/{REPO}{path}", headers={"Authorization": f"Bearer {token}"})


def test_an_artifact_is_had_by_two_requests(
    sandbox: Sandbox, repo: Repository, run: int, get: Callable[[str], httpx.Response]
) -> None:
    """GitHub tells an address on another server; what lies there is had without a token, and only without."""
    number = sandbox.upload(REPO, run, "discharge-run-1", DATA, 1)

    (found,) = repo.get_workflow_run(run).get_artifacts()
    answer = get(f"/actions/artifacts/{number}/zip")

    assert (found.id, found.name, found.size_in_bytes, found.expired) == (number, "discharge-run-1", len(DATA), False)
    assert get(f"/actions/artifacts/{number}").json()["digest"] == f"sha256:{hashlib.sha256(DATA).hexdigest()}"
    address = answer.headers["location"]
    assert (answer.status_code, answer.content) == (302, b"")
    assert urlsplit(address).hostname != urlsplit(sandbox.url).hostname
    assert httpx.get(address).content == DATA
    assert httpx.get(address, headers={"Authorization": "Bearer x"}).status_code == 401
    assert httpx.get(address.replace("storage/", "storage/0")).status_code == 403


def test_artifacts_are_found_by_their_name(sandbox: Sandbox, run: int, get: Callable[[str], httpx.Response]) -> None:
    """The newest first; no other has the same name, and none comes after the end."""
    for name in ("one", "two"):
        sandbox.upload(REPO, run, name, DATA)
    with pytest.raises(Refusal, match="already exists"):
        sandbox.upload(REPO, run, "two", DATA)

    listed = get(f"/actions/runs/{run}/artifacts").json()
    named = get(f"/actions/runs/{run}/artifacts?name=one").json()

    assert [each["name"] for each in listed["artifacts"]] == ["two", "one"]
    assert [each["name"] for each in named["artifacts"]] == ["one"]
    sandbox.finish_job(REPO, sandbox.jobs(REPO)[0]["id"])
    with pytest.raises(Refusal, match="ended"):
        sandbox.upload(REPO, run, "three", DATA)


def test_an_artifact_that_is_kept_no_longer_is_gone(
    sandbox: Sandbox, run: int, get: Callable[[str], httpx.Response]
) -> None:
    """It is still listed, and says so; one that never was is not found, nor are those of a run that never was."""
    number = sandbox.upload(REPO, run, "one", DATA)
    sandbox.expire(REPO, number)

    assert get(f"/actions/artifacts/{number}").json()["expired"] is True
    assert get(f"/actions/artifacts/{number}/zip").status_code == 410
    assert get("/actions/artifacts/1/zip").status_code == 404
    assert get("/actions/runs/1/artifacts").status_code == 404
