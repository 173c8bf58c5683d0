"""Pull requests: opened by people and by the app, kept up with their branches, merged each way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import GithubException

if TYPE_CHECKING:
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


def test_a_person_opens_a_pull_request_and_the_app_is_told(
    sandbox: Sandbox, repo: Repository, receiver: Receiver
) -> None:
    """Pushing a branch and opening a pull request sends push, check_suite and pull_request, signed."""
    number = sandbox.open_pull(REPO, "feature", "A title", "A body", files={"new.txt": "1\n2\n"})

    assert sandbox.wait_idle()
    assert receiver.names() == ["push", "check_suite.requested", "pull_request.opened"]
    assert all(each.signed for each in receiver.heard)
    payload = receiver.last("pull_request.opened")
    assert payload["pull_request"]["user"]["login"] == "octo-maintainer"
    assert payload["sender"]["type"] == "User"
    pull = repo.get_pull(number)
    assert (pull.title, pull.body, pull.additions, pull.commits, pull.changed_files) == ("A title", "A body", 2, 1, 1)
    assert (pull.mergeable, pull.mergeable_state, pull.merged) == (True, "clean", False)
    assert [each.filename for each in pull.get_files()] == ["new.txt"]
    assert [each.commit.message for each in pull.get_commits()] == ["A title\n"]
    assert not pull.is_merged()


def test_the_app_opens_a_pull_request_and_the_sender_is_a_bot(
    sandbox: Sandbox, repo: Repository, receiver: Receiver
) -> None:
    """What the app does through the API is told as well, by its bot."""
    sandbox.push(REPO, "feature", {"new.txt": "1\n"})

    pull = repo.create_pull(base="main", head="feature", title="discharge(speak): one", body="b", draft=False)

    assert sandbox.wait_idle()
    sender = receiver.last("pull_request.opened")["sender"]
    assert (sender["login"], sender["type"]) == ("discharge[bot]", "Bot")
    assert [each.number for each in repo.get_pulls(state="open", head="acme:feature", base="main")] == [pull.number]
    assert list(repo.get_pulls(state="closed")) == []


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"head": "nowhere"}, "head"),
        ({"base": "nowhere"}, "base"),
        ({"title": "t" * 257}, "maximum is 256"),
        ({"body": "b" * 65_537}, "maximum is 65536"),
        ({"head": "main"}, "No commits between main and main"),
        ({"head": "other-owner:feature"}, "head"),
    ],
)
def test_a_pull_request_that_cannot_be_is_refused(
    sandbox: Sandbox, repo: Repository, wish: dict[str, str], said: str
) -> None:
    """Missing branches, nothing to merge and texts that are too long are 422, with the field at fault."""
    sandbox.push(REPO, "feature", {"new.txt": "1\n"})

    made = {"head": "feature", "base": "main", "title": "t", "body": "b", **wish}
    with pytest.raises(GithubException) as caught:
        repo.create_pull(made["base"], made["head"], title=made["title"], body=made["body"])

    assert caught.value.status == 422
    assert said in str(caught.value.data)


def test_a_branch_has_one_open_pull_request(sandbox: Sandbox, repo: Repository) -> None:
    """Opening a second one is refused in GitHub's words."""
    sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    with pytest.raises(GithubException, match="A pull request already exists for acme:feature"):
        repo.create_pull(base="main", head="feature", title="again", body="")


