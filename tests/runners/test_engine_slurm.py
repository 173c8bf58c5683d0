"""The engine for clusters, on real Slurm: one node, two GPUs that are none, real daemons that are killed."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from contracts.error import Complaint
from evidence.model import Observation
from runners import bundle as bundles
from runners.engine import slurm as engines
from runners.engine.cluster import Cluster
from runners.engine.model import Finished, Gone, Queued, Running
from runners.engine.scheduler import Scheduler
from runners.engine.shelf import CANCELLED, UNKNOWN
from runners.engine.slurm import Slurm
from tests.runners import slurmcluster
from tests.runners.slurmcluster import NODE, PATIENCE
from tests.runners.source import Source, lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.runners.slurmcluster import SlurmCluster

cluster = slurmcluster.cluster
COUNTING = '#!/bin/sh\necho run >> "$HOME/runs"\necho "hello, $1"\n'
WAITING = (
    '#!/bin/sh\necho $$ >> "$HOME/legs"\nwhile [ ! -e "$HOME/go" ]; do sleep 0.05; done\n'
    "echo device $CUDA_VISIBLE_DEVICES\n"
)
SILENT = "#!/bin/sh\necho the last words\nexit 3\n"
"""Stands where Python should: a job that leaves nothing."""
HELD = '#!/bin/sh\nwhile [ ! -e "$HOME/go" ]; do sleep 0.05; done\n'


@contextmanager
def opened(folder: Path, gpus: int = 1, **changes: Any) -> Iterator[Slurm]:
    """Open an engine, and end whatever it still has at the end."""
    engine = Slurm(folder, Cluster(gpus, **changes))
    try:
        yield engine
    finally:
        for path in (folder / "runs").iterdir():
            engine.cancel(path.name)
        engine.close()


def wait_for(done: Callable[[], Any], *working: Slurm, patience: float = PATIENCE) -> None:
    """Wait until something is so; the engines do meanwhile what is due."""

    def work() -> Any:
        for one in working:
            one.tick()
        return done()

    slurmcluster.wait_for(work, patience)


@pytest.fixture(scope="module", autouse=True)
def overdue(cluster: SlurmCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A job that is over its limit from now on: Slurm looks for such jobs every 30 s, so it waits beside the rest."""
    folder = tmp_path_factory.mktemp("overdue")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(cluster.configuration))
        patch.setenv("HOME", str(folder))
        with opened(folder / "data", 0) as engine:
            engine.start(Source(folder / "source.git").job(program=WAITING, timeout=600.0))
            wait_for((folder / "legs").exists, engine)
            cluster.ask("scontrol", "update", f"JobId={number(engine)}", "EndTime=now")
            yield engine


