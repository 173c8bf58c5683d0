"""An answer ends, whatever a host does: nothing that it sends holds a request, or fills the memory."""

from __future__ import annotations

import gzip
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from itertools import cycle, repeat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from github.Auth import Token
from github.Consts import PROCESSING_202_WAIT_TIME
from kubernetes import client

from app.hub.artifact import load
from app.hub.wire import Busy, Patience, Terms, Wire
from app.web import conversion
from contracts.error import Complaint
from runners.engine.api import Cluster
from runners.engine.model import Away
from runners.stream import Bound
from tests.app.drip import bytewise, drip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.drip import Host, Said

SECONDS, SIZE = 0.4, 100_000
HEAD = b"HTTP/1.1 200 OK\r\n"
WHOLE = HEAD + b"Content-Length: 7\r\n\r\n{'a':1}".replace(b"'", b'"')
LARGE = b"x" * (SIZE + 1)
PACKED = gzip.compress(bytes(100 * SIZE))
LATE, MUCH = r"an answer that did not end within 0\.4 s", "an answer of more than 100,000 bytes"


def connect(host: Host, silence: float = 10.0, seconds: float = 10.0, attempts: int = 1) -> Wire:
    """Return a wire to a host, which sleeps in no time."""
    patience = Patience(timeout=silence, longest=seconds, largest=SIZE, attempts=attempts)
    return Wire(Terms(host.url, patience, sleep=lambda _: None), Token("t"))


def head(*lines: bytes) -> bytes:
    """Return what stands before a body."""
    return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


