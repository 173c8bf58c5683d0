"""Comments, reactions and issues: written by people and by the app, told, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import Auth, Github, GithubException

if TYPE_CHECKING:
    from github import GithubIntegration
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


@pytest.fixture
def number(sandbox: Sandbox) -> int:
    """A pull request to talk about."""
    return sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})


def test_a_person_comments_and_the_app_is_told(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int
) -> None:
    """The webhook of a comment names the pull request as an issue, its author and their standing."""
    made = sandbox.comment(REPO, number, "/discharge CPU-GPU-004", by="octo-writer")

    assert sandbox.wait_idle()
    payload = receiver.last("issue_comment.created")
    assert payload["comment"]["id"] == made
    assert payload["comment"]["author_association"] == "MEMBER"
    assert payload["issue"]["pull_request"]["url"].endswith(f"/pulls/{number}")
    assert payload["sender"]["login"] == "octo-writer"
    assert [each.body for each in repo.get_issue(number).get_comments()] == ["/discharge CPU-GPU-004"]


def test_the_app_comments_as_a_bot(sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int) -> None:
    """The app's own comment is told as well, by a Bot, and says which app wrote it."""
    made = repo.get_pull(number).create_issue_comment("Done.")
    made.edit("Done, really.")

    assert sandbox.wait_idle()
    payload = receiver.last("issue_comment.created")
    assert (payload["sender"]["type"], payload["comment"]["user"]["login"]) == ("Bot", "discharge[bot]")
    assert payload["comment"]["performed_via_github_app"]["slug"] == "discharge"
    assert receiver.last("issue_comment.edited")["changes"]["body"]["from"] == "Done."
    assert repo.get_issue(number).get_comment(made.id).body == "Done, really."


def test_a_person_edits_and_deletes(sandbox: Sandbox, repo: Repository, receiver: Receiver, number: int) -> None:
    """An edited comment keeps its id; a deleted one is gone."""
    made = sandbox.comment(REPO, number, "one")
    sandbox.edit_comment(REPO, made, "two")
    sandbox.delete_comment(REPO, made)

    sandbox.label(REPO, number, "bug")
    sandbox.unlabel(REPO, number, "bug")
    assert sandbox.wait_idle()
    assert receiver.names()[-5:] == [
        "issue_comment.created", "issue_comment.edited", "issue_comment.deleted", "pull_request.labeled",
        "pull_request.unlabeled",
    ]  # fmt: skip
    with pytest.raises(GithubException) as caught:
        repo.get_issue(number).get_comment(made)
    assert caught.value.status == 404
    mine = repo.get_pull(number).create_issue_comment("three")
    mine.delete()
    assert list(repo.get_issue(number).get_comments()) == []


@pytest.mark.parametrize(("body", "said"), [("b" * 65_537, "maximum is 65536 characters"), ("  ", "missing_field")])
def test_a_comment_has_bounds(repo: Repository, number: int, body: str, said: str) -> None:
    """A comment of more than 65,536 characters, or of none, is 422; 65,536 are fine."""
    with pytest.raises(GithubException) as caught:
        repo.get_pull(number).create_issue_comment(body)

    assert caught.value.status == 422
    assert said in str(caught.value.data)
    assert len(repo.get_pull(number).create_issue_comment("b" * 65_536).body) == 65_536


def test_the_same_reaction_twice_is_one(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """Reacting again returns the same reaction; it can be taken back; unknown ones are refused."""
    comment = repo.get_issue(number).get_comment(sandbox.comment(REPO, number, "hello"))

    first, second = comment.create_reaction("eyes"), comment.create_reaction("eyes")
    comment.create_reaction("rocket")

    assert first.id == second.id
    assert sorted(each.content for each in comment.get_reactions()) == ["eyes", "rocket"]
    assert repo.get_issue(number).get_comment(comment.id).raw_data["reactions"]["eyes"] == 1
    comment.delete_reaction(first.id)
    assert [each.content for each in comment.get_reactions()] == ["rocket"]
    assert not comment.delete_reaction(first.id)
    issue = repo.get_issue(number)
    own = issue.create_reaction("+1")
    assert [each.id for each in issue.get_reactions()] == [own.id]
    issue.delete_reaction(own.id)
    assert list(issue.get_reactions()) == []


def test_an_unknown_reaction_is_refused(repo: Repository, number: int) -> None:
    """Only GitHub's eight reactions exist."""
    with pytest.raises(GithubException) as caught:
        repo.get_issue(number).create_reaction("applause")

    assert caught.value.status == 422


def test_an_issue_is_no_pull_request(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """Comments on plain issues come without `pull_request`; there is no such pull request."""
    number = sandbox.open_issue(REPO, "A question", "why?")
    sandbox.comment(REPO, number, "because")
    other = sandbox.open_issue(REPO, "Another")
    repo.get_issue(other).edit(state="closed", title="Closed")

    assert sandbox.wait_idle()
    assert "pull_request" not in receiver.last("issue_comment.created")["issue"]
    with pytest.raises(GithubException):
        repo.get_pull(number)
    assert [each.number for each in repo.get_issues(state="all")] == [other, number]
    assert [each.number for each in repo.get_issues()] == [number]
    assert repo.get_issue(other).title == "Closed"
    with pytest.raises(GithubException):
        repo.get_issue(999)


def test_labels_of_the_repository(repo: Repository) -> None:
    """A label can be made once, with a colour and a description."""
    repo.create_label("spec", "00ff00", "about specs")

    assert repo.get_label("spec").description == "about specs"
    with pytest.raises(GithubException, match="already_exists"):
        repo.create_label("spec", "00ff00")
    with pytest.raises(GithubException):
        repo.get_label("nothing")


def test_a_pull_request_is_edited_as_an_issue(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """Editing the issue of a pull request edits the pull request."""
    repo.get_pull(number).as_issue().edit(title="Another", body="text")

    assert (repo.get_pull(number).title, repo.get_pull(number).body) == ("Another", "text")


def test_pages_are_linked(sandbox: Sandbox, integration: GithubIntegration, number: int) -> None:
    """A long list comes in pages, each naming the next; PyGithub walks them."""
    for place in range(7):
        sandbox.comment(REPO, number, f"comment {place}")
    token = integration.get_access_token(next(iter(sandbox.world.installations))).token
    client = Github(auth=Auth.Token(token), base_url=sandbox.url, per_page=3, seconds_between_requests=None)

    found = client.get_repo(REPO).get_issue(number).get_comments()

    assert [each.body for each in found] == [f"comment {place}" for place in range(7)]
    assert found.totalCount == 7
