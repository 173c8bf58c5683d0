"""Merging once green: by GitHub where something is left to wait for, at once where nothing is, and never otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.github import Moved, Refused
from app.hub.wire import Busy
from tests.app.remote import HELLO, Remote, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.hub.client import Client

AUTO, STATE = "POST graphql:AutoMerge 200", "POST graphql:State 200"
PUT = "PUT /repos/{repository}/pulls/{number}/merge"
WAITING = "merges once its checks pass"


class Story:
    """A pull request of the app, and what becomes of it."""

    def __init__(self, remote: Remote, client: Client) -> None:
        """Open it."""
        self.remote, self.client = remote, client
        client.survey()
        self.head = client.write_branch("topic", remote.first, {"a.txt": b"a\n"}, "A change\n", tip=None)
        self.number = client.open_pull("topic", "main", "A change", "Why", [])
        remote.told.clear()

    def arrange(self, method: str = "squash") -> str:
        """Have it merged."""
        return self.client.merge_when_green(self.number, self.head, method, "Title (#1)", "Body\n\nTrailer: x")  # type: ignore[arg-type]

    @property
    def landed(self) -> list[str]:
        """The messages of main's commits, newest first."""
        messages: list[str] = self.remote.snapshot()["branches"]["main"]["messages"]
        return messages


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """GitHub, with the app installed."""
    with visit(tmp_path) as remote:
        yield remote


@pytest.fixture
def story(remote: Remote) -> Iterator[Story]:
    """A pull request of the app."""
    with remote.client() as client:
        yield Story(remote, client)


def test_github_merges_it_once_its_checks_pass(remote: Remote, story: Story) -> None:
    """One request; the words are ours; asking again changes nothing."""
    remote.sandbox.require(HELLO, "discharge")
    assert story.arrange() == WAITING
    assert remote.routes == [AUTO]
    assert story.arrange() == WAITING
    assert len(story.landed) == 1
    remote.sandbox.check(HELLO, story.head, "discharge", app="discharge")
    assert story.landed[0] == "Title (#1)\n\nBody\n\nTrailer: x"
    assert story.arrange().startswith("merged as ")
    assert len(story.landed) == 2


def test_it_is_merged_at_once_if_nothing_is_left_to_wait_for(remote: Remote, story: Story) -> None:
    """GitHub refuses to wait for nothing: two requests, pinned to the head."""
    commit = story.arrange().removeprefix("merged as ")
    assert remote.routes == [AUTO, f"{PUT} 200"]
    assert story.landed[0] == "Title (#1)\n\nBody\n\nTrailer: x"
    assert (remote.sandbox.world.repository(HELLO).store.tip("main") or "").startswith(commit)
    assert story.arrange() == f"merged as {commit}"
    assert len(story.landed) == 2


def test_a_pull_request_that_nobody_surveyed_is_looked_up(remote: Remote, story: Story) -> None:
    """Its node id takes one request more."""
    remote.sandbox.require(HELLO, "discharge")
    with remote.client() as client:
        assert client.merge_when_green(story.number, story.head, "merge", "T", "B") == WAITING
        assert remote.routes == ["GET /repos/{repository}/pulls/{number} 200", AUTO]


def test_a_check_that_failed_is_not_overruled(remote: Remote, story: Story) -> None:
    """None is required, so GitHub would merge: the app does not."""
    remote.sandbox.check(HELLO, story.head, "tests", "failure", app="discharge")
    assert story.arrange() == "not merged: a check has not passed, and none is required that GitHub could wait for"
    assert remote.routes == [AUTO]
    assert len(story.landed) == 1


def test_without_auto_merge_it_is_merged_if_clean(remote: Remote, story: Story) -> None:
    """Where the repository does not allow auto-merge, the state decides: three requests."""
    remote.sandbox.settings(HELLO, auto_merge=False)
    assert story.arrange().startswith("merged as ")
    assert remote.routes == [AUTO, STATE, f"{PUT} 200"]


def test_without_auto_merge_a_missing_check_is_told(remote: Remote, story: Story) -> None:
    """Nobody waits for it then, and the sentence says so."""
    remote.sandbox.settings(HELLO, auto_merge=False)
    remote.sandbox.require(HELLO, "discharge")
    assert "a required check or review is missing" in story.arrange()
    assert len(story.landed) == 1


@pytest.mark.parametrize("allowed", [True, False])
def test_another_head_is_not_merged(remote: Remote, story: Story, *, allowed: bool) -> None:
    """What was not looked at does not land."""
    remote.sandbox.settings(HELLO, auto_merge=allowed)
    remote.sandbox.push(HELLO, "topic", {"b.txt": "b\n"})
    with pytest.raises(Moved):
        story.arrange()
    assert len(story.landed) == 1


def test_a_head_that_moves_in_between_is_not_merged(
    remote: Remote, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merge itself is pinned, too."""
    graph = story.client.wire.graph

    def answer(name: str, *args: object, **more: object) -> object:
        try:
            return graph(name, *args, **more)  # type: ignore[arg-type]
        finally:
            remote.sandbox.push(HELLO, "topic", {"b.txt": "b\n"})

    monkeypatch.setattr(story.client.wire, "graph", answer)
    with pytest.raises(Moved) as moved:
        story.arrange()
    assert moved.value.status == 409


@pytest.mark.parametrize("kind", ["closed", "draft", "conflict", "method"])
def test_what_is_in_the_way_is_told(remote: Remote, story: Story, kind: str) -> None:
    """Closed, a draft, in conflict, a kind of merge that is not allowed: a sentence, and nothing merged."""
    match kind:
        case "closed":
            remote.sandbox.close(HELLO, story.number)
        case "draft":
            remote.sandbox.settings(HELLO, auto_merge=False)
            remote.sandbox.set_draft(HELLO, story.number, draft=True)
        case "conflict":
            remote.sandbox.settings(HELLO, auto_merge=False)
            remote.sandbox.push(HELLO, "main", {"a.txt": "other\n"})
        case "method":
            remote.sandbox.settings(HELLO, rebase=False)
    before = len(story.landed)
    said = story.arrange("rebase" if kind == "method" else "squash")
    wanted = {"closed": "closed", "draft": "draft", "conflict": "conflicts", "method": "not allowed"}[kind]
    assert said.startswith("not merged: ")
    assert wanted in said
    assert len(story.landed) == before


def test_with_a_merge_queue_it_waits_there(remote: Remote, story: Story) -> None:
    """A queue takes it, once."""
    remote.sandbox.require(HELLO, "discharge")
    remote.sandbox.check(HELLO, story.head, "discharge", app="discharge")
    remote.sandbox.settings(HELLO, queue=True)
    assert story.arrange() == "waits in the merge queue"
    assert story.arrange() == "waits in the merge queue"
    assert len(remote.sandbox.world.repository(HELLO).queue) == 1


def test_a_queue_that_does_not_take_it_is_told(remote: Remote, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head moves just before: it does not join, and the sentence is GitHub's."""
    remote.sandbox.settings(HELLO, queue=True)
    graph = story.client.wire.graph

    def answer(name: str, *args: object, **more: object) -> object:
        if name == "Enqueue":
            remote.sandbox.push(HELLO, "topic", {"b.txt": "b\n"})
        return graph(name, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(story.client.wire, "graph", answer)
    assert story.arrange().startswith("not merged: Head branch was modified")
    assert remote.sandbox.world.repository(HELLO).queue == []


def test_a_state_that_github_does_not_know_yet_is_asked_for_later(
    remote: Remote, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub works out whether a pull request can be merged in its own time."""
    remote.sandbox.settings(HELLO, auto_merge=False)
    graph = story.client.wire.graph

    def answer(name: str, *args: object, **more: object) -> object:
        told = graph(name, *args, **more)  # type: ignore[arg-type]
        told["repository"]["pullRequest"]["mergeStateStatus"] = "UNKNOWN"
        return told

    monkeypatch.setattr(story.client.wire, "graph", answer)
    with pytest.raises(Busy, match="does not know yet"):
        story.arrange()


def test_a_permission_that_is_missing_is_refused(remote: Remote, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no state of the pull request, but for the operator to mend."""
    for token in remote.sandbox.world.tokens.values():
        token.permissions["contents"] = "read"  # type: ignore[index]
    remote.sandbox.settings(HELLO, auto_merge=False)
    with pytest.raises(Refused) as refused:
        story.arrange()
    assert refused.value.status == 403
