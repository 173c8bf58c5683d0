"""Git through the API: refs, blobs, trees, commits, files, comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import GithubException, InputGitAuthor, InputGitTreeElement
from github.ContentFile import ContentFile

if TYPE_CHECKING:
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


def test_a_commit_is_made_of_blobs_and_trees(sandbox: Sandbox, repo: Repository, receiver: Receiver) -> None:
    """Blob, tree, commit, ref: the long way to a branch; without an author the app's commit is verified."""
    head = repo.get_branch("main").commit
    blob = repo.create_git_blob("00binary7777aa", "utf-8")
    parts = [
        InputGitTreeElement("docs/a.txt", "100644", "blob", content="text\n"),
        InputGitTreeElement("docs/b.bin", "100755", "blob", sha=blob.sha),
        InputGitTreeElement("README.md", "100644", "blob", sha=None),
    ]
    tree = repo.create_git_tree(parts, base_tree=head.commit.tree)
    commit = repo.create_git_commit("a message\n\nA: b", tree, [head.commit])
    repo.create_git_ref("refs/heads/made", commit.sha)

    assert repo.get_git_commit(commit.sha).verification.verified
    assert (commit.committer.name, commit.author.name) == ("GitHub", "discharge[bot]")
    assert sorted(e.path for e in repo.get_git_tree("made", recursive=True).tree if e.type == "blob") == [
        "contracts/speak-v1.yaml", "docs/a.txt", "docs/b.bin", "src/speak.sh",
    ]  # fmt: skip
    assert sandbox.read(REPO, "made", "docs/a.txt") == "text\n"
    assert repo.get_git_blob(blob.sha).size == 14
    assert sandbox.wait_idle()
    assert receiver.last("push")["head_commit"]["removed"] == ["README.md"]
    author = InputGitAuthor("Somebody", "somebody@example.org")
    own = repo.create_git_commit("own", tree, [head.commit], author=author)
    assert (own.author.name, repo.get_git_commit(own.sha).verification.verified) == ("Somebody", False)


def test_refs_move_forward_or_by_force(sandbox: Sandbox, repo: Repository, watch: Watch) -> None:
    """A ref moves forward; backward only by force; what is not there, or is already, is 422."""
    watch.expect("refs/{ref} 422: a body")  # GitHub says why, its description does not
    first = repo.get_branch("main").commit.sha
    second = sandbox.push(REPO, "main", {"a.txt": "1\n"})
    ref = repo.create_git_ref("refs/heads/one/two", first)

    ref.edit(second)
    with pytest.raises(GithubException, match="not a fast forward"):
        ref.edit(first)
    ref.edit(first, force=True)

    assert repo.get_git_ref("heads/one/two").object.sha == first
    assert [each.ref for each in repo.get_git_matching_refs("heads/one")] == ["refs/heads/one/two"]
    with pytest.raises(GithubException, match="Reference already exists"):
        repo.create_git_ref("refs/heads/one/two", first)
    with pytest.raises(GithubException, match="Object does not exist"):
        repo.create_git_ref("refs/heads/three", "0" * 39 + "1")
    with pytest.raises(GithubException, match="Reference update failed"):
        repo.create_git_ref("refs/heads/one/two/three", first)
    with pytest.raises(GithubException, match="must start with 'refs/'"):
        repo.create_git_ref("heads/three", first)
    with pytest.raises(GithubException, match="Cannot delete the default branch"):
        repo.get_git_ref("heads/main").delete()
    ref.delete()
    for act in (ref.delete, lambda: ref.edit(first)):
        with pytest.raises(GithubException, match="Reference does not exist"):
            act()
    with pytest.raises(GithubException):
        repo.get_git_ref("heads/one/two")


def test_branches_say_whether_they_are_protected(sandbox: Sandbox, repo: Repository) -> None:
    """The default branch is protected where a check is required."""
    sandbox.push(REPO, "feature", {"a.txt": "1\n"})
    sandbox.require(REPO, "discharge", app=7)

    assert {each.name: each.protected for each in repo.get_branches()} == {"feature": False, "main": True}
    shown = repo.get_branch("main").raw_data["protection"]["required_status_checks"]
    assert shown["checks"] == [{"context": "discharge", "app_id": 7}]
    with pytest.raises(GithubException, match="Branch not found"):
        repo.get_branch("nowhere")