SLOW: dict[str, Said] = {
    "its first line": lambda: repeat(b"H"),
    "a header": lambda: (HEAD, b"X-Header: ", *repeat(b"x", 999)),
    "many headers": lambda: (HEAD, *bytewise(b"X-Header: x\r\n" * 99)),
    "a promise to go on": lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": lambda: (head(b"Content-Length: 999"), *repeat(b" ", 999)),
    "a body without a length": lambda: (head(b"Connection: close"), *repeat(b" ", 999)),
    "the length of a piece": lambda: (head(b"Transfer-Encoding: chunked"), b"1;x=", *repeat(b"x", 999)),
    "pieces": lambda: (head(b"Transfer-Encoding: chunked"), *repeat(b"1\r\n \r\n", 999)),
    "what follows the pieces": lambda: (head(b"Transfer-Encoding: chunked"), b"0\r\n", *repeat(b"X: x\r\n", 999)),
    "a redirection": lambda: (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 999\r\n\r\n", *repeat(b" ", 999)),
}


@pytest.mark.parametrize("what", SLOW)
def test_an_answer_that_drips_is_left_in_time(what: str) -> None:
    """No wait for a byte is long, wherever it stands in the answer; all of them together are."""
    begun = time.monotonic()
    with drip(SLOW[what]) as host, pytest.raises(Busy, match=f"GitHub is busy: {LATE}"):
        connect(host, seconds=SECONDS).ask("GET", "/x")

    assert SECONDS <= time.monotonic() - begun < 2


def test_a_silence_is_still_shorter_than_an_answer() -> None:
    """A host that stops in the middle of an answer is left after one silence, and not at the end of its time."""
    stopped = [head(b"Content-Length: 999"), b" "]
    with drip(lambda: stopped, pause=1.0) as host, pytest.raises(Busy, match="no answer"):
        connect(host, silence=0.2).ask("GET", "/x")


def test_what_drips_is_asked_for_again() -> None:
    """It may pass: the answer to the second try is the answer, and a write that has happened is found."""
    tries = iter([repeat(b"H"), [WHOLE], repeat(b"H")])
    with drip(lambda: next(tries)) as host:
        wire = connect(host, seconds=0.7, attempts=2)
        assert wire.ask("GET", "/x") == {"a": 1}
        assert wire.ask("POST", "/x", {}, look=lambda: {"id": 7}) == {"id": 7}
        wire.close()

    assert host.requests == 3


MANY: dict[str, Said] = {
    "a body": lambda: [head(b"Content-Length: 100001") + LARGE],
    "a body without a length": lambda: [head(b"Connection: close") + LARGE],
    "a body that unpacks": lambda: [head(b"Content-Encoding: gzip", b"Content-Length: %d" % len(PACKED)) + PACKED],
    "headers": lambda: [HEAD + b"X-Header: " + b"x" * 60_000 + b"\r\nX-Other: " + b"x" * 60_000],
    "the length of a piece": lambda: [head(b"Transfer-Encoding: chunked") + b"1;x=" + LARGE],
}


@pytest.mark.parametrize("what", MANY)
def test_an_answer_that_is_too_large_is_left(what: str) -> None:
    """No more than its bound is read, neither packed nor unpacked."""
    with drip(MANY[what]) as host, pytest.raises(Busy, match=f"{MUCH}|no answer"):
        connect(host).ask("GET", "/x")


def test_nothing_is_read_of_where_an_answer_leads() -> None:
    """A redirection's body is not unpacked on the way, however small it came."""
    lines = (b"HTTP/1.1 302 Found", b"Location: /y", b"Content-Encoding: gzip", b"Content-Length: %d" % len(PACKED))
    answer = b"\r\n".join((*lines, b"", b"")) + PACKED
    with drip(lambda: [answer]) as host, pytest.raises(Busy, match=MUCH):
        connect(host).redirect("/x")


@pytest.mark.parametrize("status", [b"202 Accepted", b"301 Moved"])
def test_nobody_is_sent_on_for_ever(status: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is never ready, and one that always moved, are asked for a few times."""
    assert PROCESSING_202_WAIT_TIME > 0
    monkeypatch.setattr("github.Consts.PROCESSING_202_WAIT_TIME", 0)
    paths = cycle([b"/y", b"/x"])
    lines = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nLocation: "
    with drip(lambda: [lines + host.url.encode() + next(paths) + b"\r\n\r\n"]) as host:
        with pytest.raises(Busy, match="TooManyRedirects"):
            connect(host).ask("GET", "/x")
        assert host.requests == 5


def test_a_connection_is_kept() -> None:
    """Answers that end leave the connection to the next request."""
    with drip(lambda: [WHOLE], pause=0.0) as host:
        wire = connect(host)
        assert [wire.ask("GET", "/x") for _ in range(3)] == [{"a": 1}] * 3
        wire.close()

    assert (host.connections, host.requests) == (1, 3)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for this machine, which requests trust."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, file = datetime.now(UTC), tmp_path / "host.pem"
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(hours=1))
    named = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=True)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + named.sign(key, hashes.SHA256()).public_bytes(pem))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("what", ["its first line", "pieces"])
def test_what_is_encrypted_ends_too(what: str, tls: ssl.SSLContext) -> None:
    """The same over TLS, whose connection is kept as well."""
    begun = time.monotonic()
    with drip(SLOW[what], tls=tls) as host, pytest.raises(Busy, match=LATE):
        connect(host, seconds=SECONDS).ask("GET", "/x")
    assert time.monotonic() - begun < 2

    with drip(lambda: [WHOLE], pause=0.0, tls=tls) as host:
        wire = connect(host)
        assert [wire.ask("GET", "/x") for _ in range(2)] == [{"a": 1}] * 2
        wire.close()
    assert (host.connections, host.requests) == (1, 2)


@pytest.mark.parametrize("what", sorted(SLOW.keys() - {"a redirection"}))
def test_a_files_host_drips_in_vain(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host of an archive is one that GitHub names: it, too, has so long, and its address stands in no sentence."""
    monkeypatch.setattr("app.hub.artifact.LONGEST", SECONDS)
    begun = time.monotonic()
    with drip(SLOW[what]) as host, pytest.raises(Busy, match=f"no file, but {LATE}") as busy:
        load(f"{host.url}/?sig=secret", host.url, SIZE)

    assert "secret" not in str(busy.value)
    assert time.monotonic() - begun < 2


def test_set_up_waits_for_no_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at a terminal is told, too."""
    monkeypatch.setattr(conversion, "_BOUND", Bound(SECONDS, SIZE))
    with drip(SLOW["pieces"]) as host, pytest.raises(Complaint, match=f"GitHub gave {LATE}"):
        conversion.convert(host.url, "code")
    with drip(lambda: [head(b"Content-Length: 1") + b"{"]) as host, pytest.raises(Complaint, match="describes no App"):
        conversion.convert(host.url, "code")


@pytest.mark.parametrize("what", ["many headers", "pieces"])
def test_a_cluster_that_drips_is_away(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again by whoever asked, as if it had not answered."""
    monkeypatch.setattr("runners.engine.api.PATIENCE", SECONDS)
    with drip(SLOW[what]) as host:
        cluster = Cluster(client.Configuration(host.url), "default")
        begun = time.monotonic()
        with pytest.raises(Away, match=f"does not serve now .*{LATE}"):
            cluster.jobs("a=b")
        assert time.monotonic() - begun < 2
        cluster.close()


def test_a_watch_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps coming, a watch is begun anew after its time."""
    monkeypatch.setattr("runners.engine.api.PATIENCE", 1.0)
    none = b'{"items": [], "metadata": {"resourceVersion": "1"}}'
    answers = iter([[head(b"Content-Length: %d" % len(none)) + none], SLOW["pieces"]()])
    with drip(lambda: next(answers)) as host:
        cluster = Cluster(client.Configuration(host.url), "default")
        begun = time.monotonic()
        stream = cluster.jobs("a=b").watch()
        assert stream.wait()
        while stream.wait():
            pass
        assert time.monotonic() - begun < 4
        stream.close()
        cluster.close()
