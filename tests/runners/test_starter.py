"""The start of a just-in-time runner: its configuration is seen by the program alone, once."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runners.starter import ABSENT, USAGE

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "eyJub2JvZHkiOiJtYXkgc2VlIHRoaXMifQ=="  # noqa: S105 - what a story hides
PROGRAM = """#!/bin/sh
tr '\\0' ' ' < /proc/$$/cmdline
printf '%s' "$ACTIONS_RUNNER_INPUT_JITCONFIG" > "$1"
"""


def start(*words: str) -> subprocess.CompletedProcess[str]:
    """Start as a leg does."""
    argv = (sys.executable, "-I", "-m", "runners.starter", *words)
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_only_the_program_sees_the_configuration(tmp_path: Path) -> None:
    """It comes by the environment, stands in no command line, and its file is gone: a second start is none."""
    hidden, program, seen = tmp_path / "jit", tmp_path / "run.sh", tmp_path / "seen"
    hidden.write_text(f"{SECRET}\n")
    hidden.chmod(0o600)
    program.write_text(PROGRAM)
    program.chmod(0o700)

    ended = start(str(hidden), str(program), str(seen))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert seen.read_text() == SECRET
    assert SECRET not in ended.stdout
    assert str(program) in ended.stdout
    assert not hidden.exists()
    again = start(str(hidden), str(program), str(seen))
    assert (again.returncode, again.stderr.strip()) == (
        ABSENT,
        "the configuration of the runner is not there: it was used before, or taken back",
    )


@pytest.mark.parametrize(
    ("content", "program", "status", "said"),
    [
        (b"x", "run.sh", USAGE, "usage: "),
        (b"", "/bin/true", ABSENT, "empty"),
        (b"\xff", "/bin/true", ABSENT, "is none"),
        (b"a\0b", "/bin/true", ABSENT, "is none"),
        (b"x", "/nowhere/run.sh", ABSENT, "cannot be started: No such file or directory"),
    ],
)
def test_what_cannot_start_is_told(tmp_path: Path, content: bytes, program: str, status: int, said: str) -> None:
    """A program without a whole path, an empty or strange file, no program: a sentence, and nothing secret in it."""
    hidden = tmp_path / "jit"
    hidden.write_bytes(content)
    hidden.chmod(0o600)

    ended = start(str(hidden), program)

    assert ended.returncode == status
    assert said in ended.stderr
    assert os.linesep not in ended.stderr.rstrip()


@pytest.mark.parametrize("how", ["group", "others", "name", "link"])
def test_what_others_may_have_written_is_not_taken(tmp_path: Path, how: str) -> None:
    """Whoever could write the file could be the runner: nothing is started, and the file stays."""
    hidden = tmp_path / "jit"
    hidden.write_text(SECRET)
    hidden.chmod({"group": 0o620, "others": 0o602}.get(how, 0o600))
    if how == "name":
        (tmp_path / "second").hardlink_to(hidden)
    if how == "link":
        hidden = hidden.rename(tmp_path / "real")
        (tmp_path / "jit").symlink_to(hidden)

    ended = start(str(tmp_path / "jit"), "/bin/true")

    assert ended.returncode == ABSENT
    assert ended.stderr.startswith("the configuration of the runner is not taken: ")
    assert hidden.exists()
