"""Tags and releases through the API: drafts, files, limits, and what GitHub refuses."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import requests
from github import Auth, Github, GithubException

from app.sandbox.model import Asset
from app.sandbox.remote import Remote

if TYPE_CHECKING:
    from github.GitRelease import GitRelease
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch

REPO = "acme/speak"
TAG = "speak-v1-v1.3.0"


def draft(repo: Repository, tag: str = TAG, **more: Any) -> GitRelease:
    """Make a draft at the head of the default branch."""
    head = repo.get_branch("main").commit.sha
    wish: dict[str, Any] = {"draft": True, "target_commitish": head, "make_latest": "false"} | more
    return repo.create_git_release(tag, "A title", "Notes", **wish)


def upload(release: GitRelease, name: str, data: bytes = b"content") -> Any:
    """Give a release a file."""
    return release.upload_asset_from_memory(io.BytesIO(data), len(data), name, "text/plain", "")


def send(sandbox: Sandbox, release: GitRelease, data: bytes) -> requests.Response:
    """Give a release a file as a program does that takes no library."""
    url = f"{release.upload_url.partition('{')[0]}?name=sent.txt&label=Sent"
    headers = {"Authorization": f"token {sandbox.sign_in('octo-writer')}", "Content-Type": "text/plain"}
    return requests.post(url, data, headers=headers, timeout=20)


def errors(caught: pytest.ExceptionInfo[GithubException]) -> Any:
    """Return the first of the errors that GitHub tells."""
    return caught.value.data["errors"][0]


def test_a_draft_becomes_a_release(sandbox: Sandbox, repo: Repository) -> None:
    """A draft has no tag and is nobody's to see; published, it makes its tag where there is none."""
    made = draft(repo)
    assert made.draft
    assert made.raw_data["published_at"] is None
    assert sandbox.snapshot(REPO)["tags"] == {}
    with pytest.raises(GithubException, match="404"):
        repo.get_release(TAG)

    upload(made, "log.txt", b"hello\n")
    made.update_release("A title", "Notes", draft=False, make_latest="false")

    assert repo.get_release(TAG).id == made.id
    assert sandbox.snapshot(REPO)["tags"] == {TAG: "The beginning\n"}
    (shown,) = sandbox.snapshot(REPO)["releases"]
    assert (shown["draft"], shown["latest"], shown["files"]) == (False, False, {"log.txt": "hello\n"})
    with pytest.raises(GithubException, match="404"):
        repo.get_latest_release()


def test_drafts_are_seen_by_who_may_write(sandbox: Sandbox, repo: Repository) -> None:
    """A reader finds no draft, in no list and by no number."""
    made = draft(repo)
    token = sandbox.sign_in("octo-reader")
    there = Github(auth=Auth.Token(token), base_url=sandbox.url, seconds_between_requests=None).get_repo(REPO)

    assert [each.id for each in repo.get_releases()] == [made.id]
    assert list(there.get_releases()) == []
    with pytest.raises(GithubException, match="404"):
        there.get_release(made.id)


def test_one_release_a_tag_is_published(repo: Repository) -> None:
    """Any number of drafts may name a tag; the second to be published is refused, and stays a draft."""
    one, two = draft(repo), draft(repo)
    one.update_release("One", "Notes", draft=False)

    with pytest.raises(GithubException) as caught:
        two.update_release("Two", "Notes", draft=False)

    assert (errors(caught)["code"], errors(caught)["field"]) == ("already_exists", "tag_name")
    assert repo.get_latest_release().id == one.id
    assert repo.get_release(two.id).draft
    assert repo.get_release(two.id).name == "A title"
    two.delete_release()
    assert [each.id for each in repo.get_releases()] == [one.id]


@pytest.mark.parametrize(
    ("tag", "more", "field"),
    [
        ("with space", {}, "tag_name"),
        ("ends.lock", {}, "tag_name"),
        (TAG, {"target_commitish": "0" * 40}, "target_commitish"),
    ],
)
def test_what_cannot_be_released_is_refused(repo: Repository, tag: str, more: dict[str, str], field: str) -> None:
    """A tag that git does not take, and a commit that is not there."""
    with pytest.raises(GithubException) as caught:
        draft(repo, tag, **more)

    assert errors(caught)["field"] == field


def test_notes_have_a_limit(repo: Repository) -> None:
    """GitHub takes 125,000 characters, and not one more."""
    head = repo.get_branch("main").commit.sha
    repo.create_git_release("fits", "T", "n" * 125_000, draft=True, target_commitish=head)

    with pytest.raises(GithubException) as caught:
        repo.create_git_release("long", "T", "n" * 125_001, draft=True, target_commitish=head)

    assert errors(caught)["message"] == "body is too long (maximum is 125000 characters)"


def test_files_have_names_of_their_own_and_content(sandbox: Sandbox, repo: Repository) -> None:
    """A name is taken once, odd signs in it become points, and an empty file is refused; a deleted one comes anew."""
    made = draft(repo)
    first = upload(made, "a log.txt")
    assert first.name == "a.log.txt"
    with pytest.raises(GithubException) as caught:
        upload(made, "a.log.txt")
    assert errors(caught) == {"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}
    assert send(sandbox, made, b"").json()["errors"][0]["message"] == "size must be greater than or equal to 1"
    with pytest.raises(GithubException) as caught:
        upload(made, "...")
    assert errors(caught)["code"] == "missing_field"

    first.delete_asset()
    upload(made, "a.log.txt", b"again")

    assert [(each.name, each.size, each.state) for each in made.get_assets()] == [("a.log.txt", 5, "uploaded")]
    assert sandbox.snapshot(REPO)["releases"][0]["files"] == {"a.log.txt": "again"}
    with pytest.raises(GithubException, match="404"):
        first.delete_asset()


def test_an_upload_that_broke_off_leaves_a_file_that_is_not_whole(sandbox: Sandbox, repo: Repository) -> None:
    """It takes the name, says so, and can be deleted."""
    made = draft(repo)
    sandbox.break_off(REPO, made.id, "log.txt")

    (left,) = made.get_assets()
    assert (left.name, left.state) == ("log.txt", "open")
    assert isinstance(sandbox.world.find(left.node_id), Asset)
    with pytest.raises(GithubException, match="already_exists"):
        upload(made, "log.txt")
    left.delete_asset()
    assert upload(made, "log.txt").state == "uploaded"


def test_people_tag_and_release_too(sandbox: Sandbox, repo: Repository, watch: Watch) -> None:
    """A person's tag stands where it was put; one with a message is an object of its own; over HTTP as well."""
    watch.expect("refs/{ref} 422: a body")
    head = repo.get_branch("main").commit.sha
    remote = Remote(sandbox.url)
    remote.tag(REPO, "plain", head)
    remote.tag(REPO, "told", head, message="with words")

    assert repo.get_git_ref("tags/plain").object.sha == head
    told = repo.get_git_ref("tags/told").object
    assert told.type == "tag"
    tag = repo.get_git_tag(told.sha)
    assert (tag.tag, tag.message, tag.object.sha, tag.tagger.name) == ("told", "with words", head, "octo-maintainer")
    with pytest.raises(GithubException, match="404"):
        repo.get_git_tag(head)
    assert sandbox.snapshot(REPO)["tags"] == {"plain": "The beginning\n", "told": "The beginning\n"}
