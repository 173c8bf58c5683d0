"""Run one command line here and keep what it did: every leg, and all but `runners.meter`, is started here.

Nothing that a leg started survives it. The leg is the leader of its own session and group, and the
group is killed when it ends. On Linux this process also adopts what left the group (`setsid`, a
daemon) for as long as the leg runs (PR_SET_CHILD_SUBREAPER), and kills it. Elsewhere a process
that leaves its group on purpose can outlive the leg. A request to end that arrives in the moment in
which a leg begins or ends is put off until it is known, or gone.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from evidence.model import Absent, Observation
from evidence.quote import code
from runners.family import BIRTH, DETACHED, adopting, children, kill_orphans
from runners.interruption import deferring
from runners.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evidence.model import Seen
    from runners.confinement import Login
    from runners.interruption import Gate
    from runners.smoke import Smoke

LINGER = 1.0
"""Seconds for which the children of a leg may keep its output open after it ended."""
PATIENCE = 2.0
"""Seconds between the request to end and the kill."""

_TICK, _SHORT_TICK = 0.05, 0.005
_PIECE = 1 << 16
_ONE = threading.Lock()
"""One leg at a time: adopting is a property of the whole process, and so would be the orphans."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """What is run: its name and command line, where, with what, and for how many seconds at most."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    timeout: float
    login: Login | None


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a program ended: the status that the system gave, its seconds, and why we ended it (or nothing)."""

    status: int
    seconds: float
    failure: str


def run(  # noqa: PLR0913 - who, what, where, with what; none can be left out
    smoke: Smoke,
    leg: str,
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    heard: Callable[[str], None] | None = None,
    login: Login | None = None,
) -> Seen:
    """Run one leg within the bounds of its smoke; see `execute`."""
    timeout, limit = smoke.timeout, smoke.output_limit
    return execute(leg, argv, cwd=cwd, env=env, timeout=timeout, limit=limit, heard=heard, login=login)


def execute(  # noqa: PLR0913 - as above, with the two bounds
    name: str,
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float,
    limit: int,
    heard: Callable[[str], None] | None = None,
    login: Login | None = None,
) -> Seen:
    """Run *argv* (no shell, standard input empty) and return what it did.

    Args:
        name: the leg's name.
        argv: the program and its arguments, nothing left to fill in.
        cwd: the folder to run in.
        env: the whole environment.
        timeout: seconds after which the whole group is ended.
        limit: the most bytes of output; a program that prints more is killed.
        heard: called with each piece of merged output as it arrives.
        login: the user that it is, None: the user of this process.

    Returns:
        What it did; `Absent` with the reason if the program could not be started.
    """
    with _ONE, deferring() as gate, adopting():
        return _attend(_Leg(name, tuple(argv), cwd, env, timeout, login), Transcript(limit, heard), gate)


def detach(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: IO[bytes], hold: int) -> None:
    """Start a program as a session of its own, which goes on if this process ends; it waits for no leg.

    Args:
        argv: the program and its arguments.
        cwd: the folder to run in.
        env: the whole environment.
        log: takes everything that it prints.
        hold: the one open file that it keeps besides, under the same number.

    Raises:
        OSError: it cannot be started.
    """
    with BIRTH:  # a leg that ends here meanwhile would take it for a process that got away
        process = subprocess.Popen(  # noqa: S603 - the argument list is ours
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(hold,),
        )
        DETACHED.add(process.pid)
    threading.Thread(target=_outlast, args=(process,), daemon=True).start()


def _outlast(process: subprocess.Popen[bytes]) -> None:
    """Notice the end of a detached program, and nothing else."""
    process.wait()
    DETACHED.discard(process.pid)


def _attend(leg: _Leg, transcript: Transcript, gate: Gate) -> Seen:
    """Start a leg, hear it, and end all of it, whatever comes through the gate meanwhile."""
    before, started, left = children(), time.monotonic(), ""
    try:
        process = _start(leg)
    except (OSError, ValueError, IndexError) as error:
        return Absent(leg.name, _why_absent(leg, error))
    try:
        with gate.opened():
            failure, seconds = _listen(process, transcript, started, leg.timeout)
    finally:
        left = _end(process, before)
    transcript.finish()
    return _observe(leg, transcript, _Ending(process.returncode, seconds, failure or left))


def _start(leg: _Leg) -> subprocess.Popen[bytes]:
    login = leg.login
    return subprocess.Popen(  # noqa: S603 - running what the configuration names is the purpose, and no shell reads it
        list(leg.argv),
        cwd=leg.cwd,
        env=login.environment(leg.env) if login else dict(leg.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        bufsize=0,
        user=login.uid if login else None,
        group=login.gid if login else None,
        extra_groups=login.groups if login else None,
    )


def _why_absent(leg: _Leg, error: Exception) -> str:
    if not leg.argv:
        return "its command line is empty"
    program = code(leg.argv[0])
    if isinstance(error, OSError) and str(error.filename) == str(leg.cwd):
        return f"its folder {code(str(leg.cwd))} cannot be entered: {error.strerror}"
    if isinstance(error, FileNotFoundError):
        return f"{program} was not found"
    if isinstance(error, PermissionError):
        return f"{program} is not executable"
    return f"{program} cannot be started: {error.strerror if isinstance(error, OSError) else error}"


def _listen(
    process: subprocess.Popen[bytes],
    transcript: Transcript,
    started: float,
    timeout: float,
) -> tuple[str, float]:
    """Take what the program says until it ended; return why it failed (or nothing) and its seconds.

    A program that goes over a bound is asked to end first, so that it can let go of the device.
    """
    ended = None
    with selectors.DefaultSelector() as selector:
        for stream, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            _register(selector, stream, pipe)
        while True:
            _read_ready(selector, transcript)
            now = time.monotonic()
            if transcript.full:
                _ask_to_end(process)
                return f"printed more than {_size(transcript.limit)}", now - started
            if ended is None and _has_ended(process):
                ended = now
            if ended is None and now - started >= timeout:
                _ask_to_end(process)
                return f"ran longer than {timeout:g} s", now - started
            if ended is not None and (not selector.get_map() or now - ended >= LINGER):
                return "", ended - started


def _register(selector: selectors.BaseSelector, stream: str, pipe: IO[bytes] | None) -> None:
    assert pipe is not None
    os.set_blocking(pipe.fileno(), False)
    selector.register(pipe.fileno(), selectors.EVENT_READ, stream)


def _read_ready(selector: selectors.BaseSelector, transcript: Transcript) -> None:
    for key, _ in selector.select(_TICK if selector.get_map() else _SHORT_TICK):
        data = os.read(key.fd, _PIECE)
        if data:
            transcript.add(key.data, data)
        else:
            selector.unregister(key.fd)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether the program ended, and leave it unreaped, so that its id stays its own."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process, signal.SIGTERM)
    latest = time.monotonic() + PATIENCE
    while not _has_ended(process) and time.monotonic() < latest:
        time.sleep(_SHORT_TICK)


def _end(process: subprocess.Popen[bytes], before: frozenset[int]) -> str:
    """Kill whatever is left: the group first, then what left the group and was adopted.

    Returns why the leg proves nothing if processes of it could not be ended in time, else nothing.
    """
    _signal_group(process, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
    latest = time.monotonic() + PATIENCE
    while (left := kill_orphans(before)) and time.monotonic() < latest:
        time.sleep(_SHORT_TICK)
    return "left processes behind that could not be ended" if left else ""


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says PermissionError for a group of zombies
        os.killpg(process.pid, number)


def _observe(leg: _Leg, transcript: Transcript, ending: _Ending) -> Observation:
    """Return the observation; a program that we ended has no exit status of its own."""
    died = _died(-ending.status) if ending.status < 0 else ""
    return Observation(
        leg=leg.name,
        argv=leg.argv,
        merged=transcript.merged,
        stdout=transcript.text("stdout"),
        stderr=transcript.text("stderr"),
        exit=None if ending.failure else ending.status,
        seconds=ending.seconds,
        failure=ending.failure or died,
        truncated=transcript.full,
    )


def _died(number: int) -> str:
    with suppress(ValueError):
        return f"was ended by {signal.Signals(number).name}"
    return f"was ended by signal {number}"


def _size(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit and not limit % (1 << 20) else f"{limit:,} bytes"
