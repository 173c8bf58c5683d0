"""Tokens: signed for by the app, as small as they can be, minted once for all, and never shown."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.github import Refused
from app.hub.token import Bearer, Tokens
from app.hub.wire import Patience, Terms, Wire
from contracts.error import Unreadable
from tests.app.script import Line, perform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.script import Script

KEY = generate_private_key(65537, 2048)


def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """Return a private key as text."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def minted(value: str, *, minutes: float = 60) -> Line:
    """Return GitHub's answer to who asks for a token."""
    expires = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Line(201, {"token": value, "expires_at": expires})


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def script() -> Iterator[Script]:
    """A server with a script."""
    with perform() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    """The clock that tokens end by."""
    return Clock()


@pytest.fixture
def tokens(script: Script, clock: Clock) -> Tokens:
    """The tokens of the app 7."""
    return Tokens(7, pem(KEY), Terms(script.url, sleep=lambda _: None), clock=clock)


def test_the_app_signs_who_it_is(script: Script, tokens: Tokens) -> None:
    """The app's word holds its number and ten minutes at most, and its public key proves it."""
    script.lines = [minted("ghs_a")]
    tokens.grant(51, "acme/hello", "write").read()
    kind, _, word = script.shown[0].partition(" ")
    claims = jwt.decode(word, KEY.public_key(), algorithms=["RS256"], options={"verify_iat": False})
    assert (kind, claims["iss"]) == ("Bearer", "7")
    assert claims["exp"] - claims["iat"] <= 600


@pytest.mark.parametrize(
    ("scope", "permissions"),
    [
        ("read", {"metadata": "read", "contents": "read"}),
        (
            "write",
            {"metadata": "read", "contents": "write", "pull_requests": "write", "issues": "write", "checks": "write"},
        ),
    ],
)
def test_a_token_is_for_one_repository_and_purpose(
    script: Script, tokens: Tokens, scope: Any, permissions: dict[str, str]
) -> None:
    """What is asked for is the least that is needed."""
    script.lines = [minted("ghs_a")]
    assert tokens.grant(51, "acme/hello", scope).read() == "ghs_a"
    wish = {"permissions": permissions, "repositories": ["hello"]}
    assert script.asked == [("POST", "/app/installations/51/access_tokens", wish)]


def test_a_token_to_list_repositories_is_for_all_of_them(script: Script, tokens: Tokens) -> None:
    """It may read metadata, and nothing else."""
    script.lines = [minted("ghs_a")]
    tokens.grant(51, "", "list").read()
    assert script.asked[0][2] == {"permissions": {"metadata": "read"}}


def test_eight_threads_mint_one_token(script: Script, tokens: Tokens) -> None:
    """Who comes first mints, the others wait for it; another repository gets another token."""
    script.lines = [minted("ghs_a"), minted("ghs_b")]
    found: list[str] = []
    work = [
        threading.Thread(target=lambda: found.append(tokens.grant(51, "acme/hello", "write").read())) for _ in range(8)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert found == ["ghs_a"] * 8
    assert len(script.asked) == 1
    assert tokens.grant(51, "acme/other", "write").read() == "ghs_b"


def test_a_token_is_replaced_before_it_ends(script: Script, tokens: Tokens, clock: Clock) -> None:
    """Five minutes before its end another one is minted, so that a long transfer ends before it."""
    script.lines = [minted("ghs_a"), minted("ghs_b", minutes=10), minted("ghs_c", minutes=-90), minted("ghs_d")]
    grant = tokens.grant(51, "acme/hello", "write")
    assert grant.read() == "ghs_a"
    clock.now = 3200
    assert grant.read() == "ghs_a"
    clock.now = 3301
    assert grant.read() == "ghs_b"
    clock.now += 301
    assert grant.read() == "ghs_c", "a token that GitHub says ends in ten minutes"
    clock.now += 3200
    assert grant.read() == "ghs_c", "a clock that is wrong by hours does not end a new token"
    clock.now += 200
    assert grant.read() == "ghs_d"


def test_a_token_that_is_not_taken_is_dropped(script: Script, tokens: Tokens) -> None:
    """A dropped token is replaced; dropping one that was replaced already drops nothing."""
    script.lines = [minted("ghs_a"), minted("ghs_b")]
    grant = tokens.grant(51, "acme/hello", "write")
    assert grant.read() == "ghs_a"
    grant.drop("ghs_a")
    assert grant.read() == "ghs_b"
    grant.drop("ghs_a")
    assert grant.read() == "ghs_b"
    assert len(script.asked) == 2


def test_a_request_with_an_ended_token_gets_through(script: Script, tokens: Tokens) -> None:
    """On 401 the token is minted anew, once, and the request sent again."""
    bearer = Bearer(tokens.grant(51, "acme/hello", "write"))
    wire = Wire(Terms(script.url), bearer, bearer.renew)
    script.lines = [minted("ghs_a"), Line(401, {"message": "Bad credentials"}), minted("ghs_b"), Line(body={"a": 1})]
    assert wire.ask("GET", "/x") == {"a": 1}
    wire.close()
    assert [shown for shown in script.shown if "ghs" in shown] == ["token ghs_a", "token ghs_b"]


def test_minting_is_patient_and_bounded(script: Script, tokens: Tokens) -> None:
    """A gateway's error is asked again; an installation that is gone is final."""
    script.lines = [Line(502), minted("ghs_a"), Line(404, {"message": "Not Found"})]
    assert tokens.grant(51, "acme/hello", "write").read() == "ghs_a"
    with pytest.raises(Refused, match="Not Found"):
        tokens.grant(52, "acme/hello", "write").read()


def test_no_secret_is_ever_shown(script: Script, tokens: Tokens) -> None:
    """Neither key nor token stands in anything that could be printed."""
    script.lines = [minted("ghs_secret")]
    grant = tokens.grant(51, "acme/hello", "write")
    bearer = Bearer(grant)
    assert bearer.token.startswith("ghs_")
    wire = Wire(Terms(script.url, Patience()), bearer)
    shown = "".join(map(repr, (tokens, grant, bearer, wire, tokens._kept, tokens.auth)))  # noqa: SLF001 - what is kept
    assert "ghs_" not in shown
    assert "PRIVATE" not in shown
    wire.close()


@pytest.mark.parametrize("text", ["", "no key", pem(KEY)[:200], pem(Ed25519PrivateKey.generate())])
def test_a_key_that_is_none_is_told_without_it(text: str) -> None:
    """The sentence says what to give, and repeats nothing of what was given."""
    with pytest.raises(Unreadable) as told:
        Tokens(7, text, Terms("http://127.0.0.1:1"))
    assert "private key" in str(told.value)
    assert "MII" not in str(told.value)
