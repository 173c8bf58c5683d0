"""What each webhook tells, and which are left alone."""

from __future__ import annotations

from typing import Any

import pytest

from app.hook.event import (
    EVENTS,
    FINISHED,
    STIRRED,
    SWEPT,
    CheckAsked,
    Commented,
    Event,
    Finished,
    GroupAsked,
    Ignored,
    Installed,
    JobMoved,
    Merged,
    PullChanged,
    Pushed,
    Removed,
    Stirred,
    SuiteAsked,
    Swept,
)
from app.hook.payload import read, write
from contracts.error import Unreadable
from tests.app.webhook import APP, BASE, BOT, FACTS, HEAD, LANDED, deviations, dump, payload
from tests.oracle.description import read as describe

ID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
COMMON = (ID, 51, "acme/models")
FORK = {"head": {"repo": {"id": 701, "full_name": "octo-contributor/models"}}}
ALL = sorted(name for name in describe("webhooks")["events"] if name.partition(".")[0] in FACTS)


def take(name: str, **changes: Any) -> Event:
    """Read the event that a payload of GitHub's form tells."""
    values = payload(name, **changes)
    assert deviations(name, values) == []
    return read(name.partition(".")[0], ID, dump(values), app=APP)


def reason(event: Event) -> str:
    """Return why nothing is done."""
    assert isinstance(event, Ignored)
    return event.reason


def test_a_comment_of_a_person_is_read() -> None:
    """Everything that a command needs is in the payload, but for the commit."""
    event = take("issue_comment.created", comment={"body": "/status\r\n"})

    assert event == Commented(*COMMON, 12, 99, "octo-maintainer", "/status\r\n", "2026-05-04T13:06:40Z")


@pytest.mark.parametrize("action", ["edited", "deleted"])
def test_a_comment_that_is_not_new_is_left_alone(action: str) -> None:
    """Somebody else may have edited it."""
    assert reason(take(f"issue_comment.{action}")) == "only new comments are read"


def test_a_comment_on_a_plain_issue_is_left_alone() -> None:
    """There is nothing to test there."""
    plain = payload("issue_comment.created")
    del plain["issue"]["pull_request"]

    assert deviations("issue_comment.created", plain) == []
    assert reason(read("issue_comment", ID, dump(plain), app=APP)) == "an issue is no pull request"


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": BOT},
        {"comment": {"user": BOT}},
        {"comment": {"user": {"login": "x[bot]", "type": "User"}}},
        {"comment": {"user": {"type": "Organization"}}},
        {"comment": {"user": None}},
        {"comment": {"performed_via_github_app": payload("check_run.created")["check_run"]["app"] | {"id": APP}}},
    ],
)
def test_a_comment_that_no_person_wrote_is_left_alone(changes: dict[str, Any]) -> None:
    """Bots, this one first of all, do not command it: they would answer each other without end."""
    assert reason(take("issue_comment.created", **changes)) == "no person wrote it"


def test_a_person_who_writes_through_another_app_is_a_person() -> None:
    """A client on a telephone is no bot."""
    app = payload("check_run.created")["check_run"]["app"] | {"id": APP + 1}

    assert isinstance(take("issue_comment.created", comment={"performed_via_github_app": app}), Commented)


def test_an_account_whose_kind_is_not_said_is_told_by_its_login() -> None:
    """GitHub's description does not promise the kind of who wrote a comment."""
    values = payload("issue_comment.created")
    del values["comment"]["user"]["type"]
    assert isinstance(read("issue_comment", ID, dump(values), app=APP), Commented)

    values["comment"]["user"]["login"] = "some-app[bot]"
    assert reason(read("issue_comment", ID, dump(values), app=APP)) == "no person wrote it"


def test_a_merge_is_read() -> None:
    """The commit on the base branch, and who wrote it."""
    merged = Merged(
        *COMMON,
        number=12,
        commit=LANDED,
        base="main",
        base_sha=BASE,
        branch="feat/guard",
        head=HEAD,
        fork=False,
        author="octo-maintainer",
        title="Guard the parity gate",
        default=True,
    )

    assert take("pull_request.closed", pull_request={"merged": True}) == merged


