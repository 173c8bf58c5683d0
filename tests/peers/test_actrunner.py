"""The stand-in for GitHub's runner by itself; `tests/story/test_actions.py` tells how a discharge is measured on it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox.act.runner import add_runner
from app.sandbox.act.work import cancel
from app.sandbox.sandbox import Sandbox
from runners import job as jobs
from runners.smoke import Leg
from tests.peers.standin import ROOT, VARIABLE, write_program
from tests.runners.source import PROGRAM, SMOKE, lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPO = "acme/speak"
WORKFLOW = ".github/workflows/discharge-smoke.yml"
TEXT = (ROOT / "runners" / "discharge-smoke.yml").read_text(encoding="utf-8")
LABELS = ["self-hosted", "discharge-7-run-1-1"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A private repository with the program and the workflow, which the app sees."""
    with Sandbox(tmp_path / "github") as made:
        made.repository(REPO, {"speak.sh": PROGRAM, WORKFLOW: TEXT}, private=True)
        made.app("discharge", rsa.generate_private_key(public_exponent=65_537, key_size=2_048).public_key())
        made.install("discharge", "acme")
        yield made


def begin(sandbox: Sandbox, folder: Path, program: str = PROGRAM) -> tuple[jobs.Job, subprocess.Popen[bytes]]:
    """Dispatch a job for a program at a commit that is no branch's head, and start a runner for it."""
    commit = sandbox.push(REPO, "main", {"speak.sh": program})
    sandbox.push(REPO, "main", {"speak.sh": "exit 1\n"})
    smoke = replace(SMOKE, legs=(Leg("default", ("sh", "{binary}", "world")),), timeout=60.0)
    job = jobs.Job("run-1", "/subject", commit, smoke, ("default",), (), 1)
    text = base64.b64encode(jobs.write(job)).decode()
    inputs = {"run": job.run, "commit": commit, "smoke": "speak", "labels": json.dumps(LABELS), "job": text}
    world = sandbox.world
    with world.lock:
        _, configuration = add_runner(world, "acme", {"name": "one", "runner_group_id": 1, "labels": LABELS})
    sandbox.dispatch(REPO, "discharge-smoke.yml", inputs)
    program_ = write_program(folder / "run.sh", "tests.peers.actrunner")
    env = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return job, subprocess.Popen(
        [program_], env={**env, VARIABLE: configuration}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def wait_for(ready: Callable[[], bool]) -> None:
    """Wait until something is so."""
    latest = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < latest
        time.sleep(0.02)


def test_a_job_that_is_cancelled_ends_its_leg(sandbox: Sandbox, tmp_path: Path) -> None:
    """The request reaches the harness through the shell of the step; the leg is gone, and nothing is handed over."""
    leg = tmp_path / "leg"
    _, runner = begin(sandbox, tmp_path, f'echo $$ > "{leg}"\nexec sleep 60\n')
    wait_for(leg.exists)
    wait_for(lambda: bool(leg.read_text().strip()))
    world = sandbox.world
    with world.lock:
        (run,) = world.repository(REPO).runs.values()
        cancel(world, world.person("octo-maintainer"), run)

    out, _ = runner.communicate(timeout=30)

    wait_for(lambda: not lives(int(leg.read_text())))
    assert [job["conclusion"] for job in sandbox.jobs(REPO)] == ["cancelled"], out.decode()
    assert (run.artifacts, sandbox.runners()) == ([], [])
