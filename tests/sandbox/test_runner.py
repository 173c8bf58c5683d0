"""Self-hosted runners: configured, online, matched to jobs by their labels, lost; and workflows as files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from github import GithubException

from app.sandbox.model import Refusal
from app.sandbox.remote import Rejected, Remote

if TYPE_CHECKING:
    from github import Github
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"
PATH = ".github/workflows/discharge-smoke.yml"
SHIPPED = Path(__file__).resolve().parents[2] / "runners" / "discharge-smoke.yml"
INPUTS = {"run": "run-1", "commit": "ab" * 20, "smoke": "speak", "job": "e30="}
ORG = "/orgs/acme/actions/runners"


@pytest.fixture(autouse=True)
def _workflow(sandbox: Sandbox) -> None:
    """The workflow that ships, on the default branch."""
    sandbox.push(REPO, "main", {PATH: SHIPPED.read_text(encoding="utf-8")})


def configure(repo: Repository, name: str = "one", group: int = 1, labels: tuple[str, ...] = ("Run-1", "GPU")) -> Any:
    """Make the configuration of a just-in-time runner of the organization."""
    wish = {"name": name, "runner_group_id": group, "labels": list(labels)}
    return repo._requester.requestJsonAndCheck("POST", f"{ORG}/generate-jitconfig", input=wish)[1]  # noqa: SLF001 - PyGithub reads less of it


def secret(text: str) -> str:
    """Return the secret of a configuration, as the genuine runner unpacks it."""
    files = {name: base64.b64decode(part) for name, part in json.loads(base64.b64decode(text)).items()}
    assert set(files) == {".runner", ".credentials", ".credentials_rsaparams"}
    return str(json.loads(files[".credentials_rsaparams"])["d"])


def dispatch(repo: Repository, *labels: str, **changed: str) -> Any:
    """Dispatch the workflow for a runner with these labels; the run."""
    inputs = {**INPUTS, "labels": json.dumps(labels), **changed}
    return repo.get_workflow("discharge-smoke.yml").create_dispatch("main", inputs, throw=True, return_run_details=True)


def test_a_workflow_is_what_stands_on_the_default_branch(sandbox: Sandbox, repo: Repository) -> None:
    """Its name, its inputs, the title and the labels of its runs are read from the file; it goes with the file."""
    found = repo.get_workflow("discharge-smoke.yml")
    assert (found.name, found.path) == ("discharge smoke", PATH)
    with pytest.raises(GithubException, match="Required input 'labels' not provided"):
        found.create_dispatch("main", INPUTS, throw=True)

    run = dispatch(repo, "Self-Hosted", "gpu")

    assert repo.get_workflow_run(run.id).display_title == "discharge run-1"
    (job,) = sandbox.jobs(REPO)
    assert (job["name"], job["labels"]) == ("smoke speak", ["Self-Hosted", "gpu"])
    assert [each.id for each in found.get_runs()] == [run.id]
    sandbox.push(REPO, "main", {PATH: "on: push\njobs: {one: {runs-on: ubuntu-latest}}\n"})
    with pytest.raises(GithubException, match="does not have 'workflow_dispatch' trigger"):
        dispatch(repo, "gpu")
    sandbox.push(REPO, "main", {PATH: "on: [push\n"})
    assert [(each.id, each.name) for each in repo.get_workflows()] == [(found.id, PATH)]
    sandbox.push(REPO, "main", {PATH: None})
    assert list(repo.get_workflows()) == []


@pytest.mark.parametrize("labels", ["no JSON", "{}", "[]", "[1]"])
def test_labels_that_cannot_be_read_fail_the_run(sandbox: Sandbox, repo: Repository, labels: str) -> None:
    """GitHub evaluates them after the dispatch: the run is there, failed, and has no job."""
    run = dispatch(repo, labels=labels)

    assert repo.get_workflow_run(run.id).conclusion == "failure"
    assert sandbox.jobs(REPO) == []


def test_inputs_have_a_bound(repo: Repository) -> None:
    """GitHub takes 65,535 characters of them together."""
    with pytest.raises(GithubException, match="inputs are too large") as caught:
        dispatch(repo, "gpu", job="x" * 65_536)

    assert caught.value.status == 422


def test_a_runner_takes_a_job_whose_labels_it_has(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """Upper and lower case are one; a job that asks for more waits; a runner that is offline or busy takes none."""
    made = configure(repo)
    number = made["runner"]["id"]
    assert [label["name"] for label in made["runner"]["labels"]] == ["run-1", "gpu"]
    more, fit = (dispatch(repo, *labels).id for labels in (("run-1", "gpu", "h200"), ("GPU", "RUN-1")))
    assert sandbox.take(number) is None

    sandbox.connect(number, secret(made["encoded_jit_config"]))
    told = sandbox.take(number)

    assert told is not None
    assert (told["run"], told["repository"], told["workflow"]) == (fit, REPO, PATH)
    assert (told["inputs"]["run"], told["commit"]) == ("run-1", repo.get_branch("main").commit.sha)
    assert sandbox.take(number) is None
    sandbox.finish_job(REPO, told["job"])
    assert repo.get_workflow_run(more).status == "queued"
    assert sandbox.runners() == []
    assert sandbox.wait_idle()
    last = receiver.last("workflow_job.completed")["workflow_job"]
    assert (last["runner_id"], last["conclusion"]) == (number, "success")


def test_a_configuration_is_good_for_one_runner_once(sandbox: Sandbox, repo: Repository) -> None:
    """Another secret, a second time, or a runner that was deleted: it does not come online."""
    made = configure(repo)
    number, word = made["runner"]["id"], secret(made["encoded_jit_config"])
    far = Remote(sandbox.url)
    with pytest.raises(Rejected, match="not found"):
        far.connect(number, "a guess")

    far.connect(number, word)

    with pytest.raises(Rejected, match="not found"):
        far.connect(number, word)
    other = configure(repo, "two")
    repo._requester.requestJsonAndCheck("DELETE", f"{ORG}/{other['runner']['id']}")  # noqa: SLF001 - as above
    with pytest.raises(Rejected, match="not found"):
        far.connect(other["runner"]["id"], secret(other["encoded_jit_config"]))
    with pytest.raises(Rejected, match="has been deleted"):
        far.take(other["runner"]["id"])


def test_the_token_of_a_job_reads_its_repository_and_nothing_else(sandbox: Sandbox, github: Github) -> None:
    """What the workflow asks for: contents, to read, of one repository."""
    repo = github.get_repo(REPO)
    number = sandbox.register(REPO, "desk", ["gpu"])
    dispatch(repo, "gpu")

    told = sandbox.take(number)

    assert told is not None
    token = sandbox.world.tokens[told["token"]]
    assert token.permissions == {"contents": "read", "metadata": "read"}
    assert token.repositories == frozenset({repo.id})


def test_a_runner_that_stays_registered_takes_one_job_after_the_other(sandbox: Sandbox, repo: Repository) -> None:
    """It is there before and after; offline, it takes none."""
    number = sandbox.register("acme", "desk", ["self-hosted", "GPU"], online=False)
    for _ in range(2):
        dispatch(repo, "gpu")
    assert sandbox.take(number) is None
    sandbox.switch(number, online=True)

    for job in [each["id"] for each in sandbox.jobs(REPO)]:
        told = sandbox.take(number)
        assert told is not None
        assert told["job"] == job
        sandbox.finish_job(REPO, job)

    assert sandbox.take(number) is None
    assert [(each["name"], each["busy"], each["status"]) for each in sandbox.runners()] == [("desk", False, "online")]
    assert [each["conclusion"] for each in sandbox.jobs(REPO)] == ["success", "success"]


def test_a_job_that_runs_is_cancelled_when_its_runner_has_heard_of_it(sandbox: Sandbox, repo: Repository) -> None:
    """Until then it runs, and its runner is busy; by force it ends at once. An end is final."""
    number = sandbox.register(REPO, "desk", ["gpu"])
    runs = [dispatch(repo, "gpu") for _ in range(2)]
    first, second = (each["id"] for each in sandbox.jobs(REPO))

    sandbox.take(number)
    assert not sandbox.is_cancelled(REPO, first)
    assert repo.get_workflow_run(runs[0].id).cancel()

    assert sandbox.is_cancelled(REPO, first)
    assert repo.get_workflow_run(runs[0].id).status == "in_progress"
    assert not repo.remove_self_hosted_runner(number)
    sandbox.finish_job(REPO, first, "cancelled")
    assert repo.get_workflow_run(runs[0].id).conclusion == "cancelled"
    with pytest.raises(Refusal, match="ended already"):
        sandbox.finish_job(REPO, first)
    sandbox.take(number)
    repo._requester.requestJsonAndCheck("POST", f"{repo.url}/actions/runs/{runs[1].id}/force-cancel")  # noqa: SLF001 - PyGithub has no method for it
    assert [each["conclusion"] for each in sandbox.jobs(REPO) if each["id"] == second] == ["cancelled"]


def test_a_runner_that_is_lost_stays_registered(sandbox: Sandbox, repo: Repository) -> None:
    """One that was killed before or in its job: the job fails, and somebody must delete the registration."""
    made = [configure(repo, name) for name in ("idle", "busy")]
    for each in made:
        sandbox.connect(each["runner"]["id"], secret(each["encoded_jit_config"]))
    idle, busy = (each["runner"]["id"] for each in made)
    dispatch(repo, "gpu")
    sandbox.take(busy)

    sandbox.lose(idle)
    sandbox.lose(busy)

    assert [each["conclusion"] for each in sandbox.jobs(REPO)] == ["failure"]
    assert [(each["name"], each["status"], each["busy"]) for each in sandbox.runners()] == [
        ("idle", "offline", False),
        ("busy", "offline", False),
    ]


def test_a_group_must_be_there_and_be_usable(sandbox: Sandbox, repo: Repository, github: Github) -> None:
    """404 for one that is not there, 403 for one that the app may not use; the default one is everywhere."""
    sandbox.group("acme", 7)
    sandbox.group("acme", 8, usable=False)

    assert configure(repo, group=7)["runner"]["runner_group_id"] == 7
    for group, status in ((8, 403), (9, 404)):
        with pytest.raises(GithubException) as caught:
            configure(repo, "two", group)
        assert caught.value.status == status
    with pytest.raises(GithubException) as person:
        github.requester.requestJsonAndCheck("GET", "/orgs/octo-writer/actions/runners")
    assert person.value.status == 404
