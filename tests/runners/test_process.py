"""`python -m runners`: a process that does a job, whatever happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evidence.model import Absent, Observation
from runners import __main__ as process
from runners import bundle as bundles
from runners import job as jobs
from runners import worker
from tests.runners.source import PROGRAM, Source, lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runners.bundle import Bundle
    from runners.job import Job

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands over what left its group")
TOKEN = "ghp_" + "a1B2" * 9
SLEEPING = '#!/bin/sh\necho begun\necho $$ > "$TMPDIR/leg"\nexec sleep 60\n'


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what jobs and legs leave behind."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def signals() -> Iterator[None]:
    """Give this process its signal handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def files(job: Job, folder: Path) -> tuple[str, str]:
    """Write a job; the names of its file and of the bundle's."""
    (folder / "job.json").write_bytes(jobs.write(job))
    return str(folder / "job.json"), str(folder / "bundle.json")


def begin(job: Job, folder: Path, **env: str) -> subprocess.Popen[str]:
    """Start a job as a process of its own."""
    argv = [sys.executable, "-m", "runners", *files(job, folder)]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env={**os.environ, **env}, start_new_session=True)


def bundle(job: Job, folder: Path) -> Bundle:
    """Read what came of a job."""
    return bundles.read((folder / "bundle.json").read_bytes(), job)


def reason(job: Job, folder: Path) -> str:
    """Return why nothing ran."""
    (seen,) = bundle(job, folder).seen
    assert isinstance(seen, Absent)
    return seen.reason


def number_in(path: Path) -> int:
    """Return the process id in a file, once it is there."""
    latest = time.monotonic() + 20
    while not path.exists() or not path.read_text(encoding="utf-8").strip():
        assert time.monotonic() < latest
        time.sleep(0.02)
    return int(path.read_text(encoding="utf-8"))


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    latest = time.monotonic() + 20
    while not done():
        assert time.monotonic() < latest
        time.sleep(0.02)


def test_a_job_becomes_a_bundle(source: Source, tmp_path: Path, scratch: Path) -> None:
    """A line for each step, a file that is whole, and nothing left behind."""
    job = source.job(program=PROGRAM + f"echo {TOKEN}\n")

    with begin(job, tmp_path) as run:
        _, err = run.communicate(timeout=30)

    assert (run.returncode, err) == (
        0,
        f"checking out {job.commit[:12]}\nrunning leg default: ./speak.sh world\n",
    )
    (seen,) = bundle(job, tmp_path).seen
    assert isinstance(seen, Observation)
    assert seen.stdout == "hello, world\n[redacted: github token]\n"
    assert TOKEN not in (tmp_path / "bundle.json").read_text(encoding="utf-8")
    assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.glob("*bundle*")) == ["bundle.json"]


@linux
def test_no_secret_reaches_a_leg(source: Source, tmp_path: Path) -> None:
    """Neither in its own environment, nor in that of the process above it, nor as an open file."""
    program = '#!/bin/sh\ntr "\\0" "\\n" < /proc/$PPID/environ\necho\nenv\nls /proc/self/fd\n'
    secrets = {"DISCHARGE_WEBHOOK_SECRET": "hook-5ecret", "GITHUB_TOKEN": "5ecret", "DISCHARGE_SIGNING_KEY": "5ecret"}
    job = source.job(program=program, env=(("MODE", "fast"),))

    with begin(job, tmp_path, **secrets) as run:
        run.communicate(timeout=30)

    (seen,) = bundle(job, tmp_path).seen
    assert isinstance(seen, Observation)
    above, _, own = seen.stdout.partition("\n\n")
    assert "PATH=" in above
    assert "MODE=fast\n" in own
    assert "5ecret" not in seen.merged
    assert seen.stdout.split()[-4:] == ["0", "1", "2", "3"]  # the last is the folder that is listed


