"""The two halves of a run: what a machine is asked to do, and what its answer is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.leg import Bench, assemble, plan
from app.workspace import open_workspace
from evidence.host import HostFacts
from evidence.model import Absent, Observation
from evidence.receipt import Binary, digest
from runners import bundle as bundles
from runners import job as jobs
from runners.bench import observe
from tests.app.stage import BRANCH, FOLDER, PROGRAM, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from runners.bundle import Bundle
    from runners.smoke import Smoke
    from tests.app.conftest import Repo

TOKEN = "ghp_" + "a1B2" * 9
BINARY = Binary("speak.sh", digest(PROGRAM))
SOURCE = f"{FOLDER}/default-smoke.log"


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage on which the program can be tested."""
    stage = Stage(repo)
    stage.set()
    return stage


def open_bench(stage: Stage, standing: str = "main") -> tuple[Bench, Smoke]:
    """Return where legs run, with the evidence of a branch, and the smoke."""
    workspace = open_workspace(stage.repo.folder)
    commit = workspace.repository.commit(standing)
    hidden = (("workstation-7",), ("/home/somebody",))
    return Bench(workspace.repository, workspace.commit, commit, *hidden, lambda _: None), workspace.smoke("speak")


def answer(job: jobs.Job, folder: Path) -> Bundle:
    """Do a job as another machine would: from JSON, to JSON."""
    folder.mkdir()
    made = observe(jobs.read(jobs.write(job)), folder, lambda _: None)
    return bundles.read(bundles.write(made), job)


def test_a_run_goes_to_a_machine_and_comes_back(stage: Stage, tmp_path: Path) -> None:
    """What comes back is what a run here would have shown, and the machine that showed it."""
    bench, smoke = open_bench(stage)

    job = plan(bench, smoke, ["default"], run="run-1")
    observed = assemble(bench, job, answer(job, tmp_path / "checkout"))

    assert (job.commit, job.legs, job.known, job.repeat) == (bench.tested, ("default",), (), 1)
    assert job.source == str(stage.repo.folder)
    (seen,) = observed.repeats[0].values()
    assert isinstance(seen, Observation)
    assert (seen.merged, seen.exit, seen.origin) == ("hello, world\n", 0, "ran")
    assert (observed.binary, observed.needs, observed.folder) == (BINARY, (), "")
    assert observed.host.system.startswith("Linux")


def test_what_a_machine_says_is_cleaned_again(stage: Stage, tmp_path: Path) -> None:
    """Secrets, colours and configured names go out of every text of it; sentences stay on one line."""
    bench, smoke = open_bench(stage)
    job = plan(bench, smoke, ["default"], run="run-1")
    made = answer(job, tmp_path / "checkout")
    (seen,) = made.seen
    assert isinstance(seen, Observation)
    leaky = f"\x1b[31m{TOKEN}\x1b[0m on workstation-7 in /home/somebody/x\n"
    told = replace(seen, merged=leaky, stdout=leaky, stderr=leaky, failure=f"broke\n\x07{leaky}", exit=None)
    host = HostFacts("workstation-7", f"Linux\n{TOKEN}", "a\x07cpu", "", "")

    observed = assemble(bench, job, replace(made, repeats=({"default": told},), host=host))

    clean = "[redacted: github token] on [redacted: host] in [redacted: folder]/x"
    (found,) = observed.repeats[0].values()
    assert isinstance(found, Observation)
    assert {found.merged, found.stdout, found.stderr} == {f"{clean}\n"}
    assert found.failure == f"broke ␇{clean} "
    assert observed.host == HostFacts("[redacted: host]", "Linux [redacted: github token]", "a␇cpu")


def test_the_reason_of_an_absent_leg_is_cleaned_too(stage: Stage) -> None:
    """It is a machine's sentence like any other."""
    bench, smoke = open_bench(stage)
    job = plan(bench, smoke, ["default"], run="run-1")

    observed = assemble(bench, job, bundles.fail(job, f"no\nmodel\x1b[0m {TOKEN} on workstation-7"))

    assert observed.repeats == (
        {"default": Absent("default", "no model [redacted: github token] on [redacted: host]")},
    )
    assert (observed.binary, observed.host) == (None, HostFacts())


def test_a_leg_in_evidence_is_known_and_comes_back_from_there(stage: Stage, tmp_path: Path) -> None:
    """The machine finds the same program and does not run it; its log is the one that stands in evidence."""
    stage.ask("run", "speak-001")
    bench, smoke = open_bench(stage, BRANCH)

    job = plan(bench, smoke, ["default"], run="run-1")
    made = answer(job, tmp_path / "checkout")
    observed = assemble(bench, job, made)

    assert [(known.leg, known.argv, known.binary, known.source) for known in job.known] == [
        ("default", ("./speak.sh", "world"), BINARY, SOURCE)
    ]
    assert (made.reused, made.seen) == (("default",), ())
    (seen,) = observed.repeats[0].values()
    assert isinstance(seen, Observation)
    assert (seen.origin, seen.source, seen.merged) == ("reused", SOURCE, "hello, world\n")
    assert (observed.folder, observed.host) == (FOLDER, HostFacts())


def test_evidence_that_went_away_meanwhile_proves_nothing(stage: Stage, tmp_path: Path) -> None:
    """Between the question and the answer the branch was deleted: the leg is absent, and says why."""
    stage.ask("run", "speak-001")
    bench, smoke = open_bench(stage, BRANCH)
    job = plan(bench, smoke, ["default"], run="run-1")
    made = answer(job, tmp_path / "checkout")

    observed = assemble(open_bench(stage)[0], job, made)

    assert observed.repeats == ({"default": Absent("default", "its log is in evidence no more")},)


def test_a_run_that_is_repeated_reuses_nothing(stage: Stage) -> None:
    """One time that stands in evidence says nothing of the others."""
    stage.ask("run", "speak-001")
    bench, smoke = open_bench(stage, BRANCH)

    job = plan(bench, smoke, ["default"], run="run-1", repeat=3)

    assert (job.repeat, job.known) == (3, ())
    assert jobs.read(jobs.write(job)) == job
