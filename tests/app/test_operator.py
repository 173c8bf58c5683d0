"""The commands of whoever operates the App: set-up, settings from a file, what failed too often."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.key import make
from app.queue.delivery import PACE, Delivery
from app.queue.inbox import Inbox
from app.terminal import lack
from app.web.settings import NAMES, PREFIX
from app.web.setup import Made
from tests.app.stage import say

if TYPE_CHECKING:
    from pathlib import Path

    from app.web.setup import Order

RSA = generate_private_key(public_exponent=65537, key_size=2048)
PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
NEWS = Delivery("one-delivery", "issue_comment", "acme/speak", b"{}", 1_777_900_000.0)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of this machine be one of a story."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A file of settings, as `discharge setup` writes it."""
    (tmp_path / "app.pem").write_text(PEM, encoding="utf-8")
    (tmp_path / "signing.pem").write_text(make(), encoding="utf-8")
    values = {
        "APP_ID": "123",
        "PRIVATE_KEY_FILE": tmp_path / "app.pem",
        "SIGNING_KEY_FILE": tmp_path / "signing.pem",
        "WEBHOOK_SECRET": "it is a secret to everybody",
        "DATA": tmp_path / "data",
    }
    path = tmp_path / "discharge.env"
    path.write_text("".join(f"{PREFIX}{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    (tmp_path / "data").mkdir()
    return path


def _park(settings: Path) -> None:
    """Let one delivery fail as often as it may."""

    async def fail(_delivery: Delivery, _attempt: int) -> NoReturn:
        raise OSError("GitHub is on fire")

    async def work() -> None:
        pace = replace(PACE, attempts=1)
        inbox = Inbox(f"sqlite:///{settings.parent}/data/discharge.sqlite", fail, pace)
        await inbox.open()
        await inbox.store(NEWS)
        await inbox.wait(NEWS.id)
        await inbox.close()

    asyncio.run(work())


def test_what_failed_too_often_is_listed_and_tried_again(settings: Path) -> None:
    """A parked delivery stands in a table with the reason, and --retry takes it off the list."""
    _park(settings)
    listed = say("parked", "--env-file", str(settings))
    data = say("parked", "--env-file", str(settings), "--json").data
    retried = say("parked", "--retry", NEWS.id, "--env-file", str(settings))
    again = say("parked", "--retry", NEWS.id, "--env-file", str(settings))

    assert listed.status == 1
    assert "GitHub is on fire" in listed.out
    assert "discharge parked --retry ID" in listed.out
    (one,) = data
    assert (one["id"], one["repository"], one["attempts"]) == (NEWS.id, "acme/speak", 1)
    assert one["received"] == "2026-05-04T13:06:40Z"
    assert (retried.status, retried.out) == (0, "no delivery is parked\n")
    assert (again.status, again.err) == (
        2,
        f"error: the delivery {NEWS.id} is not parked. discharge parked lists those that are.\n",
    )


def test_the_environment_wins_over_the_file(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that stands in both is the environment's; a mistake there is told."""
    monkeypatch.setenv("DISCHARGE_PORT", "http")

    said = say("parked", "--env-file", str(settings))

    assert said.status == 2
    assert "DISCHARGE_PORT is “http”" in said.err


def test_settings_that_cannot_be_used_are_sentences(tmp_path: Path) -> None:
    """No file, a folder, bytes, too much of it, a line that is none, nothing set at all: no traceback."""
    odd = tmp_path / "odd.env"
    sentences = []
    for content in (b"\xff\xfe", b"#" * 70_000, b"what is this\n", b""):
        odd.write_bytes(content)
        sentences.append(say("serve", "--env-file", str(odd)))
    missing = say("serve", "--env-file", str(tmp_path / "none.env"))

    assert [said.status for said in (*sentences, missing)] == [2] * 5
    assert "it is no text" in sentences[0].err
    assert "it is larger than 65,536 bytes" in sentences[1].err
    assert "odd.env: line 1 of the settings is no NAME=value" in sentences[2].err
    assert "DISCHARGE_APP_ID is not set" in sentences[3].err
    assert "No such file or directory" in missing.err
    assert not any("Traceback" in said.err for said in sentences)


def test_set_up_says_what_is_left_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's address goes to a person; the settings, the public key and the next steps are printed."""
    made = Made(tmp_path / "discharge.env", "ed25519:key", ("Install the App: https://example.org/apps/x",))
    orders: list[Order] = []

    def setup(order: Order, tell: object, port: int = 0) -> Made:
        orders.append(order)
        assert callable(tell)
        tell(f"http://127.0.0.1:{port}")
        return made

    monkeypatch.setattr("app.web.setup.setup", setup)
    words = (
        "setup",
        "--folder",
        str(tmp_path),
        "--url",
        "https://d.example.org",
        "--organization",
        "acme",
        "--port",
        "7",
    )
    said, data = say(*words), say(*words, "--actions", "--json").data

    assert said.status == 0
    assert said.err == "open this page in a browser on this machine: http://127.0.0.1:7\n"
    assert "  1. Install the App: https://example.org/apps/x" in said.out
    assert f"discharge serve --env-file {tmp_path}/discharge.env" in said.out
    assert data == {
        "settings": f"{tmp_path}/discharge.env",
        "public_key": "ed25519:key",
        "left": ["Install the App: https://example.org/apps/x"],
    }
    assert (orders[0].organization, orders[0].address, orders[0].folder) == ("acme", "https://d.example.org", tmp_path)
    assert [order.actions for order in orders] == [False, True]


def test_set_up_refuses_before_github_is_asked(tmp_path: Path) -> None:
    """An address that GitHub cannot reach, a folder in which an App was made: status 2 and what to do."""
    (tmp_path / "discharge.env").write_text("", encoding="utf-8")
    address = say("setup", "--folder", str(tmp_path / "new"), "--url", "http://d.example.org")
    twice = say("setup", "--folder", str(tmp_path), "--json")

    assert (address.status, address.out) == (2, "")
    assert "GitHub cannot send to “http://d.example.org”, the address of the service." in address.err
    assert "an App was made there before" in json.loads(twice.out)["error"]


def test_a_library_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The service's libraries stand in an extra; a module of ours that is missing is our mistake."""
    assert lack(ModuleNotFoundError(name="dbos.something")) == 2
    assert lack(ModuleNotFoundError(name="app.nowhere")) == 70
    assert (
        "this needs dbos, which is not installed. Install discharge with its extra: serve." in capsys.readouterr().err
    )


def test_every_secret_may_stand_in_a_file() -> None:
    """The names of settings are told once, and this is how those of files are made."""
    assert {name for name in NAMES if name.endswith("_FILE")} == {
        f"{PREFIX}{name}_FILE" for name in ("PRIVATE_KEY", "WEBHOOK_SECRET", "SIGNING_KEY")
    }
