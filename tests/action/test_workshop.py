"""GitHub Actions through GitHub's API: runners, the workflow and its runs, as the sandbox speaks it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from app.github import Refused
from app.hub.workflow import FILE, Work
from app.sandbox.model import Runner
from tests.app.remote import HELLO, Remote, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.hub.workshop import Home, Workshop

LABELS = ["self-hosted", "GPU", "discharge-a-1"]
INPUTS = ("run", "commit", "smoke", "labels", "job")
PATH = f".github/workflows/{FILE}"


@pytest.fixture(params=["", "/api/v3"], ids=["github.com", "enterprise"])
def remote(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Remote]:
    """GitHub, with the app installed."""
    with visit(tmp_path, request.param) as remote:
        yield remote


@pytest.fixture
def workshop(remote: Remote) -> Iterator[Workshop]:
    """What the app may do with GitHub Actions of `acme/hello`."""
    with remote.access.workshop(remote.installation, HELLO) as made:
        remote.told.clear()
        yield made


@pytest.mark.parametrize("home", ["organization", "repository"])
def test_a_runner_is_registered_found_and_removed(
    workshop: Workshop, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the same name there is one; what it is configured with stands in no representation and in no log."""
    caplog.set_level(logging.DEBUG)
    fleet = workshop.fleet(home, write=True)

    first = fleet.mint("discharge-a-1", LABELS, 1)
    second = fleet.mint("discharge-a-1", LABELS, 1)

    assert fleet.find(first.id) is None
    (one,) = fleet.list("discharge-a-1")
    assert (one.id, one.name, one.online, one.busy) == (second.id, "discharge-a-1", False, False)
    assert one.labels == {"self-hosted", "gpu", "discharge-a-1"}
    assert list(fleet.list("another")) == []
    fleet.remove(second.id)
    fleet.remove(second.id)
    assert list(fleet.list()) == []
    assert second.secret not in repr(second) + caplog.text


def test_a_runner_that_works_is_left_alone(remote: Remote, workshop: Workshop) -> None:
    """It is not removed, and none takes its name."""
    remote.sandbox.workflow(HELLO, PATH, inputs=dict.fromkeys(INPUTS, True))
    fleet = workshop.fleet("repository", write=True)
    made = fleet.mint("one", LABELS, 1)
    workshop.workflow.dispatch(dict.fromkeys(INPUTS, "[]"))
    remote.sandbox.begin_job(HELLO, remote.sandbox.jobs(HELLO)[0]["id"], "one")

    for act in (lambda: fleet.remove(made.id), lambda: fleet.mint("one", LABELS, 1)):
        with pytest.raises(Refused, match="the runner one works"):
            act()
    assert [runner.busy for runner in fleet.list()] == [True]


def test_every_page_of_runners_is_read(remote: Remote, workshop: Workshop) -> None:
    """An organization may have more runners than one page holds."""
    world = remote.sandbox.world
    for number in range(1000, 1101):
        world.runners[number] = Runner(number, "acme", f"kept-{number}", ("self-hosted", "GPU"), status="online")

    found = list(workshop.fleet("organization").list())

    assert len(found) == 101
    assert all(runner.online and runner.labels == {"self-hosted", "gpu"} for runner in found)
    assert remote.routes == ["GET /orgs/{owner}/actions/runners?per_page=100 200"] * 2


def test_the_workflow_is_dispatched_followed_and_cancelled(remote: Remote, workshop: Workshop) -> None:
    """One request each; what is cancelled twice, or is not there, is no error."""
    remote.sandbox.workflow(HELLO, PATH, inputs=dict.fromkeys(INPUTS, True))
    workflow = workshop.workflow

    run = workflow.dispatch({**dict.fromkeys(INPUTS, "x"), "labels": json.dumps(LABELS)})

    assert run > 0
    assert workflow.read(run) == Work("queued", "", 0)
    made = workshop.fleet("repository", write=True).mint("one", LABELS, 1)
    remote.sandbox.begin_job(HELLO, remote.sandbox.jobs(HELLO)[0]["id"], "one")
    assert workflow.read(run) == Work("in_progress", "", made.id)
    assert not workflow.is_over(run)
    workflow.cancel(run)
    workflow.cancel(run)
    workflow.cancel(1)
    assert workflow.read(run) == Work("completed", "cancelled", made.id)
    assert (workflow.is_over(run), workflow.is_over(1), workflow.read(1)) == (True, True, None)


def test_what_is_not_there_or_not_granted_is_told(tmp_path: Path) -> None:
    """No workflow, no permission: GitHub's own words, with its status."""
    with visit(tmp_path) as remote, remote.access.workshop(remote.installation, HELLO) as workshop:
        with pytest.raises(Refused) as absent:
            workshop.workflow.dispatch({})
        for installation in remote.sandbox.world.installations.values():
            installation.permissions.pop("organization_self_hosted_runners")
        with pytest.raises(Refused) as denied:
            workshop.fleet("organization", write=True).mint("one", LABELS, 1)

    assert (absent.value.status, denied.value.status) == (404, 422)
    assert "permissions requested are not granted" in denied.value.said