def test_a_push_moves_the_head_of_its_pull_request(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """A further commit is `synchronize`, with the commits before and after."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    before = repo.get_pull(number).head.sha

    after = sandbox.push(REPO, "feature", {"new.txt": "2\n"})

    assert sandbox.wait_idle()
    payload = receiver.last("pull_request.synchronize")
    assert (payload["before"], payload["after"], repo.get_pull(number).head.sha) == (before, after, after)
    assert receiver.last("push")["forced"] is False


def test_a_forced_push_says_so(sandbox: Sandbox, receiver: Receiver) -> None:
    """Replacing the commits of a branch is a forced push."""
    sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    sandbox.force_push(REPO, "feature", {"other.txt": "2\n"})

    assert sandbox.wait_idle()
    assert receiver.last("push")["forced"] is True
    assert "pull_request.synchronize" in receiver.names()


def test_a_deleted_branch_closes_its_pull_request(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """A pull request without a branch is closed, not merged; it cannot be reopened until the branch is back."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    repo.get_git_ref("heads/feature").delete()

    assert sandbox.wait_idle()
    assert receiver.last("pull_request.closed")["pull_request"]["merged"] is False
    assert receiver.last("push")["deleted"] is True
    with pytest.raises(GithubException, match="cannot be reopened"):
        repo.get_pull(number).edit(state="open")
    sandbox.push(REPO, "feature", {"new.txt": "3\n"})
    sandbox.reopen(REPO, number)
    assert repo.get_pull(number).state == "open"


def test_a_squash_is_one_commit_by_the_author_through_github(
    sandbox: Sandbox, repo: Repository, receiver: Receiver
) -> None:
    """Squash keeps the author of the pull request, GitHub commits; push and closed are told."""
    number = sandbox.open_pull(REPO, "feature", "A title", "The body", files={"new.txt": "1\n"}, by="octo-writer")
    pull = repo.get_pull(number)
    assert sandbox.wait_idle()
    receiver.heard.clear()

    done = pull.merge(merge_method="squash", sha=pull.head.sha)

    commit = repo.get_git_commit(done.sha)
    assert commit.message == f"A title (#{number})\n\nThe body"
    assert (commit.author.name, commit.committer.email) == ("octo-writer", "noreply@github.com")
    assert commit.verification.verified
    assert len(commit.parents) == 1
    assert sandbox.wait_idle()
    assert receiver.names() == ["push", "check_suite.requested", "pull_request.closed"]
    told = receiver.last("pull_request.closed")["pull_request"]
    assert (told["merged"], told["merge_commit_sha"], told["merged_by"]["login"]) == (True, done.sha, "discharge[bot]")
    assert repo.get_pull(number).is_merged()
    assert sandbox.read(REPO, "main", "new.txt") == "1\n"


def test_a_merge_commit_has_two_parents(sandbox: Sandbox, repo: Repository) -> None:
    """The method merge makes GitHub's own message, and keeps the commits."""
    number = sandbox.open_pull(REPO, "feature", "A title", files={"new.txt": "1\n"})

    done = repo.get_pull(number).merge()

    commit = repo.get_git_commit(done.sha)
    assert commit.message == f"Merge pull request #{number} from acme/feature\n\nA title"
    assert len(commit.parents) == 2
    assert repo.get_pull(number).changed_files == 1


def test_a_rebase_writes_each_commit_anew(sandbox: Sandbox, repo: Repository) -> None:
    """The method rebase puts the commits one after another on the moved base."""
    number = sandbox.open_pull(REPO, "feature", "First", files={"new.txt": "1\n"})
    sandbox.push(REPO, "feature", {"new.txt": "2\n"}, "Second\n")
    moved = sandbox.push(REPO, "main", {"other.txt": "x\n"})

    done = repo.get_pull(number).merge(merge_method="rebase")

    log = [each.commit.message for each in repo.get_commits(sha=done.sha)]
    assert log[:3] == ["Second\n", "First\n", "A change\n"]
    assert repo.get_git_commit(done.sha).parents[0].sha != moved
    assert sandbox.read(REPO, "main", "new.txt") == "2\n"


def test_words_of_ones_own_become_the_commit(sandbox: Sandbox, repo: Repository) -> None:
    """Title and message of a merge are taken as they are given."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    done = repo.get_pull(number).merge(commit_title="spec(x): v2", commit_message="why\n\nA: b", merge_method="squash")

    assert repo.get_git_commit(done.sha).message == "spec(x): v2\n\nwhy\n\nA: b"


def test_a_merge_pinned_to_another_head_is_refused(sandbox: Sandbox, repo: Repository) -> None:
    """A moved head is 409, so that nothing untested is merged."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    seen = repo.get_pull(number)
    sandbox.push(REPO, "feature", {"new.txt": "2\n"})

    with pytest.raises(GithubException, match="Head branch was modified") as caught:
        seen.merge(sha=seen.head.sha)

    assert caught.value.status == 409


def test_a_conflict_is_dirty_and_cannot_be_merged(sandbox: Sandbox, repo: Repository) -> None:
    """Two changes to one line conflict: mergeable is false, the merge 405."""
    number = sandbox.open_pull(REPO, "feature", files={"README.md": "mine\n"})
    sandbox.push(REPO, "main", {"README.md": "theirs\n"})

    pull = repo.get_pull(number)

    assert (pull.mergeable, pull.mergeable_state) == (False, "dirty")
    for method in ("merge", "rebase"):
        with pytest.raises(GithubException, match="not mergeable") as caught:
            pull.merge(merge_method=method)
        assert caught.value.status == 405


def test_a_commit_that_cannot_be_rebased_is_refused(sandbox: Sandbox, repo: Repository) -> None:
    """Commits that conflict one by one cannot be rebased, though their sum can be merged."""
    number = sandbox.open_pull(REPO, "feature", files={"README.md": "mine\n"})
    sandbox.push(REPO, "feature", {"README.md": "# speak\n", "more.txt": "x\n"})
    sandbox.push(REPO, "main", {"README.md": "theirs\n"})

    pull = repo.get_pull(number)

    assert pull.mergeable
    with pytest.raises(GithubException, match="can't be rebased"):
        pull.merge(merge_method="rebase")


def test_a_method_that_is_switched_off_is_refused(sandbox: Sandbox, repo: Repository) -> None:
    """Settings of the repository decide which methods there are."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    sandbox.settings(REPO, squash=False)

    with pytest.raises(GithubException, match="Squash merges are not allowed on this repository"):
        repo.get_pull(number).merge(merge_method="squash")


def test_a_draft_waits(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """A draft cannot be merged until it is ready for review."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"}, draft=True)
    assert repo.get_pull(number).mergeable_state == "draft"
    with pytest.raises(GithubException, match="still a draft"):
        repo.get_pull(number).merge()

    sandbox.set_draft(REPO, number, draft=False)
    sandbox.set_draft(REPO, number, draft=False)
    assert sandbox.merge(REPO, number)
    assert sandbox.wait_idle()
    assert receiver.names().count("pull_request.ready_for_review") == 1


