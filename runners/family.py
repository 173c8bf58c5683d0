"""The processes below a process: adopted while a leg runs, found, and ended.

On Linux a process can adopt every orphan below itself (PR_SET_CHILD_SUBREAPER), so that what left its
group on purpose stays below it; `/proc` tells who is whose child. Elsewhere both are missing, and a
process that leaves its group can get away.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from runners.interruption import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 2.0
"""Seconds for which the end of killed processes is waited for."""

BIRTH = threading.Lock()
"""Held for moments: while a program is detached and noted, and while what a leg left behind is found and killed."""
DETACHED: set[int] = set()
"""The programs that were detached and live: no leg's, though they may begin while one runs."""

_DEATH_SIGNAL, _SET_SUBREAPER, _GET_SUBREAPER = 1, 36, 37
_TICK = 0.005
_DEAD = (b"Z", b"X")
"""The states of a process that ended, and only waits for its parent to notice."""


@contextmanager
def adopting() -> Iterator[None]:
    """Be the parent of every orphan below this process, and afterwards what it was before."""
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None)
    before = ctypes.c_int(0)
    libc.prctl(_GET_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    libc.prctl(_SET_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_SET_SUBREAPER, before.value, 0, 0, 0)


def children() -> frozenset[int]:
    """Return the children of this process that live in another session than its own.

    A child that another thread starts meanwhile is in this process's session and is left alone.
    Empty where there is no `/proc`.
    """
    here, session = os.getpid(), os.getsid(0)
    return frozenset(pid for pid, parent, its_session, _ in _living() if parent == here and its_session != session)


def kill_orphans(before: frozenset[int]) -> bool:
    """Kill the children that are neither older than the leg nor detached; whether there was any."""
    with BIRTH:
        orphans = children() - before - DETACHED
        for pid in orphans:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
    return bool(orphans)


def descendants(pid: int) -> frozenset[int]:
    """Return every living process below *pid*; empty where there is no `/proc`."""
    parents = {one: parent for one, parent, _, state in _living() if state not in _DEAD}
    found: set[int] = set()
    below = {pid}
    while below := {one for one, parent in parents.items() if parent in below and one not in found}:
        found |= below
    return frozenset(found)


def kill(pid: int) -> None:
    """Kill a process and everything below it; it is stopped first, so that it can start nothing more."""
    _send(pid, signal.SIGSTOP)
    latest = time.monotonic() + PATIENCE
    while (below := descendants(pid)) and time.monotonic() < latest:
        for one in below:
            _send(one, signal.SIGKILL)
        time.sleep(_TICK)
    _send(pid, signal.SIGKILL)


def follow(parent: int) -> None:
    """Have this process be asked to end when its parent ends, even if the parent is killed.

    Raises:
        KeyboardInterrupt: *parent* ended already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise KeyboardInterrupt


def heed() -> None:
    """Take a request to end as Ctrl-C, once: a second one must not disturb the end of what runs."""
    for number in REQUESTS:
        signal.signal(number, _stop)


def _stop(_number: int, _frame: object) -> NoReturn:
    for number in REQUESTS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _living() -> Iterator[tuple[int, int, int, bytes]]:
    """Yield id, parent, session and state of every process (proc(5), `stat`)."""
    with suppress(FileNotFoundError):
        for name in os.listdir("/proc"):  # noqa: PTH208 - names are all it needs
            if name.isdigit() and (fields := _fields(name)):
                yield int(name), int(fields[1]), int(fields[3]), fields[0]


def _fields(pid: str) -> list[bytes]:
    """Return what stands behind a process's name in `stat`: state, parent, group, session; nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - hundreds of times, so the plain call
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []
