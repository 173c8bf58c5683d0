"""Commits through GitHub's API: signed, never over somebody's work, and the same however often they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.github import Moved, Refused
from app.hub import commit as module
from app.hub.answer import Denied
from tests.app.remote import HELLO, Remote, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.hub.client import Client

BRANCH = "discharge/a-v1/v1.3.0"
MESSAGE = """discharge(a): A-001 → DISCHARGED

Why  so

    indented

Falsifier: A-001
Co-Authored-By: O <o@example.org>
"""
FILES = {"contracts/a.yaml": b"version: 2\n", "evidence/ünï/log 1.txt": b"\x00\xff\r\n"}
START, COMMIT, MOVE = "POST graphql:Start 200", "POST graphql:Commit 200", "POST graphql:Move 200"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """GitHub, with the app installed."""
    with visit(tmp_path) as remote:
        yield remote


@pytest.fixture
def client(remote: Remote) -> Iterator[Client]:
    """The app's client of `acme/hello`, which has surveyed it."""
    with remote.client() as client:
        client.survey()
        remote.told.clear()
        yield client


def store(remote: Remote) -> Any:
    """Return the git repository on GitHub's side."""
    return remote.sandbox.world.repository(HELLO).store


def branches(remote: Remote) -> dict[str, str]:
    """Return branch → commit, but for main."""
    refs = {name.removeprefix("refs/heads/"): sha for name, sha in store(remote).refs.items()}
    return {name: sha for name, sha in refs.items() if name != "main"}


def test_a_new_branch_is_one_request(remote: Remote, client: Client) -> None:
    """Branch and commit are made at once; the commit is verified, its bytes and words are ours."""
    new = client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
    assert remote.routes == [START]
    assert branches(remote) == {BRANCH: new}
    commit = store(remote).commit(new)
    assert (commit.parents, commit.message) == ((remote.first,), MESSAGE)
    assert new in remote.sandbox.world.repository(HELLO).verified
    for path, content in FILES.items():
        assert store(remote).read(f"{new}:{path}")[2] == content


def test_without_a_survey_a_new_branch_takes_two(remote: Remote) -> None:
    """GitHub's own number of the repository is asked for once."""
    with remote.client() as client:
        client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
        assert remote.routes == ["GET /repos/{repository} 200", START]


def test_a_further_commit_is_one_request(remote: Remote, client: Client) -> None:
    """It stands on the one before."""
    tip = client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
    remote.told.clear()
    new = client.write_branch(BRANCH, tip, {"contracts/a.yaml": b"version: 3\n"}, "one line", tip=tip)
    assert remote.routes == [COMMIT]
    assert branches(remote) == {BRANCH: new}
    assert store(remote).commit(new).message == "one line"
    assert store(remote).commit(new).parents == (tip,)


def test_replacing_is_two_requests(remote: Remote, client: Client) -> None:
    """What stood on the branch is replaced in one step, and the branch that it took is gone."""
    tip = client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
    main = remote.sandbox.push(HELLO, "main", {"b.txt": "b\n"})
    remote.told.clear()
    new = client.write_branch(BRANCH, main, FILES, MESSAGE, tip=tip)
    assert remote.routes == [START, MOVE]
    assert branches(remote) == {BRANCH: new}
    assert store(remote).commit(new).parents == (main,)


@pytest.mark.parametrize("kind", ["new", "append", "replace", "gone", "gone, replaced"])
def test_somebody_elses_work_is_never_lost(remote: Remote, client: Client, kind: str) -> None:
    """A branch that stands elsewhere than it must is left as it is, and nothing else is left behind."""
    if kind.startswith("gone"):
        theirs: dict[str, str] = {}
    else:
        theirs = {BRANCH: remote.sandbox.push(HELLO, BRANCH, {"mine.txt": "mine\n"})}
    main = remote.sandbox.push(HELLO, "main", {"b.txt": "b\n"})
    tip = {"new": None, "append": main, "gone": main}.get(kind, remote.first)
    with pytest.raises(Moved):
        client.write_branch(BRANCH, main, FILES, MESSAGE, tip=tip)
    assert branches(remote) == theirs


@pytest.mark.parametrize("kind", ["new", "append", "replace"])
def test_the_same_write_twice_is_one(remote: Remote, client: Client, kind: str) -> None:
    """A restarted process that writes again what stands there already is told its hash."""
    main, tip = remote.first, None
    if kind != "new":
        tip = remote.sandbox.push(HELLO, BRANCH, {"old.txt": "old\n"})
        main = remote.sandbox.push(HELLO, "main", {"b.txt": "b\n"})
    parent = tip if kind == "append" and tip else main
    new = client.write_branch(BRANCH, parent, FILES, MESSAGE, tip=tip)
    assert client.write_branch(BRANCH, parent, FILES, MESSAGE, tip=tip) == new
    assert branches(remote) == {BRANCH: new}
    for other in ({"contracts/a.yaml": b"other\n"}, {**FILES, "more.txt": b"more\n"}):
        with pytest.raises(Moved):
            client.write_branch(BRANCH, parent, other, MESSAGE, tip=tip)
    with pytest.raises(Moved):
        client.write_branch(BRANCH, parent, FILES, "other words\n", tip=tip)
    assert branches(remote) == {BRANCH: new}