@linux
def test_a_leg_that_forks_away_does_not_survive_its_job(source: Source, tmp_path: Path, scratch: Path) -> None:
    """A daemon in a session of its own is gone when the bundle is there."""
    program = (
        f"#!{sys.executable} -S\nimport os, time\nprint('hello', flush=True)\n"
        "if not os.fork():\n os.setsid()\n if not os.fork():\n"
        "  open(os.environ['TMPDIR'] + '/daemon', 'w').write(str(os.getpid()))\n  time.sleep(60)\n os._exit(0)\n"
        "os.wait()\n"
    )
    job = source.job(program=program)

    with begin(job, tmp_path) as run:
        run.communicate(timeout=30)

    (seen,) = bundle(job, tmp_path).seen
    assert isinstance(seen, Observation)
    assert (seen.exit, seen.stdout) == (0, "hello\n")
    wait_for(lambda: not lives(number_in(scratch / "daemon")))


@linux
def test_a_request_to_end_ends_the_leg_and_writes_nothing(source: Source, tmp_path: Path, scratch: Path) -> None:
    """Status 130, no bundle, no checkout, no leg; a second request changes nothing."""
    job = source.job(program=SLEEPING)
    with begin(job, tmp_path) as run:
        leg = number_in(scratch / "leg")

        run.terminate()
        run.terminate()
        _, err = run.communicate(timeout=30)

    assert run.returncode == 130
    assert err.endswith("stopped\n")
    assert not (tmp_path / "bundle.json").exists()
    assert [path.name for path in scratch.iterdir()] == ["leg"]
    wait_for(lambda: not lives(leg))


@linux
def test_a_worker_that_is_killed_is_told_in_the_bundle(source: Source, tmp_path: Path, scratch: Path) -> None:
    """Out of memory, say: the leg that it left is ended, and the reason stands there for every leg."""
    job = source.job(program=SLEEPING.replace("$$", "$$ $PPID"))
    with begin(job, tmp_path) as run:
        wait_for(lambda: (scratch / "leg").exists() and len((scratch / "leg").read_text().split()) == 2)
        leg, parent = map(int, (scratch / "leg").read_text(encoding="utf-8").split())

        os.kill(parent, signal.SIGKILL)
        run.communicate(timeout=30)

    assert run.returncode == 0
    assert reason(job, tmp_path) == "the job was ended by SIGKILL"
    wait_for(lambda: not lives(leg))
    assert [path.name for path in scratch.iterdir()] == ["leg"]


@linux
def test_a_job_that_is_killed_leaves_no_leg_and_no_bundle(source: Source, tmp_path: Path, scratch: Path) -> None:
    """Even without time to say so: what works for it follows."""
    job = source.job(program=SLEEPING)
    with begin(job, tmp_path) as run:
        leg = number_in(scratch / "leg")

        run.kill()
        run.communicate(timeout=30)

    wait_for(lambda: not lives(leg))
    assert not (tmp_path / "bundle.json").exists()


