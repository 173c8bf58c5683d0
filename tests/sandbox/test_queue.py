"""What merges by itself: required checks, auto-merge with its refusals, the merge queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import GithubException

from app.sandbox.model import Refusal

if TYPE_CHECKING:
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


@pytest.fixture
def number(sandbox: Sandbox) -> int:
    """A pull request that needs the check `discharge`."""
    sandbox.require(REPO, "discharge")
    return sandbox.open_pull(REPO, "feature", "A title", "The body", files={"new.txt": "1\n"})


def test_a_required_check_keeps_a_merge_back(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """Missing, at work, failed: each is 405 in GitHub's words; passed, it merges."""
    pull = repo.get_pull(number)
    assert pull.mergeable_state == "blocked"

    def refused() -> str:
        with pytest.raises(GithubException) as caught:
            pull.merge()
        assert caught.value.status == 405
        return str(caught.value.data["message"])

    assert refused() == 'Required status check "discharge" is expected.'
    run = repo.create_check_run("discharge", pull.head.sha, status="in_progress")
    assert refused() == 'Required status check "discharge" is in progress.'
    run.edit(conclusion="failure")
    assert refused() == 'Required status check "discharge" is failing.'
    sandbox.require(REPO, "discharge", "lint")
    assert refused() == "2 of 2 required status checks are failing."
    sandbox.require(REPO, "discharge")
    run.edit(conclusion="neutral")
    assert repo.get_pull(number).mergeable_state == "clean"
    assert pull.merge().merged


