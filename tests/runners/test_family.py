"""The processes below a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runners.family import descendants, follow, heed, kill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child")

NOTE = "import os, time\ndef note(name): open(name, 'w').write(str(os.getpid()))\n"


def start(folder: Path, program: str) -> subprocess.Popen[bytes]:
    """Start a small Python program in a folder."""
    return subprocess.Popen([sys.executable, "-c", NOTE + program], cwd=folder)


def wait_for(path: Path) -> int:
    """Return the process id that a file holds, once it does."""
    latest = time.monotonic() + 10
    while not path.exists() or not path.read_text(encoding="utf-8"):
        assert time.monotonic() < latest
        time.sleep(0.01)
    return int(path.read_text(encoding="utf-8"))


def test_children_of_children_are_below(tmp_path: Path, gone: Callable[[str], bool]) -> None:
    """Also those with a session of their own; killing the first kills them all."""
    program = "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: note('below')\n    else: note('child')\n"
    with start(tmp_path, program + "time.sleep(60)") as process:
        child, below = wait_for(tmp_path / "child"), wait_for(tmp_path / "below")

        assert descendants(process.pid) == {child, below}
        kill(process.pid)

        assert process.wait() == -signal.SIGKILL
    assert gone("child")
    assert gone("below")


def test_a_child_that_ended_is_no_longer_below(tmp_path: Path) -> None:
    """Even while its parent has not noticed."""
    with start(tmp_path, "if os.fork() == 0:\n    os._exit(0)\nnote('parent'); time.sleep(60)") as process:
        wait_for(tmp_path / "parent")
        latest = time.monotonic() + 5
        while descendants(process.pid) and time.monotonic() < latest:
            time.sleep(0.01)

        assert descendants(process.pid) == frozenset()
        process.kill()


def test_whoever_is_gone_is_killed_without_a_word(tmp_path: Path) -> None:
    """An id that nobody has any more is no error."""
    with start(tmp_path, "pass") as process:
        process.wait()

    kill(process.pid)


def test_a_process_ends_with_its_parent(tmp_path: Path, gone: Callable[[str], bool]) -> None:
    """Even if the parent had no time to say so."""
    program = (
        "import sys\nfrom runners.family import follow\nparent = os.getpid()\n"
        "if os.fork() == 0:\n    follow(parent); note('child'); time.sleep(60)\ntime.sleep(60)"
    )
    with start(tmp_path, program) as process:
        wait_for(tmp_path / "child")
        process.kill()
    assert gone("child")


def test_who_has_lost_its_parent_already_does_not_begin() -> None:
    """The parent is the one that was named, and no other."""
    with pytest.raises(KeyboardInterrupt):
        follow(os.getpid())


def test_a_request_to_end_is_heeded_once() -> None:
    """A second one does not disturb the end of what runs."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        heed()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
