"""One job, done in this process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contracts.error import Complaint
from evidence.host import HostFacts
from evidence.model import Absent, Observation
from evidence.receipt import Binary, Needed
from runners.bench import observe
from runners.bundle import read, write
from runners.job import Known
from runners.smoke import OUT, Leg, Need
from tests.runners.source import PROGRAM, SMOKE, Source, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from runners.bundle import Bundle
    from runners.job import Job

BINARY = Binary("speak.sh", sha256())


@pytest.fixture
def said() -> list[str]:
    """What was told while a job was done."""
    return []


def do(job: Job, folder: Path, said: list[str]) -> Bundle:
    """Do a job in a new folder, and read its bundle as the app does."""
    folder = folder / f"checkout-{len(list(folder.iterdir()))}"
    folder.mkdir()
    made = observe(job, folder, said.append)
    assert read(write(made), job) == made
    return made


def test_a_job_is_a_checkout_and_its_legs(source: Source, tmp_path: Path, said: list[str]) -> None:
    """The program's digest, what the leg said, the machine, and a line for each step."""
    job = source.job()

    made = do(job, tmp_path, said)

    assert (made.echo.run, made.echo.commit, made.binary, made.needs, made.reused) == (
        "run-1",
        job.commit,
        BINARY,
        (),
        (),
    )
    (seen,) = made.seen
    assert isinstance(seen, Observation)
    assert (seen.argv, seen.merged, seen.exit, seen.origin) == (("./speak.sh", "world"), "hello, world\n", 0, "ran")
    assert made.host.system.startswith("Linux")
    assert made.tool.startswith("discharge ")
    assert made.seconds > 0
    assert said == [f"checking out {job.commit[:12]}", "running leg default: ./speak.sh world"]


def test_legs_run_as_often_as_the_job_says(source: Source, tmp_path: Path, said: list[str]) -> None:
    """Whatever the smoke says; each time is kept apart, and files stay from one to the next."""
    job = source.job(program="#!/bin/sh\necho x >> $2/runs\nwc -l < $2/runs\n", repeat=3)
    smoke = replace(job.smoke, legs=(Leg("default", ("{binary}", "world", "{out}")),), repeat=7)

    made = do(replace(job, smoke=smoke), tmp_path, said)

    assert [seen.merged.strip() for seen in made.seen if isinstance(seen, Observation)] == ["1", "2", "3"]
    assert (tmp_path / "checkout-1" / OUT / "runs").exists()


def test_a_leg_that_is_known_for_this_program_does_not_run(source: Source, tmp_path: Path, said: list[str]) -> None:
    """Its log's place is told; nothing of the machine is claimed, because nothing ran."""
    job = source.job(program=PROGRAM)
    known = Known("default", ("./speak.sh", "world"), BINARY, (), "evidence/x/default-smoke.log")

    made = do(replace(job, known=(known,)), tmp_path, said)

    assert (made.reused, made.repeats, made.binary, made.host) == (("default",), ({},), BINARY, HostFacts())
    assert said[-1] == "leg default is in evidence already: evidence/x/default-smoke.log"


@pytest.mark.parametrize(
    "known",
    [
        Known("default", ("./speak.sh", "world"), Binary("speak.sh", "ab" * 32), (), "x"),
        Known("default", ("./speak.sh", "world"), BINARY, (Needed("model", "/m", "ab" * 32),), "x"),
        Known("default", ("./speak.sh", "moon"), BINARY, (), "x"),
        Known("default", ("./speak.sh", "world"), None, (), "x"),
    ],
)
def test_a_leg_that_is_known_for_another_program_runs(
    source: Source, tmp_path: Path, said: list[str], known: Known
) -> None:
    """Another digest, another file, another command line: nothing of it is this run."""
    made = do(source.job(known=(known,)), tmp_path, said)

    assert made.reused == ()
    assert [seen.leg for seen in made.seen if isinstance(seen, Observation)] == ["default"]


def test_a_missing_model_is_a_reason_for_every_leg(source: Source, tmp_path: Path, said: list[str]) -> None:
    """Nothing is built or run, and nothing is claimed."""
    legs = (*SMOKE.legs, Leg("second", ("{binary}", "{model}")))
    job = source.job(needs=(Need("model", "/no/such/model"),), legs=())
    job = replace(job, smoke=replace(job.smoke, legs=legs), legs=("default", "second"), repeat=2)

    made = do(job, tmp_path, said)

    reason = "the need `model` does not exist: `/no/such/model`"
    assert made.repeats == ({leg: Absent(leg, reason) for leg in ("default", "second")},)
    assert (made.binary, made.needs, made.host) == (None, (), HostFacts())


def test_a_failed_build_is_a_reason(
    source: Source, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is told before it runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    job = source.job(build=(("sh", "-c", "exit 9"),))

    made = do(job, tmp_path, said)

    assert made.seen == (Absent("default", "build step 1 exited with 9; it last printed (nothing)"),)
    assert said[1] == "building: sh -c exit 9"


def test_a_program_that_cannot_start_is_absent_and_known(source: Source, tmp_path: Path, said: list[str]) -> None:
    """Every time; its digest is known all the same."""
    job = source.job(program="no script\n", repeat=2)

    made = do(job, tmp_path, said)

    assert [type(seen) for seen in made.seen] == [Absent, Absent]
    assert made.binary == Binary("speak.sh", sha256("no script\n"))


def test_what_stands_where_legs_write_is_not_theirs(source: Source, tmp_path: Path, said: list[str]) -> None:
    """A repository that brings a file of that name gets no leg."""
    job = source.job()
    commit = source.commit(**{OUT: "a file\n"})

    made = do(replace(job, commit=commit), tmp_path, said)

    assert made.seen == (Absent("default", f"the repository has something of the name {OUT}"),)


def test_a_commit_that_is_not_there_is_a_complaint(source: Source, tmp_path: Path, said: list[str]) -> None:
    """The sentence is git's."""
    job = replace(source.job(), commit="ab" * 20)

    with pytest.raises(Complaint, match="git rev-parse failed: "):
        do(job, tmp_path, said)
