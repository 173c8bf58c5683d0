"""Bodies that are not what they say: sent as bytes, because no client would send them."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from app.hook.body import LARGEST
from app.web.envelope import Refusal
from app.web.intake import Room
from tests.service.hook import BODY, LIMIT, head

if TYPE_CHECKING:
    from starlette.types import Message

    from tests.service.hook import Place


def _raw(length: str, body: bytes = BODY) -> bytes:
    lines = [f"{name}: {value}" for name, value in head().items()]
    return "\r\n".join(["POST /webhook HTTP/1.1", "Host: x", length, *lines, "", ""]).encode() + body


def _status(answer: bytes) -> int:
    return int(answer.split(maxsplit=2)[1])


def test_a_body_that_says_it_is_huge_is_refused_unread(place: Place) -> None:
    """One byte above 25 MB, and the connection ends without reading it."""
    answer = place.send(_raw(f"Content-Length: {LARGEST + 1}"))

    assert (_status(answer), b"connection: close" in answer.lower()) == (413, True)
    assert b"larger than 25 MB" in answer


def test_a_body_that_becomes_huge_is_refused_while_it_comes(place: Place) -> None:
    """A sender that announces no length is stopped at the bound."""
    piece = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"

    answer = place.send(_raw("Transfer-Encoding: chunked", piece * 26))

    assert (_status(answer), place.shelf.stored) == (413, {})


def test_a_body_that_ends_early_is_not_stored(place: Place) -> None:
    """Half a delivery is none, and the service lives on."""
    place.send(_raw(f"Content-Length: {len(BODY)}", BODY[:20]), end=True)

    assert (place.post().status_code, list(place.shelf.stored)) == (202, ["guid-1"])


def test_a_body_longer_than_it_says_is_cut(place: Place) -> None:
    """What follows is no request; the signature holds for the length that was announced, and nothing else is read."""
    answer = place.send(_raw(f"Content-Length: {len(BODY)}\r\nConnection: close", BODY + b"GARBAGE"))

    assert (_status(answer), place.shelf.stored["guid-1"].body) == (202, BODY)


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "9" * 30])
def test_a_length_that_is_none_is_refused(place: Place, length: str) -> None:
    """The server below us answers 400 itself."""
    answer = place.send(_raw(f"Content-Length: {length}"))

    assert (_status(answer), place.shelf.stored) == (400, {})


def test_headers_without_end_are_refused(place: Place) -> None:
    """A megabyte of headers does not become a megabyte of memory for each connection."""
    answer = place.send(b"POST /webhook HTTP/1.1\r\nX: " + b"a" * (1 << 20))

    assert (_status(answer), place.shelf.stored) == (400, {})


def test_a_sender_that_resets_its_connection_harms_nobody(place: Place) -> None:
    """A connection that breaks in the middle is forgotten."""
    host, port = place.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT) as link:
        link.sendall(_raw("Content-Length: 1000000", b"x" * 1000))
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    assert (place.post().status_code, list(place.shelf.stored)) == (202, ["guid-1"])


class _Sender:
    """Sends pieces of a body, and then nothing more."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    async def __call__(self) -> Message:
        if not self._pieces:
            await asyncio.sleep(LIMIT)
        return {"type": "http.request", "body": self._pieces.pop(0), "more_body": True}

    def ask(self) -> Request:
        return Request({"type": "http", "method": "POST", "headers": []}, self)


def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    """A sender cannot hold a connection by sending a byte now and then."""

    async def story() -> bytes | Refusal:
        async with Room(patience=0.05).receive(_Sender(b"a", b"b").ask()) as body:
            return body

    assert asyncio.run(story()) == Refusal(408, "late", "The body did not arrive within 0.05 seconds.")


def test_bodies_share_their_room() -> None:
    """Two bodies that fit alone do not fit together; when one has gone, there is room again."""

    async def story() -> list[object]:
        room = Room(most=10, patience=0.05)
        async with (
            room.receive(_Sender(b"123456").ask()) as first,
            room.receive(_Sender(b"123456").ask()) as second,
        ):
            pass
        async with room.receive(_Sender(b"123456").ask()) as third:
            return [body.outcome if isinstance(body, Refusal) else body for body in (first, second, third)]

    assert asyncio.run(story()) == ["late", "full", "late"]
