"""The operator's commands that wake a machine: run beside everything else, and not for long."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from app.action import call as calls

if TYPE_CHECKING:
    from pathlib import Path


WRITE = "import os, sys; open(sys.argv[1], 'w').write(str(dict(os.environ)))"


def run(*argv: str) -> Any:
    """Call a command, and return what the log says of it once it ended."""
    with capture_logs() as lines:
        before = set(threading.enumerate())
        calls.call("wake", argv)
        for thread in set(threading.enumerate()) - before:
            thread.join(30)
    return lines


def test_a_command_runs_as_it_was_written(tmp_path: Path) -> None:
    """No shell takes its words apart, and it has no secret in its environment."""
    made = tmp_path / "a; b"

    (line,) = run(sys.executable, "-c", WRITE, str(made))

    assert (line["event"], line["kind"]) == ("a command ran", "wake")
    assert "PATH" in made.read_text()
    assert "DISCHARGE" not in made.read_text()
    assert run() == []


@pytest.mark.parametrize(
    ("argv", "event", "why"),
    [
        (("false",), "a command failed", "exit 1"),
        (("sleep", "60"), "a command failed", "ran longer than 0.5 s"),
        (("/nowhere/wake",), "a command did not start", "was not found"),
    ],
)
def test_what_goes_wrong_is_logged(
    monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], event: str, why: str
) -> None:
    """One that hangs is ended, with everything that it started."""
    monkeypatch.setattr(calls, "LIMIT", 0.5)

    (line,) = run(*argv)

    assert line["event"] == event
    assert why in line["why"]