@pytest.mark.usefixtures("signals")
def test_a_job_over_its_deadline_is_ended(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever took so long, the bundle says so."""
    monkeypatch.setattr(jobs, "ALLOWANCE", -29.7)
    job = source.job(program=SLEEPING)

    assert process.main(list(files(job, tmp_path))) == 0
    assert reason(job, tmp_path) == "the job ran longer than 0.3 s"


@pytest.mark.usefixtures("signals")
def test_a_runner_that_breaks_says_so(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind of the error is the reason, and the log has the rest."""

    def broken(*_: object) -> None:
        raise RuntimeError(f"a mistake, {TOKEN}")

    monkeypatch.setattr(worker, "observe", broken)
    job = source.job()

    assert worker.main([*files(job, tmp_path), str(tmp_path), str(os.getppid())]) == 0
    assert reason(job, tmp_path) == "the runner failed: RuntimeError: a mistake, [redacted: github token]"
    said = capsys.readouterr().err
    assert "in broken" in said
    assert TOKEN not in said


@pytest.mark.usefixtures("signals")
def test_a_complaint_is_a_reason(source: Source, tmp_path: Path) -> None:
    """A commit that is not there, a program that lies elsewhere."""
    job = replace(source.job(), commit="ab" * 20)

    assert worker.main([*files(job, tmp_path), str(tmp_path), str(os.getppid())]) == 0
    assert reason(job, tmp_path).startswith("git rev-parse failed: ")


@pytest.mark.usefixtures("signals")
def test_a_worker_without_its_parent_does_nothing(source: Source, tmp_path: Path) -> None:
    """Whoever asked is gone, and so is the wish."""
    job = source.job()

    assert worker.main([*files(job, tmp_path), str(tmp_path), str(os.getpid())]) == worker.STOPPED
    assert not (tmp_path / "bundle.json").exists()


@pytest.mark.usefixtures("signals")
def test_a_worker_does_the_job(source: Source, tmp_path: Path) -> None:
    """In the folder that it is given."""
    job = source.job()
    (tmp_path / "checkout").mkdir()

    assert worker.main([*files(job, tmp_path), str(tmp_path / "checkout"), str(os.getppid())]) == 0
    assert [type(seen) for seen in bundle(job, tmp_path).seen] == [Observation]
    assert (tmp_path / "checkout/speak.sh").exists()


@pytest.mark.usefixtures("signals")
def test_a_process_tells_its_id_to_who_started_it(source: Source, tmp_path: Path) -> None:
    """In the open file that it was given, which no other process gets."""
    with (tmp_path / "process").open("w+", encoding="utf-8") as told:
        os.set_inheritable(told.fileno(), True)  # noqa: FBT003 - it takes no keyword

        assert process.main([*files(source.job(), tmp_path), str(told.fileno())]) == 0

        assert (tmp_path / "process").read_text(encoding="utf-8") == f"{os.getpid()}\n"
        assert not os.get_inheritable(told.fileno())


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "usage: python -m runners JOBFILE BUNDLEFILE"),
        (["job.json"], "usage: python -m runners JOBFILE BUNDLEFILE"),
        (["job.json", "bundle.json", "x"], "usage: python -m runners JOBFILE BUNDLEFILE"),
        (["gone.json", "bundle.json"], "gone.json: it cannot be read: No such file or directory."),
        (["half.json", "bundle.json"], "the job is no JSON: Expecting ',' delimiter."),
    ],
)
def test_what_is_no_job_is_a_sentence(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and no bundle."""
    (tmp_path / "half.json").write_bytes(b'{"run": "run-1"')

    assert process.main([str(tmp_path / word) if word.endswith("json") else word for word in words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "bundle.json").exists()


@pytest.mark.usefixtures("signals")
def test_where_no_bundle_can_be_written_the_log_says_so(
    source: Source, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A full disk, a folder that went away: status 1."""
    job = source.job()
    name, _ = files(job, tmp_path)

    assert process.main([name, str(tmp_path / "gone/bundle.json")]) == 1
    assert capfd.readouterr().err.endswith("the job cannot be brought to its end: No such file or directory\n")


@pytest.mark.usefixtures("signals")
def test_a_job_that_leaves_no_result_says_what_it_last_said(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that could not be started, why."""
    job = source.job()
    end = Observation("job", ("x",), "one\nMemoryError\n", exit=1)
    for seen, why in (
        (end, "the job left no result (exit 1); it last said: MemoryError"),
        (replace(end, merged=""), "the job left no result (exit 1); it last said: nothing"),
        (Absent("job", "no memory"), "the job did not start: no memory"),
    ):
        monkeypatch.setattr(process, "execute", lambda *_, seen=seen, **__: seen)

        assert process.main(list(files(job, tmp_path))) == 0
        assert reason(job, tmp_path) == why


@pytest.mark.usefixtures("signals")
def test_who_does_not_follow_the_progress_changes_nothing(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe that nobody reads is no reason to stop."""
    job = source.job()
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", encoding="utf-8") as broken:  # noqa: PTH123 - it is open already
        monkeypatch.setattr(sys, "stderr", broken)
        assert process.main(list(files(job, tmp_path))) == 0
        monkeypatch.undo()
        with pytest.raises(BrokenPipeError):
            broken.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)
    assert [type(seen) for seen in bundle(job, tmp_path).seen] == [Observation]
