"""Git over smart HTTP: `git http-backend` as a CGI program, streamed both ways, for who may read or write."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from app.sandbox.act.branch import Move, follow
from app.sandbox.model import Account, Actor, Refusal, Repository
from app.sandbox.program import environment
from app.sandbox.token import find_token, read_bearer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from app.sandbox.world import World

_PATH = re.compile(r"/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/(?P<service>info/refs|git-upload-pack|git-receive-pack)")
_CHUNK = 65_536
_BODY_LIMIT = 512 * 2**20
_TIMEOUT = 120.0
_CHALLENGE = {"www-authenticate": 'Basic realm="GitHub"'}


def is_git(path: str) -> bool:
    """Say whether a path is one of git's own."""
    return _PATH.fullmatch(path) is not None


async def serve(world: World, request: Request) -> Response:
    """Answer a request of git's."""
    found = _PATH.fullmatch(request.url.path)
    assert found is not None
    writes = "git-receive-pack" in (found["service"], request.query_params.get("service"))
    try:
        repository, actor = admit(world, found["name"], request.headers.get("authorization", ""), writes=writes)
    except Refusal as refusal:
        headers = _CHALLENGE if refusal.status == 401 else None  # noqa: PLR2004 - asks for credentials
        return Response(refusal.message, refusal.status, headers, "text/plain")
    process = await _start(repository, request, found["service"])
    feeding = asyncio.create_task(_feed(process, request))
    status, headers = await _read_head(process)
    if found["service"] != "git-receive-pack":
        return StreamingResponse(_pour(process, feeding), status, headers)
    told = b"".join([part async for part in _pour(process, feeding)])
    await asyncio.to_thread(sync, world, actor, repository)
    return Response(told, status, headers)


def admit(world: World, name: str, authorization: str, *, writes: bool) -> tuple[Repository, Actor]:
    """Return the repository and who asks; anybody may read a public one.

    Raises:
        Refusal: 401 without credentials or with bad ones, 403 without the permission, 404 if it is not seen.
    """
    with world.lock:
        bearer = read_bearer(authorization)
        repository = world.repositories.get(name.lower())
        if bearer is None:
            if repository is None or repository.private or writes:
                raise Refusal(401, "Repository not found.")
            return repository, Actor(Account(0, "ghost", "User", world.now()))
        token = find_token(world, bearer)
        if repository is None or not token.sees(repository):
            raise Refusal(404, "Repository not found.")
        if not token.allows("contents", "write" if writes else "read", repository):
            raise Refusal(403, f"Write access to repository not granted: {name}")
        return repository, token.actor


async def _start(repository: Repository, request: Request, service: str) -> asyncio.subprocess.Process:
    given = {key: request.headers.get(key, "") for key in ("content-type", "content-length", "git-protocol")}
    gateway = {
        "GIT_PROJECT_ROOT": str(repository.store.folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": given["content-type"],
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": given["git-protocol"],
        "REMOTE_USER": "x-access-token",
    }
    if given["content-length"]:
        gateway["CONTENT_LENGTH"] = given["content-length"]
    pipe = asyncio.subprocess.PIPE
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        "git", "http-backend", stdin=pipe, stdout=pipe, stderr=quiet, env=environment() | gateway
    )


async def _feed(process: asyncio.subprocess.Process, request: Request) -> None:
    """Give the request's body to git, in bounded pieces."""
    assert process.stdin is not None
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > _BODY_LIMIT:
                process.kill()
                break
            process.stdin.write(part)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # git has ended already; what it said is the answer
    finally:
        process.stdin.close()


async def _read_head(process: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    assert process.stdout is not None
    status, headers = 200, {}
    while line := (await asyncio.wait_for(process.stdout.readline(), _TIMEOUT)).strip():
        key, _, value = line.decode("latin-1").partition(": ")
        if key.lower() == "status":
            status = int(value.split(" ")[0])
        else:
            headers[key.lower()] = value
    return (status, headers) if headers else (500, {})


async def _pour(process: asyncio.subprocess.Process, feeding: asyncio.Task[None]) -> AsyncIterator[bytes]:
    """Return what git says, piece by piece; git is ended if nobody listens any more."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_TIMEOUT):
            while part := await process.stdout.read(_CHUNK):
                yield part
            await feeding
            await process.wait()
    finally:
        feeding.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()


def sync(world: World, actor: Actor, repository: Repository) -> None:
    """Let everything follow from the refs that git itself has moved."""
    with world.lock:
        before = repository.store.refresh()
        after = dict(repository.store.refs)
        for ref in sorted(before.keys() | after.keys()):
            if before.get(ref) != after.get(ref):
                follow(world, actor, repository, Move(ref, after.get(ref), before.get(ref)))
