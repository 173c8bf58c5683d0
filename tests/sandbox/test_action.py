"""GitHub Actions: dispatching, jobs, just-in-time runners."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from github import GithubException
from github.WorkflowRun import WorkflowRun

if TYPE_CHECKING:
    from github import Github
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"
JIT: dict[str, Any] = {"name": "one", "runner_group_id": 1, "labels": ["self-hosted", "gpu"]}


@pytest.fixture
def workflow(sandbox: Sandbox) -> int:
    """A workflow with one required input."""
    return sandbox.workflow(REPO, ".github/workflows/smoke.yml", inputs={"label": True, "sha": False})


def test_a_workflow_is_dispatched(sandbox: Sandbox, repo: Repository, receiver: Receiver, workflow: int) -> None:
    """Dispatching queues a job with the wanted label; a runner takes it, ends it and is gone."""
    runner = repo._requester.requestJsonAndCheck("POST", f"{repo.url}/actions/runners/generate-jitconfig", input=JIT)[1]  # noqa: SLF001 - PyGithub knows it for organizations only
    assert runner["runner"]["status"] == "offline"

    run = repo.get_workflow("smoke.yml").create_dispatch("main", {"label": "gpu"}, return_run_details=True, throw=True)

    assert isinstance(run, WorkflowRun)
    job = sandbox.jobs(REPO)[0]
    assert (job["labels"], job["inputs"], job["status"]) == (["gpu"], {"label": "gpu"}, "queued")
    sandbox.begin_job(REPO, job["id"], "one")
    assert [(each.name, each.busy) for each in repo.get_self_hosted_runners()] == [("one", True)]
    sandbox.finish_job(REPO, job["id"])
    ended = repo.get_workflow_run(run.id)
    assert (ended.status, ended.conclusion, ended.event) == ("completed", "success", "workflow_dispatch")
    assert [each.conclusion for each in ended.jobs()] == ["success"]
    assert list(repo.get_self_hosted_runners()) == []
    assert [each.id for each in repo.get_workflow_runs(status="success")] == [run.id]
    assert list(repo.get_workflow_runs(event="push")) == []
    assert sandbox.wait_idle()
    assert receiver.names() == ["workflow_job.queued", "workflow_job.in_progress", "workflow_job.completed"]
    assert receiver.last("workflow_job.completed")["workflow_job"]["runner_name"] == "one"


@pytest.mark.parametrize(
    ("ref", "inputs", "said"),
    [
        ("main", {}, "Required input 'label' not provided"),
        ("main", {"label": "x", "other": "y"}, "Unexpected inputs provided"),
        ("nowhere", {"label": "x"}, "No ref found for: nowhere"),
    ],
)
def test_a_wrong_dispatch_is_refused(  # noqa: PLR0913, PLR0917 - fixtures and a case
    sandbox: Sandbox, repo: Repository, workflow: int, ref: str, inputs: dict[str, str], said: str
) -> None:
    """Missing or unknown inputs and refs are 422 in GitHub's words."""
    with pytest.raises(GithubException, match=said) as caught:
        repo.get_workflow(workflow).create_dispatch(ref, inputs, throw=True)

    assert caught.value.status == 422
    assert sandbox.jobs(REPO) == []


def test_a_workflow_without_the_trigger_cannot_be_dispatched(sandbox: Sandbox, repo: Repository) -> None:
    """A workflow that has no `workflow_dispatch` is 422; one that is not there 404."""
    sandbox.workflow(REPO, ".github/workflows/lint.yml", dispatch=False)

    with pytest.raises(GithubException, match="does not have 'workflow_dispatch' trigger"):
        repo.get_workflow("lint.yml").create_dispatch("main", throw=True)
    with pytest.raises(GithubException) as caught:
        repo.get_workflow("nothing.yml")
    assert caught.value.status == 404
    assert [each.name for each in repo.get_workflows()] == ["lint"]


def test_a_run_is_cancelled_once(sandbox: Sandbox, repo: Repository, workflow: int) -> None:
    """Cancelling ends the jobs that have not ended; a run that has ended cannot be cancelled."""
    assert repo.get_workflow(workflow).create_dispatch("main", {"label": "gpu"})
    run = repo.get_workflow_runs()[0]

    assert run.cancel()

    assert repo.get_workflow_run(run.id).conclusion == "cancelled"
    assert not run.cancel()
    job = repo._requester.requestJsonAndCheck("GET", f"{repo.url}/actions/jobs/{sandbox.jobs(REPO)[0]['id']}")[1]  # noqa: SLF001 - PyGithub has no method for it
    assert job["status"] == "completed"
    for path in ("runs/1", "jobs/1"):
        with pytest.raises(GithubException) as caught:
            repo._requester.requestJsonAndCheck("GET", f"{repo.url}/actions/{path}")  # noqa: SLF001 - the same
        assert caught.value.status == 404


def test_an_organization_has_runners_of_its_own(sandbox: Sandbox, repo: Repository, github: Github) -> None:
    """A just-in-time runner is configured once, listed, and removed."""
    organization = github.get_organization("acme")
    made = organization.create_self_hosted_runner_jitconfig("one", 1, ["self-hosted", "gpu"])

    parts = json.loads(base64.b64decode(made.encoded_jit_config))
    assert json.loads(base64.b64decode(parts[".runner"]))["AgentName"] == "one"
    with pytest.raises(GithubException, match="Already exists") as caught:
        organization.create_self_hosted_runner_jitconfig("one", 1, ["gpu"])
    assert caught.value.status == 409
    with pytest.raises(GithubException, match="wasn't supplied"):
        organization.create_self_hosted_runner_jitconfig("two", 1, [])
    assert [each.name for each in organization.get_self_hosted_runners()] == ["one"]
    assert [each["name"] for each in organization.get_self_hosted_runners()[0].labels] == ["self-hosted", "gpu"]
    assert list(repo.get_self_hosted_runners()) == []
    number = made.runner.id
    assert organization.get_self_hosted_runner(number).os == "unknown"
    organization.delete_self_hosted_runner(number)
    with pytest.raises(GithubException) as gone:
        organization.delete_self_hosted_runner(number)
    assert gone.value.status == 404


def test_a_busy_runner_is_not_removed(sandbox: Sandbox, repo: Repository, workflow: int) -> None:
    """A runner with a job stays until the job has ended."""
    repo._requester.requestJsonAndCheck("POST", f"{repo.url}/actions/runners/generate-jitconfig", input=JIT)  # noqa: SLF001 - PyGithub knows it for organizations only
    repo.get_workflow(workflow).create_dispatch("main", {"label": "gpu"})
    sandbox.begin_job(REPO, sandbox.jobs(REPO)[0]["id"], "one")
    runner = repo.get_self_hosted_runners()[0]

    assert not repo.remove_self_hosted_runner(runner)
    assert repo.get_self_hosted_runner(runner.id).status == "online"
