"""A git repository with one small program, and jobs that run it."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence.receipt import digest
from runners.job import Job
from runners.smoke import Leg, Smoke

PROGRAM = '#!/bin/sh\necho "hello, $1"\n'
SMOKE = Smoke("speak", "contracts/speak-v1.yaml", (Leg("default", ("{binary}", "world")),), (), binary="speak.sh")
_OWN = set(Smoke.__slots__) - set(Job.__slots__)
"""The fields of a smoke that a job does not have itself."""


class Source:
    """A repository of one commit for every text of the program."""

    def __init__(self, folder: Path) -> None:
        """Make an empty repository in *folder*."""
        self.folder = folder
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))

    def commit(self, program: str = PROGRAM, **files: str) -> str:
        """Commit the program, executable, and other files (name → text); return the full hash."""
        texts = {"speak.sh": program, **files}
        lines = [b"commit refs/heads/main", b"committer A Tester <tester@example.org> 1777900000 +0000", b"data 0\n"]
        for name, text in texts.items():
            mode = "100755" if name == "speak.sh" else "100644"
            lines += [f"M {mode} inline {name}".encode(), b"data %d\n%s" % (len(text.encode()), text.encode())]
        self._git("fast-import", "--quiet", "--force", data=b"\n".join(lines) + b"\n")
        return self._git("rev-parse", "refs/heads/main").strip()

    def job(self, run: str = "run-1", program: str = PROGRAM, **changes: Any) -> Job:
        """Return a job that runs the program once; *changes* are those of its fields, or of its smoke's."""
        smoke = replace(SMOKE, **{"timeout": 20.0, **{k: changes.pop(k) for k in tuple(changes) if k in _OWN}})
        legs = tuple(leg.name for leg in smoke.legs)
        job = Job(run, str(self.folder), self.commit(program), smoke, legs, (), 1, "a note")
        return replace(job, **changes)

    def _git(self, *args: str, data: bytes = b"") -> str:
        env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        cwd = self.folder if self.folder.is_dir() else None
        return subprocess.run(
            ["git", *args], cwd=cwd, env=env, input=data, capture_output=True, check=True
        ).stdout.decode()


def lives(pid: int) -> bool:
    """Return whether a process runs; one that ended, and waits for somebody to notice, does not."""
    stat = Path(f"/proc/{pid}/stat")
    with suppress(FileNotFoundError, ProcessLookupError):
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def sha256(program: str = PROGRAM) -> str:
    """Return the digest of the program."""
    return digest(program)
