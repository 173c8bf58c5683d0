"""A process from its start to its end, with the real inbox on SQLite."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from structlog.testing import capture_logs

from app.queue.delivery import Delivery
from app.web import serve as module
from app.web.listener import name
from app.web.metric import Metrics
from app.web.serve import Work, listen, serve
from contracts.error import Complaint
from tests.service.hook import BODY, EVENTS, LIMIT, head, keep_log, make_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.queue.inbox import Inbox

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """A service that runs by itself, and the lines that it logs into a file."""

    popen: subprocess.Popen[bytes]
    folder: Path

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines that are complete by now."""
        text = (self.folder / "log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def wait_for(self, message: str) -> dict[str, Any]:
        """Return the first line with that message, as soon as it is there."""
        deadline = time.monotonic() + 2 * LIMIT
        while time.monotonic() < deadline:
            for line in self.lines:
                if line["message"] == message:
                    return line
            assert self.popen.poll() is None or message == "ended", (self.folder / "log").read_text(encoding="utf-8")
            time.sleep(0.02)
        raise AssertionError(f"“{message}” was not logged: {self.lines}")


@contextmanager
def _start(folder: Path) -> Iterator[Process]:
    command = [sys.executable, "-m", "tests.service.program", str(folder)]
    with (folder / "log").open("wb") as file, subprocess.Popen(command, cwd=ROOT, stderr=file) as popen:
        try:
            yield Process(popen, folder)
        finally:
            popen.kill()


def _post(url: str, delivery: str, wait: float = 0.0) -> httpx.Response:
    body = json.dumps({"repository": {"full_name": "acme/hello"}, "wait": wait}).encode()
    return httpx.post(f"{url}/webhook", content=body, headers=head(body, delivery=delivery), timeout=LIMIT)


def test_a_service_ends_gracefully(tmp_path: Path) -> None:
    """SIGTERM: it says that it is not ready, then accepts nothing more, then lets the handler end, then is gone."""
    with _start(tmp_path) as process:
        url = process.wait_for("serving")["url"]
        assert _post(url, "slow", wait=2.5).json() == {"delivery": "slow"}
        process.popen.send_signal(signal.SIGTERM)
        process.wait_for("ending")

        unready = httpx.get(f"{url}/readyz", timeout=LIMIT)
        process.wait_for("ended")
        status = process.popen.wait(LIMIT)

    assert (unready.status_code, unready.json()["service"]) == (503, "closing")
    assert (status, (tmp_path / "slow.handled").read_text(encoding="utf-8")) == (0, "1")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    (ended,) = [line for line in process.lines if line["message"] == "attempt ended"]
    assert (ended["delivery"], ended["event"], ended["repository"]) == ("slow", "issue_comment", "acme/hello")
    assert (ended["outcome"], ended["attempt"]) == ("done", 1)


def test_what_was_answered_outlives_the_process(tmp_path: Path) -> None:
    """Killed in the middle of a handler with others waiting: after the next start, all of it is handled."""
    with _start(tmp_path) as process:
        url = process.wait_for("serving")["url"]
        answers = [_post(url, f"guid-{number}", wait=0.3).status_code for number in range(3)]
        process.popen.kill()
        process.popen.wait(LIMIT)
    before = sorted(path.stem for path in tmp_path.glob("*.handled"))

    with _start(tmp_path):
        deadline = time.monotonic() + 2 * LIMIT
        while len(list(tmp_path.glob("*.handled"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)

    assert (answers, len(before) < 3) == ([202] * 3, True)
    assert sorted(path.stem for path in tmp_path.glob("*.handled")) == ["guid-0", "guid-1", "guid-2"]


def test_the_service_starts_without_what_it_does_not_need() -> None:
    """Its start stays short: no torch, no numpy, no second web framework, no client of GitHub, no terminal."""
    heavy = {"torch", "numpy", "fastapi", "graphql", "github", "typer"}
    code = f"import app.web.serve, sys; print(sorted({heavy!r} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Background tasks begin again at once; what a process changes about itself comes back after the story."""
    monkeypatch.setattr(module, "_PAUSES_S", (0.01,))
    interval = sys.getswitchinterval()
    with keep_log():
        yield
    sys.setswitchinterval(interval)
    gc.unfreeze()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("hasty")
def test_tasks_run_beside_the_service(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A task that fails is logged and begun again; it may put deliveries of our own into the inbox."""
    metrics, handled, begun = Metrics(), list[tuple[str, str]](), list[str]()

    async def handle(delivery: Delivery, _attempt: int) -> None:
        handled.append((delivery.id, delivery.event))

    async def sweep(inbox: Inbox) -> None:
        begun.append("sweep")
        if len(begun) == 1:
            raise RuntimeError("GitHub is away")
        await inbox.store(Delivery("sweep:1", "discharge.sweep", "acme/hello", b"{}", time.time()))
        await inbox.wait("sweep:1")
        _end()

    serve(make_settings(tmp_path), Work(metrics, EVENTS, handle, (sweep,), linger=0.0))

    assert (begun, handled) == (["sweep", "sweep"], [("sweep:1", "discharge.sweep")])
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    (failed,) = [line for line in lines if line["message"] == "background task failed"]
    assert (failed["task"], failed["again_in"], "GitHub is away" in failed["exception"]) == ("sweep", 0.01, True)
    assert lines[-1]["message"] == "ended"


@pytest.mark.usefixtures("hasty")
def test_an_attempt_that_fails_is_logged_and_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The log has the traceback and the delivery; the metrics have the attempt."""
    metrics = Metrics()

    async def handle(_delivery: Delivery, attempt: int) -> None:
        if attempt == 1:
            raise RuntimeError("GitHub is away")

    async def send(inbox: Inbox) -> None:
        await inbox.store(Delivery("guid-1", "issue_comment", "acme/hello", BODY, time.time()))
        await inbox.wait("guid-1")
        _end()

    serve(make_settings(tmp_path), Work(metrics, EVENTS, handle, (send,), linger=0.0))

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    (failed,) = [line for line in lines if line["message"] == "attempt failed"]
    assert (failed["delivery"], failed["event"], failed["repository"]) == ("guid-1", "issue_comment", "acme/hello")
    assert "GitHub is away" in failed["exception"]
    text = metrics.render(None).decode()
    assert 'discharge_handled_seconds_count{event="issue_comment",outcome="failed"} 1.0' in text
    assert 'discharge_handled_seconds_count{event="issue_comment",outcome="done"} 1.0' in text


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    """One sentence, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Complaint) as caught:
            listen(make_settings(tmp_path, port=port))

    assert str(caught.value) == (
        f"127.0.0.1, port {port}, cannot be listened at: Address already in use. "
        "End what listens there, or set DISCHARGE_HOST and DISCHARGE_PORT."
    )


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(Complaint, match="cannot be made: Not a directory") as caught:
        listen(make_settings(tmp_path / "file" / "data"))

    assert caught.value.mend == "Set DISCHARGE_DATA to another one"


def test_an_answer_does_not_wait_for_the_next_packet(tmp_path: Path) -> None:
    """Connections inherit it from the socket that listens; without it every answer takes 40 ms."""
    with (
        listen(
            make_settings(tmp_path, host="::1" if socket.has_ipv6 and _has_loopback_6() else "127.0.0.1")
        ) as listener,
        socket.create_connection(listener.getsockname()[:2]),
    ):
        link, _ = listener.accept()
        with link:
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def _has_loopback_6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_what_github_answered_is_counted() -> None:
    """Requests by method and status; runs by state, and a state that has gone is gone."""
    metrics = Metrics()
    metrics.request("GET", 200)
    metrics.request("POST", 0)
    metrics.request("BREW", 418)
    metrics.show_runs({"queued": 2, "running": 1})
    metrics.show_runs({"running": 3})
    metrics.show_leftovers({"machine": 1, "registration": 2})

    text = metrics.render(None).decode()

    assert 'discharge_github_requests_total{method="GET",status="200"} 1.0' in text
    assert 'discharge_github_requests_total{method="POST",status="0"} 1.0' in text
    assert 'discharge_github_requests_total{method="other",status="418"} 1.0' in text
    assert 'discharge_runs{state="running"} 3.0' in text
    assert 'discharge_leftovers{kind="machine"} 1.0' in text
    assert 'discharge_leftovers{kind="registration"} 2.0' in text
    assert 'state="queued"' not in text


def test_the_name_of_a_service_is_its_address(tmp_path: Path) -> None:
    """Also where the address has colons itself."""
    with listen(make_settings(tmp_path)) as listener:
        port = listener.getsockname()[1]

        assert name(listener) == f"http://127.0.0.1:{port}"


@pytest.mark.usefixtures("hasty")
def test_a_stopped_service_can_be_embedded(tmp_path: Path) -> None:
    """Whoever runs it in a loop of their own ends it by an event instead of a signal."""

    async def story() -> dict[str, object]:
        stop = asyncio.Event()
        work = Work(Metrics(), EVENTS, handle=_ignore, linger=0.0)
        with listen(make_settings(tmp_path)) as listener:
            serving = asyncio.create_task(module.run(make_settings(tmp_path), work, listener, stop))
            async with httpx.AsyncClient(base_url=name(listener), timeout=LIMIT) as client:
                answer: dict[str, object] = (await client.get("/readyz")).json()
            stop.set()
            await serving
        return answer

    assert asyncio.run(story())["ready"] is True


async def _ignore(_delivery: Delivery, _attempt: int) -> None:
    return


def test_a_task_that_was_well_for_long_begins_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses grow while it fails at once, and are short again after a spell in which it worked."""
    pauses, well = list[float](), [0, 0, 0, 1000, 0]
    clock = [0.0]

    async def task(_: object) -> None:
        if not well:
            raise asyncio.CancelledError
        clock[0] += well.pop(0)
        raise OverflowError

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=pause))
    with capture_logs(), pytest.raises(asyncio.CancelledError):
        asyncio.run(module._keep(task, None))  # type: ignore[arg-type]  # noqa: SLF001 - an hour in no time

    assert pauses == [1.0, 5.0, 30.0, 1.0, 5.0]