def test_a_check_pinned_to_an_app_is_that_apps(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """Another app's check of the same name does not count."""
    mine = next(iter(sandbox.world.apps))
    sandbox.require(REPO, "discharge", app=mine)
    sandbox.app("ci", next(iter(sandbox.world.apps.values())).key)
    sandbox.install("ci", "acme")
    head = repo.get_pull(number).head.sha

    sandbox.check(REPO, head, "discharge", app="ci")
    assert repo.get_pull(number).mergeable_state == "blocked"

    sandbox.check(REPO, head, "discharge", app="discharge")
    assert repo.get_pull(number).mergeable_state == "clean"


def test_auto_merge_merges_when_the_last_check_passes(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int
) -> None:
    """Waiting is told; the passing check merges, by whom auto-merge was enabled."""
    sandbox.auto_merge(REPO, number)
    assert repo.get_pull(number).raw_data["auto_merge"]["merge_method"] == "squash"

    repo.create_check_run("discharge", repo.get_pull(number).head.sha, conclusion="success")

    assert repo.get_pull(number).merged
    assert sandbox.wait_idle()
    names = receiver.names()
    assert names.index("pull_request.auto_merge_enabled") < names.index("pull_request.closed")
    told = receiver.last("pull_request.closed")
    assert (told["pull_request"]["merged"], told["sender"]["login"]) == (True, "octo-maintainer")
    assert sandbox.snapshot(REPO)["branches"]["main"]["messages"][0] == f"A title (#{number})\n\nThe body"


def test_auto_merge_is_refused_as_github_refuses_it(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """Clean, unstable, switched off, closed: GraphQL's own sentences."""
    head = repo.get_pull(number).head.sha
    run = repo.create_check_run("discharge", head, conclusion="success")
    with pytest.raises(Refusal, match="Pull request is in clean status"):
        sandbox.auto_merge(REPO, number)
    repo.create_check_run("lint", head, conclusion="failure")
    assert repo.get_pull(number).mergeable_state == "unstable"
    with pytest.raises(Refusal, match="Pull request is in unstable status"):
        sandbox.auto_merge(REPO, number)
    run.edit(conclusion="failure")
    with pytest.raises(Refusal, match="Can't disable auto-merge"):
        sandbox.stop_auto_merge(REPO, number)
    sandbox.auto_merge(REPO, number)
    sandbox.stop_auto_merge(REPO, number)
    run.edit(conclusion="success")
    assert repo.get_pull(number).state == "open"
    sandbox.settings(REPO, auto_merge=False)
    with pytest.raises(Refusal, match="Auto merge is not allowed for this repository"):
        sandbox.auto_merge(REPO, number)
    sandbox.settings(REPO, auto_merge=True)
    sandbox.close(REPO, number)
    with pytest.raises(Refusal, match="Can't enable auto-merge"):
        sandbox.auto_merge(REPO, number)


def _queued(sandbox: Sandbox, number: int) -> str:
    """Pass the check of a pull request, put it into the queue; the head of its group."""
    world = sandbox.world
    pull = world.pull(world.repository(REPO), number)
    sandbox.settings(REPO, queue=True)
    sandbox.check(REPO, pull.head, "discharge", app="discharge")
    sandbox.queue(REPO, number)
    return next(each.head for each in world.repository(REPO).queue if each.pull is pull)


def test_the_merge_queue_merges_what_passes(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int
) -> None:
    """A queued pull request is tried on top of the base; its group's check merges it, and the group is gone."""
    group = _queued(sandbox, number)

    assert sandbox.wait_idle()
    told = receiver.last("merge_group.checks_requested")["merge_group"]
    base = repo.get_branch("main").commit.sha
    assert told["head_sha"] == group
    assert (told["base_sha"], told["head_ref"]) == (base, f"refs/heads/gh-readonly-queue/main/pr-{number}-{base}")
    with pytest.raises(GithubException, match="merge queue"):
        repo.get_pull(number).merge()

    repo.create_check_run("discharge", group, conclusion="success")

    assert repo.get_pull(number).merged
    assert repo.get_branch("main").commit.sha == group
    assert sandbox.wait_idle()
    assert receiver.last("merge_group.destroyed")["reason"] == "merged"
    assert sorted(sandbox.snapshot(REPO)["branches"]) == ["feature", "main"]


def test_the_merge_queue_gives_up_what_fails(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int
) -> None:
    """A failed group is destroyed and its pull request dequeued, open; the next one is tried."""
    second = sandbox.open_pull(REPO, "other", "Another", files={"other.txt": "1\n"})
    group = _queued(sandbox, number)
    assert _queued(sandbox, second) == ""

    repo.create_check_run("discharge", group, conclusion="failure")

    assert repo.get_pull(number).state == "open"
    assert sandbox.wait_idle()
    assert receiver.last("pull_request.dequeued")["reason"] == "CI_FAILURE"
    assert receiver.last("merge_group.destroyed")["reason"] == "dequeued"
    assert f"pr-{second}-" in receiver.last("merge_group.checks_requested")["merge_group"]["head_ref"]
    sandbox.dequeue(REPO, second)
    assert sandbox.world.repository(REPO).queue == []


def test_a_group_on_an_old_base_is_built_anew(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int
) -> None:
    """When the base has moved meanwhile, the passing group is invalidated and another one tried."""
    group = _queued(sandbox, number)
    sandbox.push(REPO, "main", {"moved.txt": "1\n"})

    repo.create_check_run("discharge", group, conclusion="success")

    assert repo.get_pull(number).state == "open"
    assert sandbox.wait_idle()
    assert receiver.last("merge_group.destroyed")["reason"] == "invalidated"
    anew = receiver.last("merge_group.checks_requested")["merge_group"]["head_sha"]
    repo.create_check_run("discharge", anew, conclusion="success")
    assert repo.get_pull(number).merged


def test_the_queue_takes_only_what_can_be_merged(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """A missing check, a second time, a draft: refused; a conflict with the base takes it out again."""
    sandbox.settings(REPO, queue=True)
    with pytest.raises(Refusal, match="is expected"):
        sandbox.queue(REPO, number)
    second = sandbox.open_pull(REPO, "other", "Another", files={"new.txt": "2\n"})
    group = _queued(sandbox, number)
    _queued(sandbox, second)
    with pytest.raises(Refusal, match="already in the queue"):
        sandbox.queue(REPO, number)
    repo.create_check_run("discharge", group, conclusion="success")

    assert sandbox.world.repository(REPO).queue == []
    assert repo.get_pull(second).state == "open"
    with pytest.raises(Refusal, match="not mergeable"):
        sandbox.queue(REPO, second)


def test_auto_merge_queues_where_there_is_a_queue(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """With a merge queue, the passing check puts a waiting pull request into it."""
    sandbox.settings(REPO, queue=True)
    sandbox.auto_merge(REPO, number)

    repo.create_check_run("discharge", repo.get_pull(number).head.sha, conclusion="success")

    assert [each.pull.number for each in sandbox.world.repository(REPO).queue] == [number]
