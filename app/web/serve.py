"""`discharge serve`: inbox, service and background tasks in one process, from the start to a graceful end."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from app.queue.delivery import Later
from app.queue.inbox import Inbox
from app.web import log
from app.web.listener import Server, explain, name, take
from app.web.service import build
from contracts.error import Complaint

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from starlette.applications import Starlette

    from app.queue.delivery import Delivery, Handle
    from app.web.metric import Metrics
    from app.web.settings import Settings

    Task = Callable[[Inbox], Awaitable[None]]
    """Works beside the service until it is cancelled; the inbox takes deliveries of our own."""

_SWITCH_S = 0.0005
_PAUSES_S = (1.0, 5.0, 30.0, 60.0)
_WELL_S = 300.0
"""Who ran for so long was well: a failure after that is the first again."""
_log = structlog.stdlib.get_logger("serve")


@dataclass(frozen=True, slots=True)
class Work:
    """What the process does: *handle* each delivery, whose GitHub events are *events*, and run *tasks* beside.

    *linger*: seconds in which the service still accepts after it was asked to end, so that whoever asks `/readyz`
    looks elsewhere. *grace*: seconds in which handlers may end; what has not ended is handled after the next start.
    """

    metrics: Metrics
    events: frozenset[str]
    handle: Handle
    tasks: tuple[Task, ...] = ()
    linger: float = 1.0
    grace: float = 20.0


def serve(settings: Settings, work: Work) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends the process as it is, and nothing is lost by that, either.

    Raises:
        Complaint: the folder for data cannot be made, the address cannot be listened at, or the inbox not be opened.
    """
    log.configure(settings.log, sys.stderr)
    _favour_answers()
    with listen(settings) as listener:
        asyncio.run(_serve_until_signal(settings, work, listener))


def listen(settings: Settings) -> socket.socket:
    """Make the folder for data and take the address; the caller closes it.

    Raises:
        Complaint: one of the two is not possible.
    """
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Complaint(
            f"the folder {settings.data} cannot be made: {explain(error)}",
            mend="Set DISCHARGE_DATA to another one",
        ) from error
    mend = "End what listens there, or set DISCHARGE_HOST and DISCHARGE_PORT"
    return take(settings.host, settings.port, mend)


async def run(settings: Settings, work: Work, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve on *listener* until *stop* is set: then `/readyz` says so, nothing new is accepted, and handlers end.

    Raises:
        Complaint: the inbox cannot be opened.
    """
    inbox = Inbox(settings.database.get_secret_value(), watch(work))
    await inbox.open()
    service = build(inbox, settings, work.metrics, work.events)
    server = Server(service)
    beside = [asyncio.create_task(_keep(task, inbox)) for task in work.tasks]
    beside.append(asyncio.create_task(_await_end(stop, service, server, work.linger)))
    try:
        _log.info("serving", url=name(listener), data=settings.data)
        await server.serve(sockets=[listener])
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await inbox.close(work.grace)
        _log.info("ended")


def watch(work: Work) -> Handle:
    """Return the handler with its attempts logged and counted; every line logged inside names the delivery."""

    async def handle(delivery: Delivery, attempt: int) -> None:
        begun = time.perf_counter()
        outcome = "failed"
        with log.about(delivery.id, delivery.event, delivery.repository):
            try:
                await work.handle(delivery, attempt)
                outcome = "done"
            except Later as later:
                outcome = "postponed"
                _log.warning("attempt postponed", attempt=attempt, why=str(later))
                raise
            except Exception:
                _log.exception("attempt failed", attempt=attempt)
                raise
            finally:
                seconds = time.perf_counter() - begun
                work.metrics.handle(delivery.event, outcome, seconds)
                _log.info("attempt ended", attempt=attempt, outcome=outcome, seconds=round(seconds, 4))

    return handle


def _favour_answers() -> None:
    """Keep what the process does besides from delaying an answer to GitHub.

    Measured at 200 webhooks a second with handlers at work: a thread that computes holds the others up for 5 ms
    each time, and looking for garbage among all that was imported takes 25 ms.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.freeze()


async def _serve_until_signal(settings: Settings, work: Work, listener: socket.socket) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end(number: int) -> None:
        stop.set()
        loop.remove_signal_handler(number)  # a second signal does what signals do

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    await run(settings, work, listener, stop)


async def _await_end(stop: asyncio.Event, service: Starlette, server: Server, linger: float) -> None:
    await stop.wait()
    service.state.closing = True
    _log.info("ending", linger=linger)
    await asyncio.sleep(linger)
    server.should_exit = True


async def _keep(task: Task, inbox: Inbox) -> None:
    """Run a task, and begin it again after a pause whenever it fails: a sweep that died would be missed by nobody."""
    failures = 0
    while True:
        begun = time.monotonic()
        try:
            return await task(inbox)
        except Exception:  # noqa: BLE001 - whatever it is, the log has it, and the task begins again
            failures = 0 if time.monotonic() - begun >= _WELL_S else failures
            pause = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
            _log.exception("background task failed", task=getattr(task, "__name__", "task"), again_in=pause)
        failures += 1
        await asyncio.sleep(pause)
