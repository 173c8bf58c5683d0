"""What a leg that never stops talking costs: bytes of memory, and bytes on the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evidence.model import Observation
from runners import bundle as bundles
from runners import job as jobs

if TYPE_CHECKING:
    from pathlib import Path

    from runners.job import Job
    from tests.runners.source import Source

MIB = 1 << 20
WEIGH = (
    "import json, resource, subprocess, sys; "
    "done = subprocess.run(sys.argv[1:], stderr=subprocess.PIPE, check=True); "
    "print(json.dumps([resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, len(done.stderr)]))"
)
"""A small program that weighs what it starts: a process counts the pages of who started it."""


def talk(source: Source, size: int, limit: int) -> Job:
    """Return a job whose leg would print so many bytes, and may print so many."""
    return source.job(program=f"#!/bin/sh\nyes {'x' * 63} | head -c {size}\n", output_limit=limit)


def weigh(job: Job, folder: Path) -> tuple[int, int, int]:
    """Do a job; return the most memory of a process of it, what it printed, and the size of its bundle, in bytes."""
    scratch = folder / "scratch"
    scratch.mkdir()
    (folder / "job.json").write_bytes(jobs.write(job))
    argv = (sys.executable, "-P", "-m", "runners", str(folder / "job.json"), str(folder / "bundle.json"))
    env = {**os.environ, "TMPDIR": str(scratch)}
    done = subprocess.run(
        (sys.executable, "-ISc", WEIGH, *argv), env=env, capture_output=True, text=True, check=True, timeout=300
    )
    peak, said = json.loads(done.stdout)
    assert list(scratch.iterdir()) == []
    return peak * 1024, said, (folder / "bundle.json").stat().st_size


@pytest.mark.parametrize("limit", [MIB, 4 * MIB], ids=["1-MiB", "4-MiB"])
def test_a_gibibyte_of_log_costs_what_a_leg_may_print(source: Source, tmp_path: Path, limit: int) -> None:
    """It is stopped at the bound; memory, bundle and log follow from the bound, and not from what would have come."""
    (tmp_path / "silent").mkdir()
    silent, *_ = weigh(talk(source, 0, limit), tmp_path / "silent")
    job = talk(source, 1024 * MIB, limit)

    peak, said, kept = weigh(job, tmp_path)

    (seen,) = bundles.read((tmp_path / "bundle.json").read_bytes(), job).seen
    assert isinstance(seen, Observation)
    assert (seen.failure, seen.truncated) == (f"printed more than {limit // MIB} MiB", True)
    assert len(seen.merged) <= limit
    assert (peak - silent) / MIB < 12 * limit / MIB + 4
    assert kept < 2 * limit + MIB
    assert said < 1000
