"""Check runs and suites: GitHub's limits, what is asked for again, buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from github import GithubException

if TYPE_CHECKING:
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"
OUTPUT = {"title": "t", "summary": "s"}


def _note(line: int, **more: Any) -> dict[str, Any]:
    return {
        "path": "a.yaml",
        "start_line": line,
        "end_line": line,
        "annotation_level": "failure",
        "message": "m",
        **more,
    }


@pytest.fixture
def head(sandbox: Sandbox, repo: Repository) -> str:
    """The head of a pull request."""
    return repo.get_pull(sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})).head.sha


def test_a_check_runs_from_queued_to_completed(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, head: str
) -> None:
    """A check run is created, worked on, completed; the app is told of both, and of the suite's end."""
    run = repo.create_check_run("discharge", head, external_id="k1", status="queued")
    run.edit(status="in_progress", output=OUTPUT)
    run.edit(status="completed", conclusion="success", output={**OUTPUT, "text": "more"})

    again = repo.get_check_run(run.id)
    assert (again.status, again.conclusion, again.external_id) == ("completed", "success", "k1")
    assert (again.output.title, again.output.text, again.app.slug) == ("t", "more", "discharge")
    assert [each.number for each in again.pull_requests] == [1]
    assert sandbox.wait_idle()
    wanted = ["check_run.created", "check_run.completed", "check_suite.completed"]
    assert receiver.names()[-3:] == wanted
    assert receiver.last("check_suite.completed")["check_suite"]["conclusion"] == "success"
    suites = list(repo.get_commit(head).get_check_suites())
    assert [(each.status, each.conclusion) for each in suites] == [("completed", "success")]
    assert [each.id for each in suites[0].get_check_runs()] == [run.id]
    assert repo.get_check_suite(suites[0].id).latest_check_runs_count == 1


def test_check_runs_are_found_by_name_app_and_state(sandbox: Sandbox, repo: Repository, head: str) -> None:
    """The newest run of each name is listed, all of them on wish."""
    first = repo.create_check_run("discharge", head, conclusion="failure")
    second = repo.create_check_run("discharge", head, status="in_progress")
    other = repo.create_check_run("lint", head, conclusion="neutral")
    commit = repo.get_commit(head)

    assert {each.id for each in commit.get_check_runs()} == {second.id, other.id}
    assert [each.id for each in commit.get_check_runs(check_name="discharge", filter="all")] == [second.id, first.id]
    assert [each.id for each in commit.get_check_runs(status="in_progress")] == [second.id]
    numbers = [next(iter(sandbox.world.apps)), 99]
    found = [repo._requester.requestJsonAndCheck("GET", f"{commit.url}/check-runs?app_id={n}")[1] for n in numbers]  # noqa: SLF001 - PyGithub has no parameter for it
    assert [each["total_count"] for each in found] == [2, 0]


