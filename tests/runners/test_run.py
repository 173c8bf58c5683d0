"""Legs as real processes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from evidence.model import Absent, Observation
from runners import run as running
from runners.run import execute, run
from runners.smoke import Smoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")

WRITE_PID = "import os, sys, time\ndef note(name): open(name, 'w').write(str(os.getpid()))\n"


def test_streams_are_kept_apart_and_merged(say: Callable[..., Observation]) -> None:
    """Both streams are kept, and the merged log has them in the order of their arrival."""
    seen = say(
        "import sys, time\n"
        "for n in range(3):\n"
        "    print('out', n, flush=True); time.sleep(0.03)\n"
        "    print('err', n, file=sys.stderr, flush=True); time.sleep(0.03)\n"
        "print('no line end', end='')",
    )

    assert seen.stdout == "out 0\nout 1\nout 2\nno line end"
    assert seen.stderr == "err 0\nerr 1\nerr 2\n"
    assert seen.merged == "out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\nno line end"
    assert (seen.exit, seen.failure, seen.truncated, seen.origin) == (0, "", False, "ran")
    assert seen.seconds is not None
    assert 0.15 < seen.seconds < 2


def test_a_status_is_kept(say: Callable[..., Observation]) -> None:
    """A program that exits by itself says with what, and that is no failure of the run."""
    seen = say("import sys; sys.exit(3)")

    assert (seen.exit, seen.failure) == (3, "")


def test_standard_input_is_empty(say: Callable[..., Observation]) -> None:
    """A program that asks for input gets none, and does not wait for ever."""
    assert say("import sys; print(repr(sys.stdin.read()))").stdout == "''\n"


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    """Arguments arrive as they are."""
    argv = [sys.executable, "-S", "-c", "import sys; print(sys.argv[1:])", "$(touch x)", "; rm", "*", ""]

    seen = execute("leg", argv, cwd=tmp_path, env={}, timeout=10, limit=1000)

    assert isinstance(seen, Observation)
    assert seen.stdout == "['$(touch x)', '; rm', '*', '']\n"
    assert seen.argv == tuple(argv)


def test_only_the_given_environment_arrives(say: Callable[..., Observation], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller does not pass does not exist for the leg."""
    monkeypatch.setenv("GITHUB_TOKEN", "secret")

    seen = say("import os; print(sorted(k for k in os.environ if k != 'LC_CTYPE'))", env={"PATH": "/bin", "X": "1"})

    assert seen.stdout == "['PATH', 'X']\n"


def test_a_signal_is_a_failure(say: Callable[..., Observation]) -> None:
    """A program that crashed ended by no will of its own."""
    assert say("import os; os.abort()").failure == "was ended by SIGABRT"
    assert say("import os; os.kill(os.getpid(), 40)").failure == "was ended by signal 40"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("no-such-program-anywhere", "`no-such-program-anywhere` was not found"),
        ("./missing", "`./missing` was not found"),
        ("./plain", "`./plain` is not executable"),
        ("./noise", "`./noise` cannot be started: Exec format error"),
        ("a\0b", "`a␀b` cannot be started: embedded null byte"),
    ],
)
def test_a_program_that_cannot_start_is_absent(program: str, reason: str, tmp_path: Path) -> None:
    """Nothing ran, and the reason is a sentence."""
    (tmp_path / "plain").write_text("no program")
    (tmp_path / "noise").write_bytes(b"\x00\x01noise")
    (tmp_path / "noise").chmod(0o755)

    assert execute("leg", [program], cwd=tmp_path, env={"PATH": "/bin"}, timeout=5, limit=9) == Absent("leg", reason)


def test_no_command_line_and_no_folder_are_absent_too(tmp_path: Path) -> None:
    """Even what is not a command line at all is a reason and no traceback."""
    away = tmp_path / "away"

    assert execute("leg", [], cwd=tmp_path, env={}, timeout=5, limit=9) == Absent("leg", "its command line is empty")
    assert execute("leg", ["true"], cwd=away, env={"PATH": "/bin"}, timeout=5, limit=9) == Absent(
        "leg",
        f"its folder `{away}` cannot be entered: No such file or directory",
    )


def test_a_timeout_ends_the_whole_family(say: Callable[..., Observation], gone: Callable[[str], bool]) -> None:
    """A leg that never ends is ended, with its grandchildren, and what it said is kept."""
    seen = say(
        WRITE_PID + "if os.fork() == 0:\n    os.fork() or note('grandchild')\n    time.sleep(60)\n"
        "note('child'); print('begun', flush=True); time.sleep(60)",
        timeout=0.3,
    )

    assert seen.failure == "ran longer than 0.3 s"
    assert (seen.exit, seen.stdout) == (None, "begun\n")
    assert seen.seconds is not None
    assert seen.seconds < 0.6
    assert gone("grandchild")
    assert gone("child")


