"""Webhooks on their way: recorded, lost, delivered again, doubled, out of order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from github import GithubIntegration

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch
    from tests.sandbox.receiver import Receiver

REPO = "acme/speak"


def _talk(sandbox: Sandbox, count: int) -> None:
    number = sandbox.open_issue(REPO, "A question")
    for place in range(count):
        sandbox.comment(REPO, number, f"comment {place}")


def _bodies(receiver: Receiver) -> list[str]:
    return [each.payload["comment"]["body"] for each in receiver.heard if each.event == "issue_comment"]


def test_a_webhook_has_githubs_headers(sandbox: Sandbox, receiver: Receiver) -> None:
    """Event, GUID, signature, hook and target stand in the headers; two stories have the same GUIDs."""
    _talk(sandbox, 1)

    assert sandbox.wait_idle()
    headers = receiver.heard[0].headers
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", headers["x-github-delivery"])
    assert headers["x-github-hook-installation-target-type"] == "integration"
    assert headers["user-agent"].startswith("GitHub-Hookshot/")
    assert headers["x-github-delivery"] == sandbox.deliveries()[-1]["guid"]
    assert receiver.heard[0].signed


def test_webhooks_keep_their_order(sandbox: Sandbox, receiver: Receiver) -> None:
    """What happened first is delivered first."""
    _talk(sandbox, 12)

    assert sandbox.wait_idle()
    assert _bodies(receiver) == [f"comment {place}" for place in range(12)]


def test_webhooks_are_shuffled_and_doubled_by_a_seed(sandbox: Sandbox, receiver: Receiver) -> None:
    """Held back, doubled and shuffled, every delivery arrives, about half of them twice, in the seed's order."""

    def tell() -> list[str]:
        receiver.heard.clear()
        sandbox.hold()
        sandbox.duplicate(7)
        _talk(sandbox, 12)
        sandbox.shuffle(3)
        assert sandbox.wait_idle()
        assert receiver.heard == []
        sandbox.release()
        assert sandbox.wait_idle()
        sandbox.shuffle(None)
        sandbox.duplicate(None)
        return _bodies(receiver)

    first = tell()

    assert set(first) == {f"comment {place}" for place in range(12)}
    assert 14 <= len(first) <= 22
    assert first != sorted(first)
    assert tell() == first


def test_a_lost_webhook_is_found_and_delivered_again(
    sandbox: Sandbox, receiver: Receiver, integration: GithubIntegration
) -> None:
    """A failed delivery stands in the app's list; asking for it again sends the same bytes with the same GUID."""
    sandbox.drop("issue_comment")
    _talk(sandbox, 1)
    assert sandbox.wait_idle()
    assert receiver.heard == []

    def ask(method: str, path: str) -> Any:
        return integration.requester.requestJsonAndCheck(method, f"/app/hook/deliveries{path}")[1]

    failed = next(each for each in ask("GET", "") if each["status_code"] == 0)
    assert failed["status"] == "failed to connect to host"
    ask("POST", f"/{failed['id']}/attempts")

    assert sandbox.wait_idle()
    again = ask("GET", "")[0]
    assert (again["guid"], again["redelivery"], again["status"]) == (failed["guid"], True, "OK")
    assert receiver.heard[0].guid == failed["guid"]
    assert receiver.heard[0].signed
    whole = ask("GET", f"/{again['id']}")
    assert whole["request"]["payload"] == receiver.heard[0].payload
    assert whole["response"]["payload"] == "ok"
    assert sandbox.redeliver(failed["id"]) > again["id"]


def test_answers_are_recorded(sandbox: Sandbox, receiver: Receiver) -> None:
    """A refusal, a timeout's sibling and nobody at home are told apart."""
    receiver.status = 503
    _talk(sandbox, 1)
    assert sandbox.wait_idle()
    assert (sandbox.deliveries()[-1]["code"], sandbox.deliveries()[-1]["status"]) == (503, "Invalid HTTP Response: 503")

    sandbox.hook("discharge", "http://127.0.0.1:1/webhook")
    _talk(sandbox, 1)

    assert sandbox.wait_idle()
    assert sandbox.deliveries()[-1]["status"] == "failed to connect to host"


def test_deliveries_come_in_pages(sandbox: Sandbox, integration: GithubIntegration) -> None:
    """A cursor leads from page to page, newest first; an unknown delivery is 404."""
    _talk(sandbox, 7)
    assert sandbox.wait_idle()
    seen: list[int] = []
    path: str | None = "/app/hook/deliveries?per_page=3"
    while path:
        headers, page = integration.requester.requestJsonAndCheck("GET", path)
        seen += [each["id"] for each in page]
        link = re.search(r'<([^>]+)>; rel="next"', headers.get("link", ""))
        path = link[1].removeprefix(sandbox.url) if link else None

    assert seen == sorted((each["id"] for each in sandbox.deliveries()), reverse=True)
    with pytest.raises(Exception, match="404"):
        integration.requester.requestJsonAndCheck("GET", "/app/hook/deliveries/1")


def test_an_app_hears_what_it_subscribed_to(bare: Sandbox, receiver: Receiver, watch: Watch, key: Any) -> None:
    """Events that an app did not subscribe to are not sent; pings and installations always are."""
    watch.expect("X-Hub-Signature-256 is missing")  # this app has no secret
    bare.repository(REPO, {"a": "1"})
    bare.app("quiet", key.public_key(), hook=(receiver.url, ""), events=["push"])
    bare.ping("quiet")
    number = bare.install("quiet", "acme")
    _talk(bare, 1)
    bare.push(REPO, "x", {"b": "1"})
    bare.uninstall(number)
    bare.push(REPO, "x", {"b": "2"})

    assert bare.wait_idle()
    assert receiver.names() == ["ping", "installation.created", "push", "installation.deleted"]
    assert not receiver.heard[0].signed


def test_installations_are_told(sandbox: Sandbox, receiver: Receiver) -> None:
    """Suspending, adding and taking away repositories are told with their names."""
    number = next(iter(sandbox.world.installations))

    sandbox.cover(number, REPO, covered=False)
    sandbox.cover(number, REPO)
    sandbox.suspend(number)
    sandbox.comment(REPO, sandbox.open_issue(REPO, "unheard"), "x")
    sandbox.suspend(number, suspended=False)

    assert sandbox.wait_idle()
    assert receiver.names() == [
        "installation_repositories.removed",
        "installation_repositories.added",
        "installation.suspend",
        "installation.unsuspend",
    ]
    assert receiver.last("installation_repositories.added")["repositories_added"][0]["full_name"] == REPO