def test_annotations_are_added_fifty_a_request(repo: Repository, head: str) -> None:
    """Fifty annotations are taken, fifty-one refused; the next request adds to those that are there."""
    run = repo.create_check_run("discharge", head, output={**OUTPUT, "annotations": [_note(n) for n in range(1, 51)]})
    run.edit(output={**OUTPUT, "annotations": [_note(n, title="T", raw_details="r") for n in range(51, 61)]})

    with pytest.raises(GithubException, match="No more than 50 items are allowed; 51 were supplied") as caught:
        run.edit(output={**OUTPUT, "annotations": [_note(n) for n in range(51)]})

    assert caught.value.status == 422
    notes = list(repo.get_check_run(run.id).get_annotations())
    assert [note.start_line for note in notes] == list(range(1, 61))
    assert (notes[-1].title, notes[0].annotation_level) == ("T", "failure")
    assert repo.get_check_run(run.id).output.annotations_count == 60


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"output": {**OUTPUT, "summary": "s" * 65_536}}, "Only 65535 characters are allowed; 65536 were supplied"),
        ({"output": {**OUTPUT, "text": "s" * 70_000}}, "Only 65535 characters are allowed"),
        ({"output": {"title": "t"}}, "summary"),
        ({"conclusion": "bogus"}, "conclusion"),
        ({"status": "bogus"}, "status"),
        ({"status": "completed"}, "conclusion"),
        ({"head_sha": "0" * 40}, "No commit found for SHA"),
        ({"name": ""}, "name"),
        ({"actions": [{"label": "l" * 21, "description": "d", "identifier": "i"}]}, "Only 20 characters"),
        ({"actions": [{"label": "l", "description": "d" * 41, "identifier": "i"}]}, "Only 40 characters"),
        ({"actions": [{"label": "l", "description": "d", "identifier": "i" * 21}]}, "Only 20 characters"),
        ({"actions": [{"label": "l", "description": "d"}]}, "identifier"),
        ({"actions": [{"label": "l", "description": "d", "identifier": "i"}] * 4}, "No more than 3 items"),
        ({"output": {**OUTPUT, "annotations": [{"path": "a"}]}}, "annotation_level"),
        ({"output": {**OUTPUT, "annotations": [_note(2, annotation_level="loud")]}}, "annotation_level"),
        ({"output": {**OUTPUT, "annotations": [_note(2, end_line=1)]}}, "end_line"),
        ({"output": {**OUTPUT, "annotations": [_note(2, end_line=3, start_column=1)]}}, "start_column"),
    ],
)
def test_a_check_run_outside_githubs_limits_is_refused(
    sandbox: Sandbox, repo: Repository, head: str, wish: dict[str, Any], said: str
) -> None:
    """Each of GitHub's limits is one here: 422, and nothing is written."""
    with pytest.raises(GithubException) as caught:
        repo.create_check_run(**{"name": "discharge", "head_sha": head, **wish})

    assert caught.value.status == 422
    assert said in str(caught.value.data)
    assert sandbox.snapshot(REPO)["checks"] == []


def test_a_run_of_another_app_cannot_be_changed(sandbox: Sandbox, repo: Repository, head: str) -> None:
    """Only the app that made a check run may change it."""
    sandbox.app("ci", next(iter(sandbox.world.apps.values())).key)
    sandbox.install("ci", "acme")
    run = sandbox.check(REPO, head, "build", "failure", app="ci")

    with pytest.raises(GithubException, match="can only be modified by the GitHub App that created it") as caught:
        repo.get_check_run(run).edit(conclusion="success")

    assert caught.value.status == 403


def test_a_check_is_asked_for_again_and_its_buttons_pressed(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, watch: Watch, head: str
) -> None:
    """Rerequests and buttons are told to the app whose run it is; a button that is not there cannot be pressed."""
    watch.expect('"merge_group" is not one of')  # the description of this webhook is older than merge queues
    button = {"label": "Fix", "description": "Fix it", "identifier": "fix"}
    run = repo.create_check_run("discharge", head, conclusion="failure", actions=[button])
    suite = next(iter(sandbox.world.repository(REPO).suites.values()))

    sandbox.rerequest(REPO, run.id)
    sandbox.rerequest_suite(REPO, suite.id)
    sandbox.press(REPO, run.id, "fix", by="octo-writer")

    assert sandbox.wait_idle()
    wanted = ["check_run.rerequested", "check_suite.rerequested", "check_run.requested_action"]
    assert receiver.names()[-3:] == wanted
    pressed = receiver.last("check_run.requested_action")
    assert (pressed["requested_action"]["identifier"], pressed["sender"]["login"]) == ("fix", "octo-writer")
    with pytest.raises(Exception, match="Validation Failed"):
        sandbox.press(REPO, run.id, "other")
    assert repo.get_check_suite(suite.id).rerequest()
    repo._requester.requestJsonAndCheck("POST", f"{run.url}/rerequest")  # noqa: SLF001 - PyGithub has no method for it
    assert sandbox.wait_idle()
    assert receiver.names()[-2:] == ["check_suite.rerequested", "check_run.rerequested"]


def test_a_completed_check_can_be_begun_again(repo: Repository, head: str) -> None:
    """A run that goes back to work has no conclusion; unknown runs and suites are 404."""
    run = repo.create_check_run("discharge", head, conclusion="failure")

    run.edit(status="in_progress")

    assert repo.get_check_run(run.id).raw_data["conclusion"] is None
    assert repo.get_check_run(run.id).completed_at is None
    for get in (repo.get_check_run, repo.get_check_suite):
        with pytest.raises(GithubException):
            get(1)