def test_who_ignores_the_request_is_killed(
    say: Callable[..., Observation],
    gone: Callable[[str], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A polite signal first, and the kill after the grace."""
    monkeypatch.setattr(running, "PATIENCE", 0.2)

    seen = say(
        WRITE_PID + "import signal; signal.signal(15, signal.SIG_IGN); note('deaf'); time.sleep(60)", timeout=0.3
    )

    assert seen.failure == "ran longer than 0.3 s"
    assert gone("deaf")


def test_who_can_end_well_may(say: Callable[..., Observation], tmp_path: Path) -> None:
    """Between the request and the kill a program can let go of its device."""
    say(
        "import signal, sys, time\ndef bye(*_): open('bye', 'w').write('x'); sys.exit(0)\n"
        "signal.signal(15, bye); time.sleep(60)",
        timeout=0.3,
    )

    assert (tmp_path / "bye").exists()


def test_a_child_that_holds_the_output_is_not_waited_for(
    say: Callable[..., Observation],
    gone: Callable[[str], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The leg ended; its child may finish a sentence, and is then killed."""
    monkeypatch.setattr(running, "LINGER", 0.3)

    seen = say(
        WRITE_PID
        + "if os.fork() == 0:\n    note('child'); time.sleep(0.1); print('late', flush=True); time.sleep(60)\n"
        "while not os.path.exists('child'): time.sleep(0.01)\nprint('done', flush=True)",
    )

    assert (seen.exit, seen.failure, seen.stdout) == (0, "", "done\nlate\n")
    assert seen.seconds is not None
    assert seen.seconds < 0.3
    assert gone("child")


def test_a_child_in_the_background_is_killed(say: Callable[..., Observation], gone: Callable[[str], bool]) -> None:
    """A child that closed its output is not waited for, and does not survive."""
    seen = say(
        WRITE_PID + "if os.fork() == 0:\n    os.close(1); os.close(2); note('child'); time.sleep(60)\n"
        "while not os.path.exists('child'): time.sleep(0.01)",
    )

    assert seen.exit == 0
    assert gone("child")


@linux
@pytest.mark.parametrize("keep", ["", "os.close(1); os.close(2); "])
def test_a_daemon_does_not_survive(
    keep: str,
    say: Callable[..., Observation],
    gone: Callable[[str], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two forks and a session of its own: gone all the same, with its own children."""
    monkeypatch.setattr(running, "LINGER", 0.2)

    seen = say(
        WRITE_PID + f"if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    {keep}\n"
        "    if os.fork() == 0: note('below'); time.sleep(60)\n"
        "    note('daemon'); time.sleep(60)\n"
        "while not (os.path.exists('daemon') and os.path.exists('below')): time.sleep(0.01)\ntime.sleep(0.05)",
    )

    assert seen.exit == 0
    assert gone("daemon")
    assert gone("below")


@linux
def test_the_runner_is_afterwards_what_it_was_before(say: Callable[..., Observation]) -> None:
    """Adopting ends with the leg, and other children of this process are left alone."""
    mine = subprocess.Popen(["sleep", "30"], start_new_session=True)
    adopting = ctypes.c_int(-1)

    say("print('x')")

    ctypes.CDLL(None).prctl(37, ctypes.byref(adopting), 0, 0, 0)
    assert adopting.value == 0
    assert mine.poll() is None
    mine.kill()
    mine.wait()


def test_endless_output_is_stopped(say: Callable[..., Observation]) -> None:
    """A program that prints a gigabyte is stopped at the bound, at once."""
    started = time.monotonic()

    seen = say("import sys\nline = 'x' * 1023 + '\\n'\nfor n in range(1 << 20): sys.stdout.write(line)", limit=2 << 20)

    assert seen.failure == "printed more than 2 MiB"
    assert seen.truncated
    assert len(seen.merged) == len(seen.stdout) == 2 << 20
    assert time.monotonic() - started < 30  # it does not hang; times are for make bench


def test_a_small_bound_is_said_in_bytes(say: Callable[..., Observation]) -> None:
    """Bounds that are no whole MiB are named exactly; both streams count."""
    seen = say("import sys; sys.stdout.write('x' * 600); sys.stderr.write('y' * 600)", limit=1000)

    assert seen.failure == "printed more than 1,000 bytes"
    assert len(seen.stdout) + len(seen.stderr) == 1000


def test_a_smoke_bounds_its_legs(tmp_path: Path) -> None:
    """Timeout and size come from the smoke."""
    smoke = Smoke("s", "c", (), (), timeout=0.2, output_limit=4)
    heard: list[str] = []

    slow = run(smoke, "slow", ["sleep", "9"], cwd=tmp_path, env={"PATH": os.environ["PATH"]})
    loud = run(smoke, "loud", ["echo", "hello"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, heard=heard.append)

    assert isinstance(slow, Observation)
    assert isinstance(loud, Observation)
    assert slow.failure == "ran longer than 0.2 s"
    assert (loud.failure, loud.merged, heard) == ("printed more than 4 bytes", "hell", ["hell"])


def test_an_interrupt_kills_and_goes_on(say: Callable[..., Observation], gone: Callable[[str], bool]) -> None:
    """Control-C while a leg runs: the leg is gone, and the interrupt is not swallowed."""

    def interrupt(piece: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        say(WRITE_PID + "note('leg'); print('begun', flush=True); time.sleep(60)", heard=interrupt)

    assert gone("leg")


def test_without_waitid_the_end_is_seen_too(say: Callable[..., Observation], monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems that cannot look at a dead process without burying it work as well."""
    monkeypatch.delattr(os, "waitid")

    seen = say("print('x')")

    assert (seen.exit, seen.stdout) == (0, "x\n")


def test_without_proc_and_prctl_legs_run_too(say: Callable[..., Observation], monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems lack the adoption, and nothing else."""

    def missing(path: str) -> list[str]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "listdir", missing)

    assert say("print('x')").stdout == "x\n"


def test_legs_run_one_after_the_other(tmp_path: Path) -> None:
    """Two threads that start a leg each do not see each other's children."""
    seen: list[object] = []
    threads = [
        threading.Thread(
            target=lambda: seen.append(
                execute("a", ["sleep", "0.2"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, timeout=5, limit=9),
            ),
        )
        for _ in range(2)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [one.exit for one in seen if isinstance(one, Observation)] == [0, 0]
    assert time.monotonic() - started >= 0.4
