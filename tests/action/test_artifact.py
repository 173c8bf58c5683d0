"""The archive of a result: one file, as large as it may be, whatever somebody packed."""

from __future__ import annotations

import struct
import threading
import time
import zipfile
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import Refused
from app.hub.artifact import load, read
from app.hub.wire import Busy
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 1000


def pack(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive."""
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return whole.getvalue()


def pack_far(offset: int) -> bytes:
    """Return an archive whose one file is said to begin at an offset of 64 bits."""
    whole = pack(("bundle", b"x" * 300))
    begin, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entry, last = bytearray(whole[begin:end]), bytearray(whole[end:])
    entry += struct.pack("<HHQ", 1, 8, offset)
    struct.pack_into("<H", entry, 30, 12)
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    struct.pack_into("<I", last, 12, len(entry))
    return whole[:begin] + bytes(entry) + bytes(last)


@given(st.binary(max_size=LIMIT), st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]))
def test_one_file_comes_out_as_it_was(content: bytes, how: int) -> None:
    """Stored or deflated, every byte of it."""
    assert read(pack(("bundle", content), how=how), LIMIT) == content


@given(st.binary(max_size=300), st.binary(max_size=4), st.integers(0, 400))
def test_whatever_is_sent_is_a_file_or_a_complaint(content: bytes, noise: bytes, at: int) -> None:
    """No archive that somebody damaged, or made up, does anything else."""
    whole = pack(("bundle", content))
    for data in (content, whole[:at] + noise + whole[at + len(noise) :], whole[:at]):
        with suppress(Complaint):
            assert len(read(data, LIMIT)) <= LIMIT


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pack(("bundle", bytes(10_000_000))), "the result is larger than 1,000 bytes"),
        (pack(("a", b""), ("b", b"")), "not one file"),
        (pack(), "not one file"),
        (pack(("bundle", b"x"), how=zipfile.ZIP_LZMA), "not one file"),
        (b"PK\x01\x02" * 2000, "too many files"),
        (b"", "cannot be read: BadZipFile"),
        (pack_far(1 << 63), "cannot be read: OverflowError"),
        (pack_far((1 << 64) - 1), "cannot be read: OverflowError"),
        (pack_far((1 << 63) - 1), "cannot be read: "),
    ],
)
def test_what_is_no_result_is_refused(data: bytes, said: str) -> None:
    """A bomb is not unpacked, and a second file is not chosen from."""
    with pytest.raises(Complaint, match=said):
        read(data, LIMIT)


@contextmanager
def serve(status: int, body: bytes, pause: float = 0.0) -> Iterator[tuple[str, list[str | None]]]:
    """Serve one answer, perhaps byte by byte with pauses in s; its address, and what was shown there."""
    shown: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            if not pause:
                self.wfile.write(body)
                return
            with suppress(OSError):  # nobody listens any more
                for one in body:
                    self.wfile.write(bytes([one]))
                    time.sleep(pause)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/file?sig=secret", shown
        finally:
            server.shutdown()
            thread.join()


def test_an_archive_comes_without_a_token_and_not_too_large() -> None:
    """It is read as far as it may be long."""
    with serve(200, b"x" * LIMIT) as (address, shown):
        assert load(address, "http://127.0.0.1", LIMIT) == b"x" * LIMIT
        with pytest.raises(Complaint, match="larger than 999 bytes"):
            load(address, "http://127.0.0.1", LIMIT - 1)
        assert shown == [None, None]


@pytest.mark.parametrize(("status", "kind"), [(302, Refused), (403, Refused), (404, Busy), (503, Busy)])
def test_what_is_no_archive_is_told_without_its_address(status: int, kind: type[Exception]) -> None:
    """The address is a key to the file, and stands in no sentence; a second redirection is not followed."""
    with serve(status, b"") as (address, _), pytest.raises(kind) as caught:
        load(address, "http://127.0.0.1", LIMIT)

    assert "secret" not in f"{caught.value!r}"


def test_the_operators_passwords_are_shown_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.netrc` is for the operator's own programs, and a name in the address is refused."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serve(200, b"x") as (address, shown):
        assert load(address, "http://127.0.0.1", LIMIT) == b"x"
        with pytest.raises(Refused, match="with a name in it"):
            load(address.replace("//", "//me:secret@"), "http://127.0.0.1", LIMIT)

    assert shown == [None]


def test_a_drip_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes byte by byte is never silent, and is given up all the same."""
    monkeypatch.setattr("app.hub.artifact.LONGEST", 0.3)
    begun = time.monotonic()
    with serve(200, b"x" * 100, pause=0.1) as (address, _), pytest.raises(Busy, match=r"did not end within 0\.3 s"):
        load(address, "http://127.0.0.1", LIMIT)

    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("address", ["http://[::1", "http://127.0.0.1:99999/x", "http://127.0.0.1:x/", "http:///x", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """GitHub may send a request anywhere; a sentence is all that comes of it."""
    with pytest.raises(Refused, match="would have to come from an address"):
        load(address, "http://127.0.0.1", LIMIT)


def test_an_address_must_be_as_safe_as_githubs() -> None:
    """What GitHub's own interface encrypts is not fetched in the open; nobody who answers is busy."""
    with pytest.raises(Refused, match="not encrypted"):
        load("http://127.0.0.1:1/x", "https://api.github.com", LIMIT)
    with pytest.raises(Refused, match="not encrypted"):
        load("file:///etc/passwd", "https://api.github.com", LIMIT)
    with pytest.raises(Busy, match="no file"):
        load("http://127.0.0.1:1/x?sig=secret", "http://127.0.0.1", LIMIT)
