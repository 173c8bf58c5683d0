"""Tags and releases through GitHub's API: none is moved, none is made twice, and what was half made is completed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.github import Moved, Refused, ReleaseDraft
from app.hub.wire import find_hosts
from tests.app.remote import HELLO, Remote, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.hub.client import Client

TAG = "a-v1-v1.3.0"
FILES = (("receipt.json", b"{}\n"), ("log.txt", b"\x00hello\n"))


@pytest.fixture(params=["", "/api/v3"], ids=["github.com", "enterprise"])
def remote(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Remote]:
    """GitHub, with the app installed."""
    with visit(tmp_path, request.param) as remote:
        yield remote


@pytest.fixture
def client(remote: Remote) -> Iterator[Client]:
    """The app's client of `acme/hello`."""
    with remote.client() as client:
        yield client


def draft(remote: Remote) -> ReleaseDraft:
    """Return a release of the first commit, with two files."""
    return ReleaseDraft(TAG, remote.first, "a-v1 v1.3.0", "Notes\n", FILES)


def releases(remote: Remote) -> Any:
    """Return what people see of the releases."""
    return remote.snapshot()["releases"]


def test_a_tag_is_made_once_and_never_moved(remote: Remote, client: Client) -> None:
    """Twice on the same commit is once; on another commit it is refused, and stands where it stood."""
    second = remote.sandbox.push(HELLO, "main", {"n.txt": "n\n"})
    assert client.find_tag(TAG) is None

    client.write_tag(TAG, remote.first)
    client.write_tag(TAG, remote.first)
    with pytest.raises(Moved, match=f"the tag {TAG} stands on another commit"):
        client.write_tag(TAG, second)

    assert client.find_tag(TAG) == remote.first


def test_a_tag_with_words_is_seen_through(remote: Remote, client: Client) -> None:
    """A person's tag may be an object of its own: what counts is the commit behind it."""
    remote.sandbox.tag(HELLO, TAG, remote.first, message="by hand")

    assert client.find_tag(TAG) == remote.first
    client.write_tag(TAG, remote.first)


def test_a_tag_that_github_does_not_take_is_refused(remote: Remote, client: Client) -> None:
    """A commit that is not there."""
    with pytest.raises(Refused, match="Object does not exist"):
        client.write_tag(TAG, "1" * 40)


def test_a_release_has_its_files_before_anybody_sees_it(remote: Remote, client: Client) -> None:
    """A draft, the files, then for all to see; never the latest; five requests."""
    client.write_tag(TAG, remote.first)
    remote.told.clear()

    client.write_release(draft(remote))

    assert [route.partition("{repository}")[2] for route in remote.routes] == [
        "/releases 201",
        "/releases/{number}/assets 201",
        "/releases/{number}/assets 201",
        "/releases/{number} 200",
    ]
    (shown,) = releases(remote)
    assert shown == {
        "tag": TAG,
        "name": "a-v1 v1.3.0",
        "body": "Notes\n",
        "draft": False,
        "latest": False,
        "author": "discharge[bot]",
        "files": {"log.txt": "\x00hello\n", "receipt.json": "{}\n"},
    }
    (found,) = client.find_releases(TAG)
    assert (found.draft, found.fixed, sorted(found.files)) == (False, False, ["log.txt", "receipt.json"])


def test_a_half_made_release_is_completed(remote: Remote, client: Client) -> None:
    """What a broken upload left is taken away, what is whole is kept, what is missing comes, and it is published."""
    made = client.wire.ask("POST", "/repos/{repository}/releases", {"tag_name": TAG, "draft": True}, repository=HELLO)
    remote.sandbox.break_off(HELLO, made["id"], "log.txt")
    client.wire.upload(made["upload_url"].partition("{")[0], "upload", FILES[0], lambda: None)
    (found,) = client.find_releases(TAG)
    assert (found.id, found.draft, found.files) == (made["id"], True, ("receipt.json",))

    client.write_release(replace(draft(remote), release=found.id))

    (shown,) = releases(remote)
    assert (shown["draft"], shown["latest"], len(shown["files"])) == (False, False, 2)
    remote.told.clear()
    client.write_release(replace(draft(remote), release=found.id))
    assert len(remote.routes) == 1
    assert len(releases(remote)) == 1


def test_the_second_draft_of_a_tag_is_taken_away(remote: Remote, client: Client) -> None:
    """Two processes may both have made one: the first to publish wins, and nothing is left of the other."""
    client.write_release(draft(remote))

    client.write_release(draft(remote))

    assert len(releases(remote)) == 1
    assert not releases(remote)[0]["draft"]


def test_what_github_does_not_take_of_a_release_is_refused(remote: Remote, client: Client) -> None:
    """Notes that are too long, and an empty file: said, and nothing is published."""
    with pytest.raises(Refused, match="body is too long"):
        client.write_release(replace(draft(remote), notes="n" * 125_001))
    with pytest.raises(Refused, match="is not a valid tag"):
        client.write_release(replace(draft(remote), tag="a..b"))

    assert releases(remote) == []


def test_a_file_goes_to_no_host_but_githubs(client: Client) -> None:
    """The address comes from outside, and the token would go with it."""
    with pytest.raises(Refused, match="which is no host of"):
        client.wire.upload("https://evil.example/upload", "upload", FILES[0], lambda: None)


@pytest.mark.parametrize(
    ("api", "host"),
    [
        ("https://api.github.com", "https://uploads.github.com"),
        ("https://api.acme.ghe.com", "https://uploads.acme.ghe.com"),
        ("https://git.acme.org/api/v3", "https://git.acme.org"),
    ],
)
def test_where_files_may_be_sent_to(api: str, host: str) -> None:
    """On github.com and its like to a host of its own; on an Enterprise Server to the same."""
    assert host in find_hosts(api)
