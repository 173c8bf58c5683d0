"""Pull requests that land: at once, once their checks pass, through the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox.act.check import create_check
from app.sandbox.model import Required

if TYPE_CHECKING:
    from app.sandbox.model import Pull
    from tests.sandbox.graph.asker import Asker

STATE = "actor { login } pullRequest { state merged autoMergeRequest { mergeMethod commitHeadline commitBody enabledAt"
STATE += " enabledBy { login } pullRequest { number } } mergeStateStatus mergeCommit { message } }"


def propose(asker: Asker, *, required: bool) -> Pull:
    """Open a pull request; *required*: the check `discharge` must pass first."""
    if required:
        asker.repository.settings.required = (Required("discharge", asker.app.id),)
    asker.commit("topic", {"a.md": "a\n"})
    return asker.open("topic")


def conclude(asker: Asker, sha: str, conclusion: str) -> None:
    """Have the app complete its check at a commit."""
    wish = {"name": "discharge", "head_sha": sha, "conclusion": conclusion}
    create_check(asker.world, asker.token.actor, asker.repository, wish)


def test_auto_merge_waits_for_the_check_and_merges(asker: Asker) -> None:
    """Blocked, then green: the squash commit has the words that were given."""
    pull = propose(asker, required=True)
    wish = {
        "pullRequestId": pull.node,
        "mergeMethod": "SQUASH",
        "commitHeadline": "discharge it (#1)",
        "commitBody": "Held.",
        "expectedHeadOid": pull.head,
    }

    told = asker.change("enablePullRequestAutoMerge", STATE, wish)

    assert told["actor"] == {"login": "discharge"}
    assert told["pullRequest"]["mergeStateStatus"] == "BLOCKED"
    assert told["pullRequest"]["autoMergeRequest"] == {
        "mergeMethod": "SQUASH",
        "commitHeadline": "discharge it (#1)",
        "commitBody": "Held.",
        "enabledAt": "2026-05-04T13:06:40Z",
        "enabledBy": {"login": "discharge"},
        "pullRequest": {"number": 1},
    }
    conclude(asker, pull.head, "success")
    commit = asker.repository.store.commit("refs/heads/main")
    assert pull.merged
    assert commit is not None
    assert commit.message == "discharge it (#1)\n\nHeld."
    assert {"pull_request.auto_merge_enabled", "pull_request.closed"} <= set(asker.told())


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("clean", "Pull request Pull request is in clean status"),
        ("unstable", "Pull request Pull request is in unstable status"),
        ("forbidden", "Pull request Auto merge is not allowed for this repository"),
        ("moved", "Head branch was modified. Review and try the merge again."),
    ],
)
def test_auto_merge_is_refused_as_on_github(asker: Asker, state: str, said: str) -> None:
    """Nothing in the way, a failed check that is not required, a setting, another head."""
    pull = propose(asker, required=state in {"forbidden", "moved"})
    asker.repository.settings.auto_merge = state != "forbidden"
    if state == "unstable":
        conclude(asker, pull.head, "failure")
    expected = asker.first if state == "moved" else pull.head

    told = asker.denied("enablePullRequestAutoMerge", {"pullRequestId": pull.node, "expectedHeadOid": expected})

    assert told == ("UNPROCESSABLE", said)
    assert pull.auto_merge is None


def test_auto_merge_is_taken_back(asker: Asker) -> None:
    """Once; the second time there is nothing to take back."""
    pull = propose(asker, required=True)
    asker.change("enablePullRequestAutoMerge", STATE, {"pullRequestId": pull.node})
    told = asker.change("disablePullRequestAutoMerge", STATE, {"pullRequestId": pull.node})

    assert told["pullRequest"]["autoMergeRequest"] is None
    assert asker.denied("disablePullRequestAutoMerge", {"pullRequestId": pull.node}) == (
        "UNPROCESSABLE",
        "Can't disable auto-merge for this pull request",
    )


def test_a_pull_request_is_merged_at_once(asker: Asker) -> None:
    """With the words that were given, and not twice."""
    pull = propose(asker, required=False)
    wish = {"pullRequestId": pull.node, "mergeMethod": "SQUASH", "commitHeadline": "h", "commitBody": "b"}

    told = asker.change("mergePullRequest", STATE, wish)

    assert told["pullRequest"]["state"] == "MERGED"
    assert told["pullRequest"]["mergeCommit"] == {"message": "h\n\nb"}
    assert asker.denied("mergePullRequest", wish) == ("UNPROCESSABLE", "Pull Request is not mergeable")


def test_a_required_check_holds_a_merge_back(asker: Asker) -> None:
    """GitHub's sentence names the check."""
    pull = propose(asker, required=True)

    assert asker.denied("mergePullRequest", {"pullRequestId": pull.node}) == (
        "UNPROCESSABLE",
        'Required status check "discharge" is expected.',
    )


