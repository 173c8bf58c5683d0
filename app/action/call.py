"""The operator's own commands that wake a machine and let it sleep: argument lists, run beside everything else."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import structlog

from evidence.model import Absent
from runners.command import environment
from runners.run import execute

LIMIT = 20.0
"""How long such a command may take, in seconds; whatever it started is ended with it."""
_OUTPUT = 64 << 10
_log = structlog.stdlib.get_logger("runner")


def call(kind: str, argv: tuple[str, ...]) -> None:
    """Run a command in a thread of its own; nothing waits for it, and the log says how it went. None: nothing runs."""
    if argv:
        threading.Thread(target=_run, args=(kind, argv), name=kind, daemon=True).start()


def _run(kind: str, argv: tuple[str, ...]) -> None:
    env = environment(os.environ)
    seen = execute(kind, argv, cwd=Path("/"), env=env, timeout=LIMIT, limit=_OUTPUT)
    if isinstance(seen, Absent):
        _log.warning("a command did not start", kind=kind, why=seen.reason)
    elif seen.failure or seen.exit:
        _log.warning("a command failed", kind=kind, why=seen.failure or f"exit {seen.exit}")
    else:
        _log.info("a command ran", kind=kind, seconds=seen.seconds)
