"""Webhooks at a fixed rate, whether or not the service keeps up: an open loop over connections that stay open.

The bytes are made before the burst and written as they are, because a client that costs as much as the service
would measure itself.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace

from tests.service.hook import SECRET, sign

_LIMIT_S = 30.0
_CONNECTIONS = 100
_IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Burst:
    """What a burst brought: seconds from the time that each webhook was due to its answer, and how many of each."""

    rate: int
    times: tuple[float, ...]
    statuses: dict[str, int]

    def quantile(self, share: float) -> float:
        """Return the time within which that share of the answers came, in seconds."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def make(number: int, size: int = 10_000) -> bytes:
    """Return a request: a comment on one of 40 repositories, signed, about *size* bytes of JSON."""
    repository = {"id": number % 40, "full_name": f"acme/hello-{number % 40}", "owner": {"login": "acme"}}
    comment = {"id": number, "body": "Thanks, that explains it.", "user": {"login": "octo-maintainer", "type": "User"}}
    links = {f"{kind}_url": f"https://api.github.com/repos/acme/hello/{kind}{{/sha}}" for kind in ("git_refs", "trees")}
    payload = {"action": "created", "repository": repository, "comment": comment, "issue": {"number": 7, "events": []}}
    one = len(json.dumps(links)) + 2
    payload["issue"]["events"] = [links] * (max(0, size - len(json.dumps(payload))) // one)  # type: ignore[index]
    body = json.dumps(payload).encode()
    lines = (
        "POST /webhook HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: GitHub-Hookshot/bench",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "X-GitHub-Event: issue_comment",
        f"X-GitHub-Delivery: {number:08x}-cc78-11e3-81ab-4c9367dc0958",
        f"X-Hub-Signature-256: {sign(body, SECRET)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


async def send(port: int, rate: int, seconds: float, first: int) -> Burst:
    """Send webhooks numbered from *first* to a service on this machine, *rate* of them a second."""
    requests = [make(first + number) for number in range(int(rate * seconds))]
    pool: asyncio.LifoQueue[_Link | None] = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        pool.put_nowait(None)  # a connection that is opened when it is needed
    begin = time.perf_counter() + 0.2
    async with asyncio.timeout(seconds + _LIMIT_S):
        answers = await asyncio.gather(
            *(_send(pool, port, request, begin + number / rate) for number, request in enumerate(requests))
        )
    while not pool.empty():
        if link := pool.get_nowait():
            await link.close()
    return Burst(rate, tuple(took for took, _ in answers), dict(Counter(status for _, status in answers)))


@dataclass(frozen=True, slots=True)
class _Link:
    """A connection, and when it was used last; a service ends those that are idle for some seconds."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def _open(pool: asyncio.LifoQueue[_Link | None], port: int) -> _Link:
    link = await pool.get()
    if link and time.perf_counter() - link.used < _IDLE_S:
        return link
    if link:
        await link.close()
    return _Link(*await asyncio.open_connection("127.0.0.1", port), 0.0)


async def _send(pool: asyncio.LifoQueue[_Link | None], port: int, request: bytes, due: float) -> tuple[float, str]:
    await asyncio.sleep(due - time.perf_counter())
    link = await _open(pool, port)
    link.writer.write(request)
    head = (await link.reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        await link.reader.readuntil(b"0\r\n\r\n")
    else:
        await link.reader.readexactly(int(head.partition(b"content-length:")[2].split(maxsplit=1)[0]))
    now = time.perf_counter()
    pool.put_nowait(replace(link, used=now))
    return now - due, head.split(maxsplit=2)[1].decode()
