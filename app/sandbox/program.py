"""Git as a program beside one bare repository: single commands, and two processes that stay open."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT = 60.0
_REMEMBERED = 4_000


class GitError(Exception):
    """Git refused; what it said."""


def environment() -> dict[str, str]:
    """Return the variables that git runs with: this machine's settings and people are left out."""
    keep = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    quiet = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": os.devnull,
    }
    return keep | quiet | {"LC_ALL": "C.UTF-8"}


class Program:
    """The git of one bare repository; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Serve the repository in *folder*; nothing is started yet."""
        self.folder = folder
        self._lock = threading.RLock()
        self._reader: subprocess.Popen[bytes] | None = None
        self._mover: subprocess.Popen[bytes] | None = None
        self._told: dict[tuple[str, ...], bytes] = {}

    def _call(self, *args: str, data: bytes = b"", git_dir: bool = True, ends: tuple[int, ...] = (0,)) -> bytes:
        where = ("--git-dir", str(self.folder)) if git_dir else ()
        done = subprocess.run(  # noqa: S603 - an argument list, never a shell
            ["git", *where, *args],  # noqa: S607 - git is found on the PATH, as a user finds it
            input=data,
            capture_output=True,
            env=environment(),
            timeout=_TIMEOUT,
            check=False,
        )
        if done.returncode not in ends:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise GitError(f"git {args[0]}: {said[-1][:500]}")
        return done.stdout if done.returncode == 0 else b""

    def _open(self, *args: str) -> subprocess.Popen[bytes]:
        command = ["git", "--git-dir", str(self.folder), *args]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environment(), **pipes)  # type: ignore[call-overload,no-any-return]  # noqa: S603 - an argument list

    @staticmethod
    def _end(process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.kill()  # both wait for a line; neither holds anything that is not written
        process.wait()

    def close(self) -> None:
        """End the processes that stay open."""
        with self._lock:
            self._end(self._reader)
            self._end(self._mover)
            self._reader = self._mover = None

    def _recall(self, *args: str, ends: tuple[int, ...] = (0,)) -> bytes:
        """Run a git command whose answer cannot change; once."""
        with self._lock:
            if args not in self._told:
                while len(self._told) >= _REMEMBERED:
                    del self._told[next(iter(self._told))]
                self._told[args] = self._call(*args, ends=ends)
            return self._told[args]
