"""The door to GitHub: who the app is, where it is installed, what did not arrive, and what its parts share."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from app.github import Refused
from app.hub.access import Access, find_web
from app.hub.application import Identity, Installation
from app.hub.token import Tokens
from app.hub.wire import Busy
from contracts.error import Unreadable
from tests.app.remote import HELLO, Remote, find_key, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """GitHub, with the app installed."""
    with visit(tmp_path) as remote:
        yield remote


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.github.com/", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://github.acme.example/api/v3", "https://github.acme.example"),
        ("https://api.acme.example/api/v3/", "https://api.acme.example"),
        ("http://127.0.0.1:4500", "http://127.0.0.1:4500"),
    ],
)
def test_git_is_found_beside_the_api(api: str, web: str) -> None:
    """GitHub, GitHub with data residency, an Enterprise Server, the sandbox."""
    assert find_web(api) == web


def test_the_app_knows_itself(remote: Remote) -> None:
    """Its number, its name, the account that it writes under."""
    with remote.access.application() as application:
        assert application.identify() == Identity(remote.app, "discharge")
        assert application.identify().login == "discharge[bot]"


def test_installations_and_their_repositories_are_listed(remote: Remote) -> None:
    """All pages of them; a suspended installation is told, and lists nothing."""
    for n in range(101):
        remote.sandbox.world.add_repository(f"acme/r{n}")
    other = remote.sandbox.install("discharge", "other")
    remote.sandbox.suspend(other)
    with remote.access.application() as application:
        assert sorted(application.installations(), key=lambda one: one.id) == [
            Installation(remote.installation, "acme", suspended=False),
            Installation(other, "other", suspended=True),
        ]
        remote.told.clear()
        assert set(application.repositories(remote.installation)) == {HELLO, *(f"acme/r{n}" for n in range(101))}
        assert len(remote.routes) == 2
        with pytest.raises(Refused):
            list(application.repositories(other))


def test_webhooks_that_did_not_arrive_are_sent_again(remote: Remote) -> None:
    """The attempts of the last days are listed, newest first; a redelivery is another attempt with the same guid."""
    remote.sandbox.hook("discharge", "http://127.0.0.1:1/webhook")
    begin = datetime.now(UTC) - timedelta(minutes=1)
    remote.sandbox.freeze((begin - timedelta(days=5)).timestamp())
    remote.sandbox.ping("discharge")
    assert remote.sandbox.wait_idle()
    remote.sandbox.freeze(None)
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    assert remote.sandbox.wait_idle()
    with remote.access.application() as application:
        sent = list(application.deliveries(begin))
        assert sent
        assert "ping" not in {one.event for one in sent}
        lost = next(one for one in sent if one.event == "pull_request")
        assert (lost.arrived, number) == (False, 1)
        application.redeliver(lost.id)
        assert remote.sandbox.wait_idle()
        again = next(application.deliveries(begin))
        assert (again.guid, again.id != lost.id) == (lost.guid, True)
        with pytest.raises(Refused):
            application.redeliver(1)


def test_a_wrong_key_is_refused(remote: Remote) -> None:
    """GitHub does not know who signs with another app's number."""
    access = Access(remote.access.terms, Tokens(999, find_key(), remote.access.terms), remote.access.data)
    with access.application() as application, pytest.raises(Refused):
        application.identify()


def test_clients_of_an_installation_share_token_and_limits(remote: Remote) -> None:
    """Eight threads with a client each: one token is minted, and what they write together keeps the limit."""
    number = remote.sandbox.open_pull(HELLO, "topic", files={"a.txt": "a\n"})
    comment = remote.sandbox.comment(HELLO, number, "/discharge all")
    busy: list[float] = []

    def work() -> None:
        with remote.access.open(remote.installation, HELLO) as client:
            for _ in range(12):
                try:
                    client.react(comment, "eyes")
                except Busy as error:
                    busy.append(error.wait)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([route for _, route, _ in remote.told if "access_tokens" in route]) == 1
    assert len(busy) == 8 * 12 - 80
    assert all(30 < wait <= 60 for wait in busy)
    with remote.access.open(remote.installation + 1, HELLO) as client, pytest.raises(Refused):
        client.react(comment, "eyes")


def test_a_mirror_is_read_with_a_token_that_may_only_read(remote: Remote) -> None:
    """Git gets contents, and nothing else; a token that ended is replaced."""
    mirror = remote.access.mirror(remote.installation, HELLO)
    assert mirror.fetch(branch="main").commit("main") == remote.first
    values = list(remote.sandbox.world.tokens.values())
    assert [dict(token.permissions or {}) for token in values] == [{"metadata": "read", "contents": "read"}]
    remote.sandbox.world.tokens.clear()
    head = remote.sandbox.push(HELLO, "main", {"b.txt": "b\n"})
    assert mirror.open([head]).read(head, ["b.txt"]) == {"b.txt": b"b\n"}
    assert len(remote.sandbox.world.tokens) == 1
    with pytest.raises(Unreadable):
        remote.access.mirror(remote.installation, "../x")


def test_a_mirror_of_a_removed_installation_is_refused(remote: Remote) -> None:
    """There is no token for it any more."""
    mirror = remote.access.mirror(remote.installation, HELLO)
    mirror.fetch()
    remote.sandbox.uninstall(remote.installation)
    with pytest.raises(Refused):
        mirror.fetch()
