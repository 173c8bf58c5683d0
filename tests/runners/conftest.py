"""What the tests of runners share: a way to run Python as a leg, and a check that a process is gone."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from evidence.model import Observation
from runners.command import environment
from runners.run import execute
from tests.runners.source import Source, lives

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def say(tmp_path: Path) -> Callable[..., Observation]:
    """Return a runner of small Python programs as legs, in an empty folder."""

    def run_program(program: str, *, timeout: float = 10.0, limit: int = 1 << 20, **more: Any) -> Observation:
        argv = [sys.executable, "-S", "-c", program]
        env = more.pop("env", environment(os.environ))
        seen = execute("leg", argv, cwd=tmp_path, env=env, timeout=timeout, limit=limit, **more)
        assert isinstance(seen, Observation), seen.reason
        return seen

    return run_program


@pytest.fixture
def gone(tmp_path: Path) -> Callable[[str], bool]:
    """Return a check that the process whose id stands in a file of the folder lives no more."""

    def check(name: str) -> bool:
        pid = int((tmp_path / name).read_text())
        latest = time.monotonic() + 1
        while time.monotonic() < latest:
            if not lives(pid):
                return True
            time.sleep(0.01)
        return False

    return check


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A git repository with one small program."""
    return Source(tmp_path / "source.git")