def test_files_are_read_written_and_deleted(sandbox: Sandbox, repo: Repository, watch: Watch) -> None:
    """Contents: a file by its path and ref, a folder's list, a change pinned to the file that stood there."""
    watch.expect("contents/{path} 409")  # described as one of two shapes, of which an error always fits both
    made = repo.create_file("a b/ü.txt", "add", "one\n", branch="main")
    assert isinstance(made["content"], ContentFile)
    path = made["content"].path
    assert repo.get_contents(path).decoded_content == b"one\n"  # type: ignore[union-attr]
    assert [each.name for each in repo.get_contents("a b")] == ["ü.txt"]  # type: ignore[union-attr]
    assert sorted(each.path for each in repo.get_contents("")) == ["README.md", "a b", "contracts", "src"]  # type: ignore[union-attr]

    changed = repo.update_file(path, "change", "two\n", made["content"].sha)
    with pytest.raises(GithubException, match="does not match") as caught:
        repo.update_file(path, "again", "three\n", made["content"].sha)
    assert caught.value.status == 409
    with pytest.raises(GithubException, match="wasn't supplied"):
        repo.create_file(path, "again", "three\n")
    repo.delete_file(path, "away", changed["content"].sha)

    assert repo.get_commits()[0].commit.message == "away"
    assert repo.get_contents(path, ref=changed["commit"].sha).decoded_content == b"two\n"  # type: ignore[union-attr]
    for wrong in ({"path": path}, {"path": "README.md", "ref": "nowhere"}):
        with pytest.raises(GithubException) as missing:
            repo.get_contents(**wrong)
        assert missing.value.status == 404
    with pytest.raises(GithubException, match="Branch nowhere not found"):
        repo.create_file("x", "m", "c", branch="nowhere")
    with pytest.raises(GithubException) as gone:
        repo.delete_file("nothing.txt", "m", "0" * 40)
    assert gone.value.status == 404


def test_a_path_that_cannot_be_is_refused(repo: Repository) -> None:
    """Paths that git refuses are 422, not a traceback."""
    with pytest.raises(GithubException) as caught:
        repo.create_file(".git/hooks/x", "m", "c")
    assert caught.value.status == 422
    with pytest.raises(GithubException) as tree:
        repo.create_git_tree([InputGitTreeElement("x", "100644", "blob", sha="1" * 40)])
    assert tree.value.status == 422


def test_commits_are_listed_and_compared(sandbox: Sandbox, repo: Repository) -> None:
    """The log, one commit with its files, and what lies between two commits, either way."""
    first = repo.get_branch("main").commit.sha
    sandbox.push(REPO, "feature", {"README.md": "# other\nmore\n", "src/speak.sh": None, "b.txt": "b\n"}, "One\n")
    second = sandbox.push(REPO, "main", {"c.txt": "1\n"}, "Two\n")

    ahead, split = repo.compare(first, second), repo.compare("main", "feature")

    assert (ahead.status, ahead.ahead_by, ahead.behind_by, ahead.total_commits) == ("ahead", 1, 0, 1)
    assert (split.status, split.ahead_by, split.behind_by) == ("diverged", 1, 1)
    assert split.merge_base_commit.sha == first
    assert {each.filename: each.status for each in split.files} == {
        "README.md": "modified", "b.txt": "added", "src/speak.sh": "removed",
    }  # fmt: skip
    assert repo.compare(second, first).status == "behind"
    assert repo.compare("main", second).status == "identical"
    assert [each.commit.message for each in repo.get_commits()] == ["Two\n", "The beginning\n"]
    one = repo.get_commit("feature")
    assert (one.stats.additions, one.stats.deletions, len(list(one.files))) == (3, 2, 3)
    assert "+# other" in next(each.patch for each in one.files if each.filename == "README.md")
    assert one.author.login == "octo-maintainer"
    for wrong in (lambda: repo.compare("main", "nowhere"), lambda: repo.get_commit("nowhere")):
        with pytest.raises(GithubException):
            wrong()


def test_the_pull_requests_of_a_commit(sandbox: Sandbox, repo: Repository) -> None:
    """A landed commit names the pull request that it came from."""
    number = sandbox.open_pull(REPO, "feature", files={"new.txt": "1\n"})
    sha = sandbox.merge(REPO, number)

    assert [each.number for each in repo.get_commit(sha).get_pulls()] == [number]


def test_objects_that_are_not_there_are_not_found(repo: Repository) -> None:
    """Unknown ids are 404."""
    for get in (repo.get_git_blob, repo.get_git_tree, repo.get_git_commit):
        with pytest.raises(GithubException) as caught:
            get("1" * 40)
        assert caught.value.status == 404


def test_the_repository_says_what_is_set(sandbox: Sandbox, repo: Repository) -> None:
    """Settings, owner and permissions stand in the repository."""
    sandbox.settings(REPO, auto_merge=False, delete_branch=True)

    repo.update()

    assert (repo.allow_auto_merge, repo.delete_branch_on_merge, repo.organization.login) == (False, True, "acme")
    assert repo.default_branch == "main"
    assert repo.permissions.pull
    with pytest.raises(TypeError, match="no switch"):
        sandbox.settings(REPO, required=True)