@pytest.fixture
def home(tmp_path: Path, cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for what legs leave behind, and an engine that looks often."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("SLURM_CONF", str(cluster.configuration))
    monkeypatch.setattr(engines, "EVERY", 0.1)
    monkeypatch.setattr(engines, "GRACE", 0.2)
    cluster.mend()
    return folder


@pytest.fixture
def engine(tmp_path: Path, home: Path) -> Iterator[Slurm]:
    """An engine whose jobs take a GPU each."""
    with opened(tmp_path / "data") as found:
        yield found


def legs(home: Path, *working: Slurm, count: int = 1) -> list[int]:
    """Return the process ids of the legs that wait, once they are so many."""
    path = home / "legs"
    wait_for(lambda: path.exists() and path.read_text(encoding="utf-8").count("\n") >= count, *working)
    return [int(line) for line in path.read_text(encoding="utf-8").split()]


def run_of(engine: Slurm, run: str = "run-1") -> Path:
    """Return the folder of a run."""
    return engine._shelf.runs / run  # noqa: SLF001 - what the engine keeps


def number(engine: Slurm, run: str = "run-1") -> int:
    """Return the number that Slurm gave to a run's job."""
    return int((run_of(engine, run) / "slurm").read_text(encoding="utf-8").split()[-1])


def jobs(cluster: SlurmCluster, engine: Slurm, *more: str) -> list[list[str]]:
    """Return number and state of Slurm's jobs of this engine, those that ended too if that is asked for."""
    said = cluster.ask("squeue", "--noheader", "--format=%i %T %Z", *more)
    return [line.split()[:2] for line in said.splitlines() if f"{run_of(engine, '')}" in line]


def lose_all(cluster: SlurmCluster) -> None:
    """Let the controller begin anew, without memory."""
    cluster.kill("slurmctld", signal.SIGTERM)
    cluster.begin("slurmctld", "-c")
    wait_for(lambda: cluster.ask("squeue", "--noheader", "--states=all") == "" != cluster.ask("sinfo"))


def seen(engine: Slurm, run: str = "run-1") -> Observation:
    """Return what the one leg of a run did."""
    (found,) = bundles.read(engine.collect(run), engine.job(run)).seen
    assert isinstance(found, Observation), found
    return found


def test_a_job_is_done_and_told(engine: Slurm, source: Source, cluster: SlurmCluster) -> None:
    """Started, finished, collected, forgotten; Slurm knows its run, its bound, and that there is no second try."""
    job = source.job()

    engine.start(job)

    assert engine.state("run-1") == Queued(1)
    wait_for(engine.finished, engine)
    assert engine.finished() == ("run-1",)
    assert engine.state("run-1") == Finished()
    assert (engine.job("run-1"), engine.note("run-1")) == (job, "a note")
    assert seen(engine).stdout == "hello, world\n"
    told = cluster.ask("scontrol", "show", "job", "--oneliner", str(number(engine)))
    words = ("JobName=discharge-run-1 ", "Comment=run-1 ", "Requeue=0 ", "TimeLimit=00:17:00 ", "gpu:1 ")
    assert [word for word in words if word not in told] == []
    engine.forget("run-1")
    assert (engine.finished(), engine.state("run-1")) == ((), Gone(UNKNOWN))


def test_what_is_beyond_the_gpus_waits_its_turn(engine: Slurm, source: Source, home: Path) -> None:
    """Three jobs on two GPUs: each of two sees its own, the third knows its place, and then has its turn."""
    for name in ("run-1", "run-2", "run-3"):
        engine.start(source.job(name, WAITING))
    assert engine.waiting() == 3
    legs(home, engine, count=2)
    assert isinstance(engine.state("run-2"), Running)
    assert (engine.state("run-3"), engine.waiting()) == (Queued(1), 1)

    (home / "go").touch()
    wait_for(lambda: len(engine.finished()) == 3, engine)

    devices = [seen(engine, name).stdout for name in ("run-1", "run-2", "run-3")]
    assert sorted(devices[:2]) == ["device 0\n", "device 1\n"]
    assert devices[2] in devices[:2]


def test_a_run_is_one_job_whoever_asks(engine: Slurm, source: Source, home: Path, cluster: SlurmCluster) -> None:
    """Two engines on one folder, threads of both, and a third that was killed before it learnt the number."""
    job = source.job(program=COUNTING)

    def ask(one: Slurm) -> None:
        one.start(job)
        one.tick()

    with opened(run_of(engine).parents[1]) as other:
        threads = [threading.Thread(target=ask, args=(one,)) for one in (engine, other) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (run_of(engine) / "slurm").unlink()
        wait_for(engine.finished, engine, other)
        engine.start(job)
        other.tick()

        assert len(jobs(cluster, engine, "--states=all")) == 1
    assert (home / "runs").read_text(encoding="utf-8") == "run\n"


def test_a_lost_answer_is_no_second_job(
    engine: Slurm, source: Source, home: Path, cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slurm took the job, and who asked never heard: it is found in the queue."""
    real = slurmcluster.find("sbatch")
    (home / "sbatch").write_text(f'#!/bin/sh\n{real} "$@" > /dev/null\necho Socket timed out >&2\nexit 1\n')
    (home / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")

    engine.start(source.job(program=COUNTING))
    wait_for(engine.finished, engine)

    assert len(jobs(cluster, engine, "--states=all")) == 1
    assert (home / "runs").read_text(encoding="utf-8") == "run\n"


def test_two_jobs_begin_one_run(
    engine: Slurm, source: Source, home: Path, cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should Slurm have two jobs of a run all the same, the first that begins has it, and the other does nothing."""
    for name in ("run-0", "run-00"):
        engine.start(source.job(name, WAITING))
    legs(home, engine, count=2)
    job = source.job(program=COUNTING)
    engine.start(job)
    with monkeypatch.context() as patch:
        patch.setattr(Scheduler, "list", lambda _: ())
        engine.tick()
        (run_of(engine) / "slurm").unlink()
        engine.tick()
    assert [state for _, state in jobs(cluster, engine)].count("PENDING") == 2

    (home / "go").touch()
    wait_for(lambda: "run-1" in engine.finished(), engine)

    assert seen(engine).stdout == "hello, world\n"
    wait_for(lambda: not jobs(cluster, engine), engine)
    assert (home / "runs").read_text(encoding="utf-8") == "run\n"


def test_a_cancel_is_real(engine: Slurm, source: Source, home: Path, cluster: SlurmCluster) -> None:
    """What runs and what waits is gone at once; within ten seconds no process and no job is left, and nothing began."""
    for name in ("run-1", "run-2"):
        engine.start(source.job(name, WAITING))
    below = legs(home, engine, count=2)
    engine.start(source.job("run-3", COUNTING))
    wait_for((run_of(engine, "run-3") / "slurm").exists, engine)
    begun = time.monotonic()

    for name in ("run-3", "run-2", "run-1", "run-1"):
        engine.cancel(name)
        assert engine.state(name) == Gone(CANCELLED)

    wait_for(lambda: not jobs(cluster, engine) and not any(map(lives, below)), engine, patience=10)
    assert time.monotonic() - begun < 10
    assert engine.finished() == ("run-1", "run-2", "run-3")
    assert not (home / "runs").exists()
    with pytest.raises(Complaint, match="the run run-1 has no bundle: it is gone"):
        engine.collect("run-1")


def test_what_was_cancelled_before_it_was_handed_in_never_is(
    engine: Slurm, source: Source, cluster: SlurmCluster
) -> None:
    """Also by an app that was killed between the two halves of a cancel."""
    for name in ("run-1", "run-2"):
        engine.start(source.job(name))
    engine.cancel("run-1")
    (run_of(engine, "run-2") / "taken").write_text(CANCELLED, encoding="utf-8")

    engine.tick()

    assert [engine.state(name) for name in ("run-1", "run-2")] == [Gone(CANCELLED)] * 2
    assert jobs(cluster, engine, "--states=all") == []


def test_a_run_over_its_time_is_ended_from_outside(
    engine: Slurm, source: Source, home: Path, cluster: SlurmCluster
) -> None:
    """Should Slurm let it go on: its own deadline and two margins after its beginning it is gone."""
    job = source.job(program=WAITING)
    engine.start(job)
    (leg,) = legs(home, engine)
    latest = job.deadline + 2 * 60
    os.utime(run_of(engine) / "taken", times=(time.time() - latest - 1,) * 2)

    wait_for(engine.finished, engine)

    assert engine.state("run-1") == Gone(f"it took longer than {latest:g} s")
    wait_for(lambda: not lives(leg) and not jobs(cluster, engine), engine, patience=10)


def test_a_job_that_leaves_nothing_is_gone(tmp_path: Path, home: Path, source: Source) -> None:
    """The reason cites Slurm's state, the machine, the exit status and the last words; a late bundle does not count."""
    (home / "python").write_text(SILENT, encoding="utf-8")
    (home / "python").chmod(0o755)
    with opened(tmp_path / "data", python=str(home / "python")) as engine:
        engine.start(source.job())
        wait_for(engine.finished, engine)

        words = f"its job {number(engine)} ended on {NODE} without a result: FAILED with exit 3"
        gone = Gone(f"{words}; it last said: `the last words`")
        assert engine.state("run-1") == gone
        (run_of(engine) / "bundle.json").write_bytes(b"{}")
        assert engine.state("run-1") == gone
        engine.forget("run-1")


def test_a_bundle_that_shows_late_is_not_missed(tmp_path: Path, home: Path, source: Source) -> None:
    """A shared filesystem may show the end of a job before its bundle: there are two looks before it is gone."""
    (home / "python").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    (home / "python").chmod(0o755)
    with opened(tmp_path / "data", python=str(home / "python")) as engine:
        engine.start(source.job())
        wait_for((run_of(engine) / "left").exists, engine)
        (run_of(engine) / "bundle.json").write_bytes(b"{}")
        time.sleep(engines.GRACE)
        engine.tick()

        assert engine.state("run-1") == Finished()


def test_what_an_operator_cancels_is_gone(engine: Slurm, source: Source, home: Path, cluster: SlurmCluster) -> None:
    """Slurm's own word for it is told."""
    engine.start(source.job(program=WAITING))
    legs(home, engine)

    cluster.ask("scancel", str(number(engine)))
    wait_for(engine.finished, engine)

    gone = engine.state("run-1")
    assert isinstance(gone, Gone)
    assert gone.reason.startswith(f"its job {number(engine)} ended on {NODE} without a result: CANCELLED")


def test_what_no_cluster_can_do_is_gone(tmp_path: Path, home: Path, source: Source) -> None:
    """More GPUs than there are: Slurm's own words are the reason."""
    with opened(tmp_path / "data", 7) as engine:
        engine.start(source.job())
        engine.tick()

        words = "`sbatch: error: Batch job submission failed: Requested node configuration is not available`"
        assert engine.state("run-1") == Gone(f"Slurm does not take it: sbatch says {words}")


def test_what_slurm_refuses_is_offered_again_for_a_while(
    tmp_path: Path, home: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition that is not there may come; each tick says so, and after a minute the run is gone."""
    words = "Slurm does not take it: sbatch says `sbatch: error: Batch job submission failed: Invalid partition name"
    with opened(tmp_path / "data", partition="nowhere") as engine:
        engine.start(source.job())
        with pytest.raises(Complaint, match=words):
            engine.tick()
        assert engine.state("run-1") == Queued(1)
        monkeypatch.setattr(engines, "REFUSED", 0.0)
        time.sleep(engines.EVERY)
        engine.tick()

        gone = engine.state("run-1")
        assert isinstance(gone, Gone)
        assert gone.reason.startswith(words)


def test_no_secret_of_the_app_reaches_a_job(
    engine: Slurm, source: Source, cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the environment of any process of it, not in what is stored, and not in what Slurm shows of it."""
    for name in ("DISCHARGE_WEBHOOK_SECRET", "DISCHARGE_PRIVATE_KEY", "GITHUB_TOKEN", "DATABASE_URL", "SBATCH_EXPORT"):
        monkeypatch.setenv(name, "5ecret-of-the-app")
    program = (
        "#!/bin/sh\npid=$$\nfor n in leg worker job; do\n"
        '  echo "$n:"; tr "\\0" "\\n" < /proc/$pid/environ; echo\n'
        '  pid=$(cut -d" " -f4 /proc/$pid/stat)\ndone\n'
    )

    engine.start(source.job(program=program))
    wait_for(engine.finished, engine)

    parts = re.split(r"^(leg|worker|job):$", seen(engine).stdout, flags=re.MULTILINE)[2::2]
    assert ["PATH=" in part for part in parts] == [True] * 3
    assert "SLURM_JOB_ID=" in parts[2]
    assert "SLURM" not in parts[0]
    stored = b"".join(path.read_bytes() for path in run_of(engine).iterdir())
    shown = cluster.ask("scontrol", "show", "job", "--oneliner", str(number(engine)))
    assert "5ecret" not in seen(engine).merged + shown + stored.decode()


def test_an_app_that_comes_back_finds_its_runs(tmp_path: Path, home: Path, source: Source) -> None:
    """What it handed in before runs on, keeps its time, and is handed in no second time."""
    first = Slurm(tmp_path / "data")
    first.start(source.job(program=WAITING))
    legs(home, first)
    first.close()

    with opened(tmp_path / "data") as engine:
        state = engine.state("run-1")
        assert isinstance(state, Running)
        assert abs(time.time() - state.since) < 60
        (home / "go").touch()
        wait_for(engine.finished, engine)

        assert engine.state("run-1") == Finished()
        assert len(legs(home)) == 1


def test_a_damaged_job_is_gone_with_a_reason(engine: Slurm, source: Source, home: Path, cluster: SlurmCluster) -> None:
    """Before it is handed in, and while it runs; it holds up nobody."""
    engine.start(source.job("run-1", WAITING))
    (leg,) = legs(home, engine)
    engine.start(source.job("run-2"))
    engine.start(source.job("run-3"))
    for name in ("run-1", "run-2"):
        (run_of(engine, name) / "job.json").write_bytes(b"{")

    wait_for(lambda: len(engine.finished()) == 3, engine)

    assert [type(engine.state(name)) for name in ("run-1", "run-2", "run-3")] == [Gone, Gone, Finished]
    wait_for(lambda: not lives(leg) and not jobs(cluster, engine), engine, patience=10)


def test_a_job_over_its_limit_is_ended_by_slurm(overdue: Slurm) -> None:
    """Slurm's own word for it is told."""
    wait_for(overdue.finished, overdue, patience=60)

    gone = overdue.state("run-1")
    assert isinstance(gone, Gone)
    assert gone.reason.startswith(f"its job {number(overdue)} ended on {NODE} without a result: TIMEOUT")


def test_a_node_that_goes_down_ends_its_job(engine: Slurm, source: Source, home: Path, cluster: SlurmCluster) -> None:
    """The job is gone with Slurm's reason; what waits for the node waits, and runs when it is back."""
    engine.start(source.job(program=WAITING))
    legs(home, engine)
    cluster.ask("scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=test")
    try:
        wait_for(engine.finished, engine)
        cluster.ask("scontrol", "update", f"NodeName={NODE}", "State=DRAIN", "Reason=test")
        engine.start(source.job("run-2"))
        wait_for((run_of(engine, "run-2") / "slurm").exists, engine)
        time.sleep(engines.EVERY)
        engine.tick()
        waits = engine.state("run-2")
    finally:
        cluster.mend()

    gone = engine.state("run-1")
    assert isinstance(gone, Gone)
    assert gone.reason.startswith(f"its job {number(engine)} ended on {NODE} without a result: NODE_FAIL")
    assert waits == Queued(1)
    wait_for(lambda: engine.state("run-2") == Finished(), engine)


def test_a_job_outlives_its_controller(engine: Slurm, source: Source, home: Path, cluster: SlurmCluster) -> None:
    """While no controller answers no end is claimed but by a bundle; what was forgotten meanwhile is ended after."""
    for name in ("run-1", "run-2"):
        engine.start(source.job(name, WAITING.replace("go", f"go-{name}")))
    legs(home, engine, count=2)
    cluster.kill("slurmctld")
    try:
        engine.start(source.job("run-3"))
        with pytest.raises(Complaint, match="Slurm does not answer now: squeue says `slurm_load_jobs error: Unable to"):
            engine.tick()
        assert [type(engine.state(name)) for name in ("run-1", "run-2")] == [Running] * 2
        assert engine.state("run-3") == Queued(1)
        (home / "go-run-1").touch()
        wait_for(engine.finished)
        assert seen(engine).stdout.startswith("device ")
        engine.cancel("run-2")
        engine.forget("run-2")
    finally:
        cluster.revive()

    wait_for(lambda: engine.finished() == ("run-1", "run-3"), engine)
    wait_for(lambda: not jobs(cluster, engine), engine, patience=10)
    assert not any(map(lives, legs(home)))
    cluster.kill("slurmd")  # the controller gives numbers once more that the node's daemon has seen
    cluster.begin("slurmd", "-c")


def test_a_job_outlives_the_daemon_of_its_node(
    engine: Slurm, source: Source, home: Path, cluster: SlurmCluster
) -> None:
    """Its bundle is there all the same, and the node takes the next job when the daemon is back."""
    engine.start(source.job(program=WAITING))
    legs(home, engine)
    cluster.kill("slurmd")
    try:
        engine.tick()
        assert isinstance(engine.state("run-1"), Running)
        (home / "go").touch()
        wait_for(engine.finished, engine)
    finally:
        cluster.begin("slurmd")

    assert engine.state("run-1") == Finished()
    engine.start(source.job("run-2"))

    def is_done() -> bool:
        cluster.mend()  # a slow machine's controller may send the job twice, and take the node out for that
        return engine.state("run-2") == Finished()

    wait_for(is_done, engine)


def test_a_job_that_slurm_lost_is_handed_in_again(
    engine: Slurm, source: Source, home: Path, cluster: SlurmCluster
) -> None:
    """A controller that is killed may lose its newest jobs: one that never began is no second job, but the first."""
    cluster.ask("scontrol", "update", f"NodeName={NODE}", "State=DRAIN", "Reason=test")
    engine.start(source.job(program=COUNTING))
    wait_for((run_of(engine) / "slurm").exists, engine)
    lose_all(cluster)

    wait_for(engine.finished, engine)

    assert engine.state("run-1") == Finished()
    assert (home / "runs").read_text(encoding="utf-8") == "run\n"
    assert len((run_of(engine) / "slurm").read_text(encoding="utf-8").split()) == 2


def test_what_slurm_forgot_is_gone(tmp_path: Path, home: Path, source: Source, cluster: SlurmCluster) -> None:
    """The app was away for longer than Slurm remembers, and there is no bundle: that is said."""
    (home / "python").write_text(HELD, encoding="utf-8")
    (home / "python").chmod(0o755)
    with opened(tmp_path / "data", python=str(home / "python")) as engine:
        engine.start(source.job())
        wait_for((run_of(engine) / "taken").exists, engine)
        (home / "go").touch()
        wait_for(lambda: not jobs(cluster, engine))
        lose_all(cluster)

        wait_for(engine.finished, engine)

        reason = f"Slurm does not know its job {number(engine)} any more, and there is no result"
        assert engine.state("run-1") == Gone(reason)