def test_a_merged_branch_is_deleted_where_that_is_set(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """The setting deletes the branch after the merge, which stays merged."""
    sandbox.settings(REPO, delete_branch=True)
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    sandbox.merge(REPO, number)

    assert "feature" not in sandbox.snapshot(REPO)["branches"]
    assert repo.get_pull(number).merged
    assert sandbox.wait_idle()
    assert [each.payload["deleted"] for each in receiver.heard if each.event == "push"] == [False, False, True]


def test_a_pull_request_whose_commits_were_pushed_is_merged(sandbox: Sandbox, repo: Repository) -> None:
    """Who pushes a branch's commits to the base by hand has merged it."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    head = repo.get_pull(number).head.sha

    repo.get_git_ref("heads/main").edit(head)

    assert repo.get_pull(number).merged
    assert repo.get_pull(number).changed_files == 1


def test_an_edit_tells_what_changed(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """Title, body and base are edited with the words that stood before; nothing new is no event."""
    sandbox.push(REPO, "release", {"r.txt": "1\n"})
    number = sandbox.open_pull(REPO, "feature", "Old", "B", files={"new.txt": "1\n"})

    repo.get_pull(number).edit(title="New", body="C", base="release")
    repo.get_pull(number).edit(title="New")

    assert sandbox.wait_idle()
    assert receiver.names().count("pull_request.edited") == 1
    changes = receiver.last("pull_request.edited")["changes"]
    assert (changes["title"]["from"], changes["body"]["from"], changes["base"]["ref"]["from"]) == ("Old", "B", "main")
    with pytest.raises(GithubException, match="base"):
        repo.get_pull(number).edit(base="nowhere")


def test_closing_and_reopening(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """A closed pull request can be opened again; closing twice is closing once."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})

    repo.get_pull(number).edit(state="closed")
    sandbox.close(REPO, number)
    repo.get_pull(number).edit(state="open")

    assert sandbox.wait_idle()
    names = receiver.names()
    assert (names.count("pull_request.closed"), names.count("pull_request.reopened")) == (1, 1)


def test_labels_are_made_when_they_are_new(
    sandbox: Sandbox, repo: Repository, receiver: Receiver, watch: Watch
) -> None:
    """A label that the repository lacks is made; twice is once; taking off one that is not there is 404."""
    watch.expect("labels request")  # PyGithub sends a bare list, which GitHub takes and its description does not
    issue = repo.get_pull(sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})).as_issue()

    issue.add_to_labels("discharge", "bug")
    issue.add_to_labels("discharge")
    issue.remove_from_labels("bug")

    assert [each.name for each in issue.get_labels()] == ["discharge"]
    assert "discharge" in [each.name for each in repo.get_labels()]
    assert repo.get_label("discharge").color == "ededed"
    assert sandbox.wait_idle()
    assert receiver.names().count("pull_request.labeled") == 2
    assert receiver.last("pull_request.unlabeled")["label"]["name"] == "bug"
    with pytest.raises(GithubException, match="Label does not exist"):
        issue.remove_from_labels("bug")
    issue.set_labels("enhancement")
    assert [each.name for each in issue.get_labels()] == ["enhancement"]


def test_the_branch_of_a_pull_request_can_be_updated(sandbox: Sandbox, repo: Repository) -> None:
    """The base is merged into the branch; without new commits, with conflicts or on another head it is refused."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    pull = repo.get_pull(number)
    assert not pull.update_branch()
    sandbox.push(REPO, "main", {"other.txt": "x\n"})

    assert pull.update_branch(pull.head.sha)
    assert not pull.update_branch("0" * 40)

    assert len(repo.get_git_commit(repo.get_pull(number).head.sha).parents) == 2
    sandbox.push(REPO, "feature", {"other.txt": "y\n"})
    sandbox.push(REPO, "main", {"other.txt": "z\n"})
    assert not pull.update_branch(repo.get_pull(number).head.sha)


def test_a_pull_request_from_a_fork(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """A fork's commits are taken over below refs/pull; head and base name different repositories."""
    fork = sandbox.fork(REPO, "outsider")
    number = sandbox.open_pull(REPO, "patch", files={"new.txt": "1\n"}, by="outsider", fork=fork)
    sandbox.push(fork, "patch", {"new.txt": "2\n"}, by="outsider")

    pull = repo.get_pull(number)

    assert (pull.head.repo.full_name, pull.base.repo.full_name) == ("outsider/speak", REPO)
    assert repo.get_git_ref(f"pull/{number}/head").object.sha == pull.head.sha
    sandbox.merge(REPO, number)
    assert sandbox.read(REPO, "main", "new.txt") == "2\n"
    assert sandbox.wait_idle()
    assert receiver.last("pull_request.closed")["pull_request"]["head"]["repo"]["fork"] is True
