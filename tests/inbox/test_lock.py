"""A lock on a file."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from app.queue.lock import Lock
from contracts.error import Complaint

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_holder_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    """The sentence names the file, the process, and what to do."""
    lock = Lock(tmp_path / "inbox.sqlite.lock")

    with pytest.raises(Complaint, match=rf"inbox.sqlite is in use by another process \(id {os.getpid()}\).") as caught:
        Lock(tmp_path / "inbox.sqlite.lock")

    assert re.search("stop that one, or use PostgreSQL for several", str(caught.value))
    lock.release()


def test_a_released_lock_can_be_taken_although_a_program_started_meanwhile_runs_on(tmp_path: Path) -> None:
    """A detached job on this machine outlives the service, and does not lock the next one out."""
    lock = Lock(tmp_path / "lock")
    with subprocess.Popen(["sleep", "60"]) as program:
        lock.release()
        Lock(tmp_path / "lock").release()
        program.kill()


def test_only_this_user_may_read_the_file(tmp_path: Path) -> None:
    """Nothing about the service is anybody else's business."""
    Lock(tmp_path / "lock").release()

    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