def test_a_merge_into_another_branch_says_so() -> None:
    """Only the default branch has a record."""
    event = take("pull_request.closed", pull_request={"merged": True, "base": {"ref": "release/1.x"}})

    assert isinstance(event, Merged)
    assert (event.base, event.default) == ("release/1.x", False)


@pytest.mark.parametrize("changes", [FORK, {"head": {"repo": None}}])
def test_a_head_in_another_repository_is_a_fork(changes: dict[str, Any]) -> None:
    """So is one whose repository is gone; GitHub's description forgets those."""
    values = payload("pull_request.closed", pull_request={"merged": True} | changes)
    event = read("pull_request", ID, dump(values), app=APP)

    assert isinstance(event, Merged)
    assert event.fork


def test_an_author_who_left_is_nobody() -> None:
    """A merge counts all the same."""
    values = payload("pull_request.closed", pull_request={"merged": True, "user": None})
    event = read("pull_request", ID, dump(values), app=APP)

    assert isinstance(event, Merged)
    assert event.author == ""


def test_a_pull_request_that_was_closed_unmerged_is_left_alone() -> None:
    """Nothing landed."""
    assert reason(take("pull_request.closed")) == "it was closed without being merged"


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "ready_for_review"])
def test_new_code_on_a_pull_request_is_read(action: str) -> None:
    """The check needs both ends."""
    changed = PullChanged(*COMMON, 12, HEAD, "main", BASE, "feat/guard", fork=False)

    assert take(f"pull_request.{action}") == changed


def test_a_pull_request_of_a_bot_is_checked_like_any_other() -> None:
    """Our own first of all."""
    assert isinstance(take("pull_request.opened", sender=BOT, pull_request={"user": BOT}), PullChanged)


def test_a_new_base_is_new_code_and_a_new_title_is_none() -> None:
    """What the change is compared with moved, or it did not."""
    moved = {"base": {"ref": {"from": "dev"}, "sha": {"from": HEAD}}}

    assert isinstance(take("pull_request.edited", changes=moved), PullChanged)
    assert reason(take("pull_request.edited", changes={"title": {"from": "Old"}})) == "its base stays"
    assert reason(take("pull_request.labeled")) == "it changes no code"


def test_the_merge_queue_asks_for_checks() -> None:
    """Without an answer the queue waits until it gives up."""
    event = take("merge_group.checks_requested")

    assert event == GroupAsked(*COMMON, HEAD, BASE, "gh-readonly-queue/main/pr-12", "main")
    assert reason(take("merge_group.destroyed")) == "the merge queue asks for nothing"


def test_a_push_to_the_default_branch_is_read() -> None:
    """Whoever pushes: our own merge moves the default branch, too."""
    assert take("push", sender=BOT) == Pushed(*COMMON, BASE, HEAD)


def test_a_push_to_another_branch_asks_for_nothing() -> None:
    """What it means for a pull request is told with that."""
    assert reason(take("push", ref="refs/heads/feat/x")) == "another branch than the default one moved"


def test_a_new_branch_came_from_nowhere() -> None:
    """GitHub writes zeros for no commit; the event says nothing."""
    event = take("push", before="0" * 40, created=True)

    assert event == Pushed(*COMMON, "", HEAD)


def test_tags_and_deleted_branches_are_left_alone() -> None:
    """No code is new."""
    assert reason(take("push", ref="refs/tags/v1.0.0")) == "no branch moved"
    assert reason(take("push", deleted=True, after="0" * 40)) == "the branch is gone"


def test_the_re_run_of_our_check_is_read() -> None:
    """GitHub's own button has no name."""
    event = take("check_run.rerequested")

    assert event == CheckAsked(*COMMON, 31, "run-1", HEAD, "discharge", "", "octo-maintainer")


def test_a_button_of_our_check_is_read_by_its_name() -> None:
    """We gave it."""
    event = take("check_run.requested_action", requested_action={"identifier": "cancel"})

    assert isinstance(event, CheckAsked)
    assert event.button == "cancel"