ENTRY = "mergeQueueEntry { id state position enqueuedAt enqueuer { login } headCommit { oid } baseCommit { oid }"
ENTRY += " pullRequest { number isInMergeQueue mergeQueueEntry { position } } mergeQueue { url repository { name } } }"


def test_the_queue_merges_what_passes(asker: Asker) -> None:
    """Enqueued, tried on a branch of its own, merged when the check passes there."""
    pull = propose(asker, required=True)
    asker.repository.settings.queue = True
    conclude(asker, pull.head, "success")
    asker.told()

    entry = asker.change("enqueuePullRequest", ENTRY, {"pullRequestId": pull.node, "expectedHeadOid": pull.head})

    told = entry["mergeQueueEntry"]
    assert (told["state"], told["position"], told["enqueuer"]) == ("AWAITING_CHECKS", 1, {"login": "discharge"})
    assert told["pullRequest"] == {"number": 1, "isInMergeQueue": True, "mergeQueueEntry": {"position": 1}}
    assert told["baseCommit"] == {"oid": asker.first}
    assert told["mergeQueue"]["url"].endswith("/acme/speak/queue/main")
    queue = asker.ask(
        '{ repository(owner: "acme", name: "speak") { mergeQueue { id entries(first: 5) { nodes { position } } } '
        'other: mergeQueue(branch: "release") { id } '
        "pullRequest(number: 1) { isMergeQueueEnabled mergeQueue { id } } } }"
    )["repository"]
    assert queue["mergeQueue"]["entries"] == {"nodes": [{"position": 1}]}
    assert queue["other"] is None
    assert queue["pullRequest"] == {"isMergeQueueEnabled": True, "mergeQueue": {"id": queue["mergeQueue"]["id"]}}
    conclude(asker, told["headCommit"]["oid"], "success")
    assert pull.merged
    assert {"pull_request.enqueued", "merge_group.checks_requested", "merge_group.destroyed"} <= set(asker.told())


def test_the_queue_is_left(asker: Asker) -> None:
    """Dequeued by hand: the group goes away; what is not in the queue cannot leave it."""
    pull = propose(asker, required=True)
    asker.repository.settings.queue = True
    conclude(asker, pull.head, "success")
    asker.change("enqueuePullRequest", ENTRY, {"pullRequestId": pull.node})
    asker.told()

    asker.change("dequeuePullRequest", "mergeQueueEntry { id }", {"id": pull.node})

    assert asker.repository.queue == []
    assert "pull_request.dequeued" in asker.told()
    assert asker.denied("dequeuePullRequest", {"id": pull.node})[1] == "Pull request is not in the merge queue"


@pytest.mark.parametrize(
    ("queue", "head", "said"),
    [
        (False, "", "A merge queue is not enabled for this branch"),
        (True, "9" * 40, "Head branch was modified. Review and try the merge again."),
    ],
)
def test_the_queue_refuses(asker: Asker, queue: bool, head: str, said: str) -> None:  # noqa: FBT001 - a case
    """No queue, or another head than expected."""
    pull = propose(asker, required=True)
    asker.repository.settings.queue = queue
    wish: dict[str, Any] = {"pullRequestId": pull.node, **({"expectedHeadOid": head} if head else {})}

    assert asker.denied("enqueuePullRequest", wish) == ("UNPROCESSABLE", said)


@pytest.mark.parametrize("missing", ["pull_requests", "contents"])
def test_landing_needs_both_permissions(asker: Asker, missing: str) -> None:
    """Writing pull requests alone, or contents alone, lands nothing."""
    pull = propose(asker, required=True)
    asker.limit(**{"pull_requests": "write", "contents": "write", missing: "read"})
    for mutation in ("enablePullRequestAutoMerge", "disablePullRequestAutoMerge", "mergePullRequest"):
        assert asker.denied(mutation, {"pullRequestId": pull.node})[0] == "FORBIDDEN"
