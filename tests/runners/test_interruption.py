"""Requests to end that arrive at the worst moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from runners.family import adopting, children, heed
from runners.interruption import REQUESTS, deferring
from runners.run import execute
from tests.runners.source import lives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child")
STEP = 1 if os.environ.get("CHAOS") == "1" else 13
"""Every so many lines a request arrives; with CHAOS=1 at every line."""
FAMILY = ("sh", "-c", "sleep 60 >/dev/null 2>&1 &")
"""A leg that ends at once, and whose child would go on."""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give this process its signal handlers back."""
    before = {number: signal.getsignal(number) for number in REQUESTS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def lead(folder: Path, argv: tuple[str, ...]) -> None:
    """Run a leg."""
    execute("leg", argv, cwd=folder, env={"PATH": os.environ["PATH"]}, timeout=20, limit=100)


@linux
def test_a_request_that_arrives_before_the_id_of_a_leg_is_known_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leg runs, and whoever started it was interrupted before it was told so."""
    begun: list[int] = []

    class Interrupted(subprocess.Popen[bytes]):
        """A start that is interrupted when the child is there."""

        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            begun.append(self.pid)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    heed()

    with pytest.raises(KeyboardInterrupt):
        lead(tmp_path, ("sleep", "60"))

    assert not lives(begun[0])


@contextmanager
def interrupting(line: int) -> Iterator[list[int]]:
    """Have a request arrive at the so-manieth line that starts, hears or ends a leg; tell whether it did."""
    told: list[int] = []
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.endswith(("runners/run.py", "runners/interruption.py", "/subprocess.py")):
            return None
        if event == "line":
            count += 1
            if count == line:
                told.append(count)
                signal.raise_signal(signal.SIGTERM)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield told
    finally:
        sys.settrace(before)


@linux
def test_whenever_a_request_arrives_nothing_that_was_begun_goes_on(tmp_path: Path) -> None:
    """At every line of what starts, hears and ends a leg: it is interrupted, and neither leg nor child is left."""
    at, arrived = 1, True
    with adopting():  # whatever gets away comes back to this process
        before = children()
        while arrived:
            heed()
            with interrupting(at) as told:
                try:
                    lead(tmp_path, FAMILY)
                    interrupted = False
                except KeyboardInterrupt:
                    interrupted = True
            arrived = bool(told)

            assert interrupted == arrived, f"line {at}"
            assert children() <= before, f"line {at}"
            at += STEP
    assert at > 100


@linux
def test_who_hears_no_request_ends_its_leg_and_then_itself(tmp_path: Path) -> None:
    """A terminal that is closed while `discharge run` runs a leg."""
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom runners.run import execute\n"
        "argv = ('sh', '-c', 'echo $$ > leg.new; mv leg.new leg; sleep 60')\n"
        "execute('leg', argv, cwd=Path(sys.argv[1]), env=dict(os.environ), timeout=60, limit=9)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as process:
        latest = time.monotonic() + 20
        while not (tmp_path / "leg").exists():
            assert time.monotonic() < latest
            time.sleep(0.02)
        process.send_signal(signal.SIGHUP)

        assert process.wait(20) == -signal.SIGHUP

    assert not lives(int((tmp_path / "leg").read_text()))


def test_a_request_waits_until_the_gate_is_opened() -> None:
    """And the second does not disturb what the first one began."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    with deferring() as gate:
        signal.raise_signal(signal.SIGTERM)
        before = list(heard)
        with gate.opened():
            opened = list(heard)
            signal.raise_signal(signal.SIGTERM)
            twice = list(heard)
        signal.raise_signal(signal.SIGTERM)

    assert (before, opened, twice, heard) == ([], [15], [15] * 2, [15] * 3)


def test_what_is_ignored_stays_ignored() -> None:
    """Under `nohup`, say."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with deferring() as gate, gate.opened():
        signal.raise_signal(signal.SIGHUP)

    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_another_thread_hears_none() -> None:
    """Only the main thread does, so that nothing is to be put off elsewhere."""
    before = signal.getsignal(signal.SIGTERM)
    found: list[object] = []

    def enter() -> None:
        with deferring() as gate, gate.opened():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert found == [before]