def test_checks_of_other_apps_and_bots_that_press_buttons_are_left_alone() -> None:
    """Every app hears of every check run."""
    assert reason(take("check_run.rerequested", check_run={"app": {"id": 1}})) == "it belongs to another app"
    assert reason(take("check_run.rerequested", check_run={"app": None})) == "it belongs to another app"
    assert reason(take("check_run.rerequested", sender=BOT)) == "no person asks"
    assert reason(take("check_run.created")) == "nobody asks for anything"
    assert reason(take("check_suite.rerequested", check_suite={"app": {"id": None}})) == "it belongs to another app"
    assert reason(take("check_suite.requested")) == "nobody asks for anything"


def test_all_checks_of_a_commit_are_asked_for_again() -> None:
    """In GitHub's own examples a bot is the sender."""
    assert take("check_suite.rerequested", sender=BOT) == SuiteAsked(*COMMON, HEAD, "discharge[bot]")


def test_an_installation_names_its_repositories() -> None:
    """One with a leading dot is a real name; the installation itself is in none of them."""
    names = ("acme/models", "acme/.github")

    assert take("installation.created") == Installed(ID, 51, "", names)
    assert take("installation.deleted") == Removed(ID, 51, "", names)
    assert take("installation_repositories.added") == Installed(ID, 51, "", ("acme/models",))
    assert take("installation_repositories.removed") == Removed(ID, 51, "", ("acme/old.models",))
    assert reason(take("installation.new_permissions_accepted")) == "it says nothing about repositories"


def test_a_suspended_installation_loses_everything() -> None:
    """No name stands for all; an empty list of removed repositories stands for none."""
    values = payload("installation.suspend")
    del values["repositories"]
    assert read("installation", ID, dump(values), app=APP) == Removed(ID, 51, "", ())
    assert isinstance(take("installation.unsuspend"), Installed)

    nothing = take("installation_repositories.removed", repositories_removed=[])
    assert reason(nothing) == "it says nothing about repositories"


@pytest.mark.parametrize("action", ["queued", "in_progress", "completed"])
def test_a_job_that_moves_is_read_for_its_run_and_labels(action: str) -> None:
    """What became of it is asked, never believed; one that waits for a person is nothing for us."""
    moved = JobMoved(*COMMON, 15_000_000_001, frozenset({"gpu", "discharge-run-1"}))

    assert take(f"workflow_job.{action}") == moved
    assert reason(take("workflow_job.waiting")) == "it waits for a person"


@pytest.mark.parametrize("labels", [None, "gpu", [1], ["x" * 2000], ["x"] * 101])
def test_labels_of_a_job_are_bounded(labels: object) -> None:
    """Whoever writes a workflow chooses them."""
    values = payload("workflow_job.queued")
    values["workflow_job"]["labels"] = labels

    with pytest.raises(Unreadable, match=r"workflow_job\.labels should be a list of at most 100 texts"):
        read("workflow_job", ID, dump(values), app=APP)


def test_an_event_that_nobody_listens_to_is_not_even_read() -> None:
    """Whatever its bytes are."""
    assert read("star", ID, b"\xff", app=APP) == Ignored(ID, 0, "", "star", "", "this app does not listen to it")


def test_every_event_that_is_read_has_a_reader() -> None:
    """The service stores what stands in `EVENTS`."""
    assert {name.partition(".")[0] for name in ALL} == set(EVENTS)


@pytest.mark.parametrize("name", ALL)
def test_every_webhook_of_githubs_description_is_understood(name: str) -> None:
    """Every action there is becomes an event of some kind; none is refused."""
    extra = {"requested_action": {"identifier": "x"}} if name.endswith("requested_action") else {}

    assert take(name, **extra).repository in {"acme/models", ""}


@pytest.mark.parametrize(
    "event",
    [
        Finished(ID, 51, "acme/models", "run-1"),
        Stirred(ID, 51, "acme/models", "run-1"),
        Swept(ID, 51, "acme/models"),
        Swept(ID, 51, ""),
        Swept(ID, 0, ""),
    ],
)
def test_our_own_deliveries_come_back_as_they_were_written(event: Finished | Stirred | Swept) -> None:
    """They wait in the same table as GitHub's."""
    name, body = write(event)

    assert name in {FINISHED, STIRRED, SWEPT}
    assert name not in EVENTS
    assert read(name, ID, body, app=APP) == event
