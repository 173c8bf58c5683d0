"""`python -m runners.action`: the job of a workflow, done on the checkout that the workflow made."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.model import Absent, Observation
from runners import action
from runners import bundle as bundles
from runners import job as jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runners.bundle import Bundle
    from runners.job import Job
    from tests.runners.source import Source

NOWHERE = "/nowhere/on/this/machine"
SHADOW = "raise SystemExit('the checkout was imported')\n"


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Give this process its signal handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The folder that a workflow works in, with what a run before left there."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "bundle").write_text("of a run before\n", encoding="utf-8")
    return folder


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def check_out(source: Source, workspace: Path, job: Job) -> None:
    """Clone as `actions/checkout` does: one commit, and HEAD detached at it."""
    there = workspace / "subject"
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", source.folder, there], check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach", job.commit], cwd=there, check=True)


def variables(job: Job, **changed: str) -> dict[str, str]:
    """Return the variables that the workflow sets; where the job lies on the App's machine says nothing here."""
    text = base64.b64encode(jobs.write(replace(job, source=NOWHERE))).decode()
    return {action.RUN: job.run, action.COMMIT: job.commit, action.JOB: text, **changed}


def act(workspace: Path, patch: pytest.MonkeyPatch, given: dict[str, str]) -> int:
    """Call the program as the workflow's step does; its exit status."""
    for name, value in given.items():
        patch.setenv(name, value)
    patch.chdir(workspace)
    return action.main(["subject", "bundle"])


def read(workspace: Path, job: Job) -> Bundle:
    """Read what came of a job, as the App does."""
    return bundles.read((workspace / "bundle").read_bytes(), job)


def reason(workspace: Path, job: Job) -> str:
    """Return why nothing ran."""
    (seen,) = read(workspace, job).seen
    assert isinstance(seen, Absent)
    return seen.reason


def test_the_legs_run_on_the_checkout_and_nothing_in_it_takes_the_place_of_the_harness(
    source: Source, workspace: Path
) -> None:
    """The step's own command line, in a workspace whose modules are named like ours and Python's."""
    names = ("runners/__init__.py", "runners/action.py", "contracts/__init__.py", "sitecustomize.py", "json.py")
    job = source.job()
    commit = source.commit(**dict.fromkeys(names, SHADOW))
    job = replace(job, commit=commit)
    check_out(source, workspace, job)
    for name in names:
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(SHADOW, encoding="utf-8")
    argv = [sys.executable, "-I", "-m", "runners.action", "subject", "bundle"]

    done = subprocess.run(
        argv, cwd=workspace, env={**os.environ, **variables(job)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    (seen,) = read(workspace, job).seen
    assert isinstance(seen, Observation)
    assert (seen.exit, seen.stdout) == (0, "hello, world\n")


def test_a_checkout_that_moved_is_refused(source: Source, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ref that moved, or a step that checked out another commit: the bundle says what is there."""
    job = source.job()
    check_out(source, workspace, job)
    there = workspace / "subject"
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=there, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=there, capture_output=True, text=True, check=True).stdout

    assert act(workspace, monkeypatch, variables(job)) == 1
    assert reason(workspace, job) == f"the checkout is at {head[:12]}, and {job.commit[:12]} was asked for"


@pytest.mark.parametrize("changed", [{action.COMMIT: "ab" * 20}, {action.RUN: "run-2"}])
def test_what_the_workflow_was_started_for_must_be_what_the_job_says(
    source: Source, workspace: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    """Another commit or run in the inputs than in the job: nothing runs."""
    job = source.job()
    check_out(source, workspace, job)

    assert act(workspace, monkeypatch, variables(job, **changed)) == 1
    assert reason(workspace, job) == "the workflow was started for another run or commit than its job names"


def test_a_checkout_that_is_not_there_is_a_reason(
    source: Source, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step that checks out failed, and this one was run all the same."""
    job = source.job()

    assert act(workspace, monkeypatch, variables(job)) == 1
    assert reason(workspace, job).startswith("the checkout cannot be read: git rev-parse failed")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no base64!", "DISCHARGE_JOB is no base64"),
        ("ä", "DISCHARGE_JOB is no base64"),
        (base64.b64encode(b'{"run": "run-1"').decode(), "the job is no JSON"),
        (base64.b64encode(b"{}").decode(), "the job"),
        ("", "the job is no JSON"),
    ],
)
def test_an_unreadable_job_leaves_no_bundle(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """Not even that of the run before: there is nothing that it could answer."""
    given = {action.RUN: "run-1", action.COMMIT: "ab" * 20, action.JOB: text}

    assert act(workspace, monkeypatch, given) == 2
    assert said in capsys.readouterr().err
    assert not (workspace / "bundle").exists()


def test_what_is_missing_is_a_sentence(
    source: Source, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable that the workflow should have set, a word, a folder that the bundle would go to."""
    job = source.job()
    check_out(source, workspace, job)
    given = variables(job)
    del given[action.COMMIT]

    assert act(workspace, monkeypatch, given) == 2
    assert capsys.readouterr().err.startswith("usage: DISCHARGE_RUN=")
    monkeypatch.setenv(action.COMMIT, "ab" * 20)
    assert action.main(["subject"]) == 2
    assert action.main(["subject", "gone/bundle"]) == 1
    assert capsys.readouterr().err.endswith("the job cannot be brought to its end: No such file or directory\n")


@given(st.one_of(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.binary().map(_encode)))
def test_whatever_the_variable_holds_is_a_job_or_a_sentence(text: str) -> None:
    """No text makes the program fail in another way, or leave a bundle."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        workspace = Path(folder)

        assert act(workspace, patch, {action.RUN: "run-1", action.COMMIT: "ab" * 20, action.JOB: text}) == 2
        assert list(workspace.iterdir()) == []