def test_a_file_that_does_not_change_is_looked_at_too(remote: Remote, client: Client) -> None:
    """A write that names an unchanged file is known again; one with other content for it is another one."""
    files = {**FILES, "docs/spec.md": b"# Spec\n"}
    new = client.write_branch(BRANCH, remote.first, files, MESSAGE, tip=None)
    assert client.write_branch(BRANCH, remote.first, files, MESSAGE, tip=None) == new
    with pytest.raises(Moved):
        client.write_branch(BRANCH, remote.first, {**FILES, "docs": b"a folder there\n"}, MESSAGE, tip=None)


def test_a_branch_that_was_only_begun_is_finished(remote: Remote, client: Client) -> None:
    """A process that was killed between branch and commit left an empty branch: the commit follows."""
    remote.sandbox.world.repository(HELLO).store.move((f"refs/heads/{BRANCH}", remote.first, None))
    new = client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
    assert remote.routes == [START]
    assert branches(remote) == {BRANCH: new}


@pytest.mark.parametrize("stage", ["begun", "committed"])
def test_a_replacement_that_was_only_begun_is_finished(
    remote: Remote, client: Client, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """A process that was killed before the branch moved left its temporary branch: it is used, and goes."""
    tip = remote.sandbox.push(HELLO, BRANCH, {"old.txt": "old\n"})
    graph = client.wire.graph
    monkeypatch.setattr(client.wire, "graph", _dying(graph))
    with pytest.raises(KeyboardInterrupt):
        client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=tip)
    monkeypatch.setattr(client.wire, "graph", graph)
    scratch = next(name for name in branches(remote) if name.startswith(module.SCRATCH))
    left = branches(remote)[scratch]
    if stage == "begun":
        store(remote).move((f"refs/heads/{scratch}", remote.first, left))
    new = client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=tip)
    assert branches(remote) == {BRANCH: new}
    assert stage == "begun" or new == left


def _dying(graph: Any) -> Any:
    def answer(name: str, *args: Any, **more: Any) -> Any:
        if name == "Move":
            raise KeyboardInterrupt
        return graph(name, *args, **more)

    return answer


def test_a_server_that_stops_at_the_first_error_is_understood(
    remote: Remote, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the branch is there and the commit was not even tried, it is tried alone."""
    store(remote).move((f"refs/heads/{BRANCH}", remote.first, None))
    alone = "mutation Start($ref: CreateRefInput!) { createRef(input: $ref) { ref { name } } }"
    monkeypatch.setattr(module, "START", alone)
    new = client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
    assert remote.routes == [START, COMMIT]
    assert branches(remote) == {BRANCH: new}


def test_a_name_in_the_way_is_refused(remote: Remote, client: Client) -> None:
    """A branch below the name of another cannot be: git has no room for both."""
    remote.sandbox.push(HELLO, "discharge/a-v1", {"a.txt": "a\n"})
    with pytest.raises(Denied, match="cannot be created"):
        client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)


@pytest.mark.parametrize("kind", ["new", "append"])
def test_a_commit_that_is_refused_leaves_nothing(
    remote: Remote, client: Client, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What GitHub does not take is refused for good, and no empty branch stays behind."""
    monkeypatch.setattr("app.hub.commit.base64.b64encode", lambda _: b"no base64")
    tip = remote.sandbox.push(HELLO, BRANCH, {"old.txt": "old\n"}) if kind == "append" else None
    with pytest.raises(Denied, match="Base64"):
        client.write_branch(BRANCH, tip or remote.first, FILES, MESSAGE, tip=tip)
    assert branches(remote) == ({BRANCH: tip} if tip else {})


def test_a_replacement_that_is_refused_leaves_nothing(remote: Remote, client: Client) -> None:
    """The temporary branch goes with it."""
    tip = remote.sandbox.push(HELLO, BRANCH, {"old.txt": "old\n"})
    client._node = "R_wrong"  # noqa: SLF001 - any reason will do
    with pytest.raises(Refused):
        client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=tip)
    assert branches(remote) == {BRANCH: tip}


def test_an_unsigned_commit_is_refused(remote: Remote, client: Client) -> None:
    """An Enterprise Server that does not sign is told, with what to do."""
    repository = remote.sandbox.world.repository(HELLO)
    repository.verified = type("Forgetful", (set,), {"add": lambda *_: None})()
    with pytest.raises(Refused, match="did not sign"):
        client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)


def test_too_much_is_refused_before_it_is_sent(remote: Remote, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub takes about 40 MiB in one request; what is larger is told without asking."""
    monkeypatch.setattr(module, "LIMIT", 5)
    with pytest.raises(Refused, match="larger than"):
        client.write_branch(BRANCH, remote.first, FILES, MESSAGE, tip=None)
    assert remote.routes == []
