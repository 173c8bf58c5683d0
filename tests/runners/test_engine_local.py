"""The embedded engine: jobs as processes of this machine, which outlive the one that started them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from contracts.error import Complaint, Unreadable
from evidence.model import Observation
from runners import bundle as bundles
from runners import file
from runners import job as jobs
from runners.engine import folder as foldering
from runners.engine import local as engines
from runners.engine.local import Local
from runners.engine.model import Engine, Finished, Gone, Queued, Running
from runners.engine.shelf import CANCELLED, UNKNOWN
from runners.run import execute
from tests.runners.odd import ODD, spoil
from tests.runners.source import Source, lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runners.job import Job

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child")
COUNTING = '#!/bin/sh\necho run >> "$TMPDIR/runs"\necho "hello, $1"\n'
WAITING = '#!/bin/sh\necho $$ >> "$TMPDIR/legs"\nwhile [ ! -e "$TMPDIR/go" ]; do sleep 0.02; done\n'
STARTER = """
import sys, time
from pathlib import Path
from runners import job as jobs
from runners.engine.local import Local
engine = Local(Path(sys.argv[1]))
engine.start(jobs.read(Path(sys.argv[2]).read_bytes()))
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what legs leave behind."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@contextmanager
def opened(folder: Path, slots: int = 1) -> Iterator[Local]:
    """Open an engine, and end whatever it still has at the end."""
    engine = Local(folder, slots)
    try:
        yield engine
    finally:
        for path in (folder / "runs").iterdir():
            engine.cancel(path.name)
        engine.close()


@pytest.fixture
def engine(tmp_path: Path, scratch: Path) -> Iterator[Local]:
    """An engine with one slot."""
    with opened(tmp_path / "data") as found:
        yield found


def wait_for(done: Callable[[], Any], engine: Engine | None = None) -> None:
    """Wait until something is so; the engine does meanwhile what is due."""
    latest = time.monotonic() + 60
    while not done():
        assert time.monotonic() < latest
        time.sleep(0.02)
        if engine:
            engine.tick()


def legs(scratch: Path, count: int = 1) -> list[int]:
    """Return the process ids of the legs that wait, once they are so many."""
    path = scratch / "legs"
    wait_for(lambda: path.exists() and path.read_text(encoding="utf-8").count("\n") >= count)
    return [int(line) for line in path.read_text(encoding="utf-8").split()]


def test_a_job_is_done_and_told(engine: Local, source: Source) -> None:
    """Started, finished, collected, forgotten; the note comes back."""
    job = source.job()

    engine.start(job)

    assert isinstance(engine.state("run-1"), Running)
    wait_for(engine.finished)
    assert engine.finished() == ("run-1",)
    assert engine.state("run-1") == Finished()
    assert (engine.job("run-1"), engine.note("run-1")) == (job, "a note")
    (seen,) = bundles.read(engine.collect("run-1"), job).seen
    assert isinstance(seen, Observation)
    assert seen.stdout == "hello, world\n"
    engine.forget("run-1")
    assert (engine.finished(), engine.state("run-1")) == ((), Gone(UNKNOWN))


def test_a_run_is_started_once(engine: Local, source: Source, scratch: Path) -> None:
    """However often it is asked for, by however many threads, also after its end."""
    job = source.job(program=COUNTING)
    threads = [threading.Thread(target=engine.start, args=(job,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    wait_for(engine.finished)
    engine.start(job)
    engine.tick()

    assert engine.finished() == ("run-1",)
    assert (scratch / "runs").read_text(encoding="utf-8") == "run\n"


def test_slots_are_kept_and_the_rest_waits_in_order(tmp_path: Path, scratch: Path, source: Source) -> None:
    """Two at once; the third and the fourth know their places, also after a restart, and then have their turn."""
    with opened(tmp_path / "data", 2) as engine:
        for name in ("d", "c", "b", "a"):
            engine.start(source.job(name, WAITING))
        legs(scratch, 2)
        assert [type(engine.state(name)) for name in "dc"] == [Running, Running]
        assert [engine.state(name) for name in "ba"] == [Queued(1), Queued(2)]
        assert engine.waiting() == 2

        with opened(tmp_path / "data", 2) as again:
            assert [again.state(name) for name in "ba"] == [Queued(1), Queued(2)]
            again.cancel("b")
            assert [again.state(name) for name in "ba"] == [Gone(CANCELLED), Queued(1)]
            (scratch / "go").touch()
            wait_for(lambda: len(again.finished()) == 4, again)
            assert again.finished() == ("d", "c", "b", "a")
            assert len(legs(scratch)) == 3


@linux
def test_a_job_survives_the_one_that_started_it(tmp_path: Path, scratch: Path, source: Source) -> None:
    """Killed in the middle of a run and started again: the run is found, ends, and ran once."""
    data, job = tmp_path / "data", source.job(program=WAITING)
    (tmp_path / "job.json").write_bytes(jobs.write(job))
    command = [sys.executable, "-c", STARTER, str(data), str(tmp_path / "job.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        assert app.stdout.readline() == "started\n"
        legs(scratch)
        os.kill(app.pid, signal.SIGKILL)

    with opened(data) as engine:
        engine.start(job)
        assert isinstance(engine.state("run-1"), Running)
        (scratch / "go").touch()
        wait_for(engine.finished)

        assert bundles.read(engine.collect("run-1"), job).echo.run == "run-1"
        assert len(legs(scratch)) == 1


@linux
def test_a_cancelled_run_leaves_nobody(engine: Local, source: Source, scratch: Path) -> None:
    """The leg, what it forked away, and the processes of the job are gone; twice is once."""
    program = f'#!/bin/sh\nsetsid sh -c "echo \\$\\$ >> $TMPDIR/legs; sleep 60" &\n{WAITING[10:]}'
    engine.start(source.job(program=program.replace("$TMPDIR", str(scratch))))
    below = legs(scratch, 2)

    engine.cancel("run-1")
    engine.cancel("run-1")

    assert engine.state("run-1") == Gone(CANCELLED)
    assert engine.finished() == ("run-1",)
    assert [lives(pid) for pid in below] == [False, False]
    with pytest.raises(Complaint, match="the run run-1 has no bundle: it is gone"):
        engine.collect("run-1")
    assert sorted(path.name for path in scratch.iterdir()) == ["legs"]


def test_a_cancelled_run_stays_cancelled(tmp_path: Path, scratch: Path, source: Source) -> None:
    """After a restart, and though somebody starts it again."""
    job = source.job(program=COUNTING)
    with opened(tmp_path / "data", 0) as engine:
        engine.start(job)
        engine.cancel("run-1")

    with opened(tmp_path / "data") as engine:
        engine.start(job)
        engine.tick()

        assert engine.state("run-1") == Gone(CANCELLED)
    assert not (scratch / "runs").exists()


@linux
def test_a_cancel_that_was_cut_short_is_carried_out_later(engine: Local, source: Source, scratch: Path) -> None:
    """The app wrote the end down and was killed before it ended the process: the next tick does."""
    engine.start(source.job(program=WAITING))
    (leg,) = legs(scratch)
    (engine._shelf.runs / "run-1/end").write_text(CANCELLED, encoding="utf-8")  # noqa: SLF001 - what a killed app leaves

    engine.tick()

    assert engine.state("run-1") == Gone(CANCELLED)
    assert not lives(leg)


def test_a_process_that_has_not_told_its_id_ends_later(tmp_path: Path, scratch: Path, source: Source) -> None:
    """A cancel in the first moment is written down at once, and carried out by a later tick."""
    with opened(tmp_path / "data", 0) as engine:
        engine.start(source.job())
        with foldering.Folder(tmp_path / "data/runs/run-1").hold():
            assert isinstance(engine.state("run-1"), Running)
            engine.cancel("run-1")
            engine.tick()
            assert engine.state("run-1") == Gone(CANCELLED)


def test_a_run_that_has_its_bundle_cannot_be_cancelled_any_more(engine: Local, source: Source) -> None:
    """What came of it stays."""
    engine.start(source.job())
    wait_for(engine.finished)

    engine.cancel("run-1")

    assert engine.state("run-1") == Finished()


@linux
def test_a_process_that_is_deaf_is_killed_with_all_below(
    engine: Local, source: Source, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that cannot end itself is stopped, and everything below it killed first."""
    monkeypatch.setattr(foldering, "PATIENCE", 0.1)
    engine.start(source.job(program=WAITING))
    (leg,) = legs(scratch)
    pid = int((engine._shelf.runs / "run-1/process").read_text(encoding="utf-8"))  # noqa: SLF001 - the job's own process
    os.kill(pid, signal.SIGSTOP)

    engine.cancel("run-1")

    assert not lives(leg)
    wait_for(lambda: not lives(pid))


@linux
def test_a_run_over_its_time_is_ended_from_outside(engine: Local, source: Source, scratch: Path) -> None:
    """Its own deadline and a margin after its start: gone, with a reason, and the next one has its turn."""
    job = source.job(program=WAITING)
    engine.start(job)
    engine.start(source.job("run-2", COUNTING))
    (leg,) = legs(scratch)
    latest = job.deadline + engines.MARGIN
    process = engine._shelf.runs / "run-1/process"  # noqa: SLF001 - the time of its start
    engine.tick()
    assert isinstance(engine.state("run-1"), Running)
    os.utime(process, times=(time.time() - latest - 1,) * 2)

    engine.tick()

    assert engine.state("run-1") == Gone(f"it took longer than {latest:g} s")
    assert not lives(leg)
    wait_for(lambda: engine.finished() == ("run-1", "run-2"), engine)


@linux
def test_a_process_that_vanished_is_gone_for_good(engine: Local, source: Source, scratch: Path) -> None:
    """The reason cites its last words; a bundle that turns up later does not count."""
    engine.start(source.job(program=WAITING))
    (leg,) = legs(scratch)
    run = engine._shelf.runs / "run-1"  # noqa: SLF001 - what the engine keeps
    os.kill(int((run / "process").read_text(encoding="utf-8")), signal.SIGKILL)
    wait_for(lambda: not lives(leg))

    gone = Gone("its process ended without a result; it last said: `running leg default: ./speak.sh world`")
    wait_for(lambda: engine.state("run-1") == gone)
    (run / "bundle.json").write_bytes(b"{}")

    assert engine.state("run-1") == gone
    assert engine.finished() == engine.runs() == ("run-1",)
    engine.forget("run-1")
    assert engine.runs() == ()


@linux
def test_the_id_of_another_process_is_left_alone(engine: Local, source: Source) -> None:
    """A process that has the id of a dead job by chance is neither taken for it nor ended."""
    engine.start(source.job())
    wait_for(engine.finished)
    run = engine._shelf.runs / "run-1"  # noqa: SLF001 - what the engine keeps
    wait_for(lambda: not foldering.Folder(run).alive)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (run / "bundle.json").unlink()
        (run / "process").write_text(f"{stranger.pid}\n", encoding="utf-8")
        gone = engine.state("run-1")
        engine.cancel("run-1")
        engine.tick()
        alone = stranger.poll() is None
        stranger.kill()

    assert gone == Gone("its process ended without a result; it last said: `running leg default: ./speak.sh world`")
    assert alone


@linux
def test_no_secret_of_the_app_reaches_a_job(
    engine: Local, source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not in the environment of any process of it, not as an open file, and not in what is stored."""
    for name in ("DISCHARGE_WEBHOOK_SECRET", "DISCHARGE_PRIVATE_KEY", "GITHUB_TOKEN", "DATABASE_URL"):
        monkeypatch.setenv(name, "5ecret-of-the-app")
    program = (
        "#!/bin/sh\npid=$$\nfor n in leg worker job; do\n"
        '  echo "$n:"; tr "\\0" "\\n" < /proc/$pid/environ; echo; ls /proc/$pid/fd | tr "\\n" " "; echo\n'
        '  pid=$(cut -d" " -f4 /proc/$pid/stat)\ndone\n'
    )
    job = source.job(program=program)
    with (tmp_path / "open.txt").open("w", encoding="utf-8") as opened_file:
        os.set_inheritable(opened_file.fileno(), True)  # noqa: FBT003 - it takes no keyword
        engine.start(job)
        wait_for(engine.finished)

    (seen,) = bundles.read(engine.collect("run-1"), job).seen
    assert isinstance(seen, Observation)
    assert [part.partition("PATH=")[1] for part in seen.stdout.split(":\n")[1:]] == ["PATH="] * 3
    stored = b"".join(path.read_bytes() for path in (engine._shelf.runs / "run-1").iterdir())  # noqa: SLF001 - as it says
    assert "5ecret" not in seen.merged
    assert b"5ecret" not in stored


def test_a_damaged_job_is_gone_with_a_reason(tmp_path: Path, scratch: Path, source: Source) -> None:
    """Half a file starts nothing, holds up nobody, and can be forgotten."""
    shut = Local(tmp_path / "data", 0)
    for name in ("run-1", "run-2"):
        shut.start(source.job(name))
    shut.close()
    (tmp_path / "data/runs/run-1/job.json").write_bytes(b'{"run": "run-1", "comm')

    with opened(tmp_path / "data") as engine:
        engine.tick()
        gone = engine.state("run-1")
        assert isinstance(gone, Gone)
        assert gone.reason.startswith("its job cannot be read: the job is no JSON")
        with pytest.raises(Unreadable):
            engine.note("run-1")
        wait_for(lambda: engine.finished() == ("run-1", "run-2"), engine)
        engine.forget("run-1")


@linux
def test_a_job_that_is_damaged_while_it_runs_is_ended(engine: Local, source: Source, scratch: Path) -> None:
    """Nobody can say any more how long it may take."""
    engine.start(source.job(program=WAITING))
    (leg,) = legs(scratch)
    (engine._shelf.runs / "run-1/job.json").write_bytes(b"")  # noqa: SLF001 - the damage

    engine.tick()

    assert isinstance(engine.state("run-1"), Gone)
    assert not lives(leg)


def test_damaged_numbers_and_ends_are_survived(tmp_path: Path, scratch: Path, source: Source) -> None:
    """A run without a number comes first; an end without a reason is an end."""
    with opened(tmp_path / "data", 0) as engine:
        for name in ("run-1", "run-2"):
            engine.start(source.job(name))
        (tmp_path / "data/runs/run-2/number").write_bytes(b"\xff")
        (tmp_path / "data/runs/run-1/end").write_bytes(b"")

        assert [engine.state(name) for name in ("run-1", "run-2")] == [Gone("its end was damaged"), Queued(1)]


def test_what_was_left_half_done_is_swept_up(tmp_path: Path, scratch: Path, source: Source) -> None:
    """A run that was half stored was never taken; one that was half forgotten is forgotten."""
    runs = tmp_path / "data/runs"
    for name in (".new-run-1", ".old-run-2"):
        (runs / name).mkdir(parents=True)
        (runs / name / "number").write_bytes(b"7")

    with opened(tmp_path / "data") as engine:
        assert list(runs.iterdir()) == []
        assert engine.finished() == ()


def full(*_: object) -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_takes_no_job(engine: Local, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says so, nothing is half there, and the next try succeeds."""
    job = source.job()
    with monkeypatch.context() as patch:
        patch.setattr(file, "write", full)
        with pytest.raises(Complaint, match="the run run-1 cannot be stored: No space left on device"):
            engine.start(job)
    assert (engine.finished(), engine.state("run-1")) == ((), Gone(UNKNOWN))

    engine.start(job)
    wait_for(engine.finished)


def test_a_full_disk_cancels_nothing_silently(
    tmp_path: Path, scratch: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cancels learns that it was not written down, and can try again."""
    with opened(tmp_path / "data", 0) as engine:
        engine.start(source.job())
        with monkeypatch.context() as patch:
            patch.setattr(file, "write", full)
            with pytest.raises(Complaint, match="what happens to the run run-1 cannot be written down"):
                engine.cancel("run-1")
        assert engine.state("run-1") == Queued(1)


def test_a_process_that_cannot_be_started_is_gone(
    engine: Local, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own reason is told."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    engine.start(source.job())

    assert engine.state("run-1") == Gone("its process cannot be started: No such file or directory")


def test_a_process_that_does_not_come_up_is_tried_three_times(
    engine: Local, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken installation is told with its last words, and not tried for ever."""
    monkeypatch.setattr(sys, "executable", "/bin/false")

    engine.start(source.job())
    (engine._shelf.runs / "run-1/log").unlink()  # noqa: SLF001 - it says nothing
    wait_for(engine.finished, engine)

    assert engine.state("run-1") == Gone("its process does not start")
    assert engine._tries["run-1"] == engines.TRIES  # noqa: SLF001 - counted


def test_a_run_without_an_end_is_not_forgotten(tmp_path: Path, scratch: Path, source: Source) -> None:
    """Cancel it first; one that nobody knows is forgotten already, whatever its name."""
    with opened(tmp_path / "data", 0) as engine:
        engine.start(source.job())
        with pytest.raises(Complaint, match="the run run-1 has no end yet"):
            engine.forget("run-1")
        for name in ("run-2", "../run-1", "", "."):
            engine.forget(name)
            engine.cancel(name)
            assert engine.state(name) == Gone(UNKNOWN)
            with pytest.raises(Unreadable, match="the engine knows no run"):
                engine.job(name)
        assert engine.waiting() == 1


def test_a_bundle_that_is_too_large_is_not_read(engine: Local, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is looked at first."""
    engine.start(source.job())
    wait_for(engine.finished)
    monkeypatch.setattr(bundles, "LONGEST", 10)

    with pytest.raises(Unreadable, match=r"bundle\.json: it is larger than 10 bytes"):
        engine.collect("run-1")


def test_a_job_out_of_its_bounds_is_not_taken(engine: Local, source: Source) -> None:
    """A name that leads out of the folder, say."""
    with pytest.raises(Unreadable, match="its run is no name"):
        engine.start(source.job("../../etc"))
    assert engine.finished() == ()


@pytest.mark.parametrize("end", ["bundle.json", "end"])
def test_a_forgotten_run_leaves_no_process(
    engine: Local, source: Source, scratch: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """One whose bundle is there, or whose end was written by somebody who died then: what lingers is ended."""
    monkeypatch.setattr(foldering, "PATIENCE", 0.3)
    engine.start(source.job(program=WAITING))
    (leg,) = legs(scratch)
    folder = scratch.parent / "data/runs/run-1"
    runner = int((folder / "process").read_text(encoding="utf-8"))
    (folder / end).write_bytes(b"an end")

    engine.forget("run-1")

    assert not folder.exists()
    wait_for(lambda: not lives(leg) and not lives(runner))


@linux
def test_a_cancel_waits_for_no_command_that_hangs(scratch: Path, source: Source, tmp_path: Path) -> None:
    """While a command wakes a machine runs begin and end, and what began meanwhile outlives the command."""
    seen = list[Any]()
    argv = ("sh", "-c", f"while [ ! -e {scratch}/awake ]; do sleep 0.05; done")
    hanging = threading.Thread(
        target=lambda: seen.append(execute("wake", argv, cwd=tmp_path, env=dict(os.environ), timeout=30.0, limit=1000))
    )
    with opened(tmp_path / "data", 2) as engine:
        hanging.start()
        begun = time.monotonic()
        engine.start(source.job("run-1", program=WAITING))
        legs(scratch)
        engine.start(source.job("run-2", program=WAITING))
        below = legs(scratch, 2)
        engine.cancel("run-1")

        assert time.monotonic() - begun < 20
        assert (seen, hanging.is_alive()) == ([], True)
        (scratch / "awake").touch()
        hanging.join()
        assert (seen[0].exit, seen[0].failure) == (0, "")
        assert [lives(pid) for pid in below] == [False, True]
        assert isinstance(engine.state("run-2"), Running)


def store(folder: Path, *wanted: Job) -> None:
    """Take jobs that wait for a slot."""
    engine = Local(folder, 0)
    for job in wanted:
        engine.start(job)
    engine.close()


@pytest.mark.parametrize("name", ["process", "log", "bundle.json", "end", "job.json", "number", "begun"])
def test_odd_things_in_a_folder_end_one_run_at_most(tmp_path: Path, scratch: Path, source: Source, name: str) -> None:
    """Whatever lies where a file should be: nobody waits for it, nothing is read elsewhere, the next run is done."""
    odd = {f"run-{number}": kind for number, kind in enumerate(ODD)}
    store(tmp_path / "data", *(source.job(run) for run in (*odd, "plain")))
    for run, kind in odd.items():
        spoil(tmp_path / "data/runs" / run / name, kind)
    with opened(tmp_path / "data", 2) as engine:
        wait_for(lambda: len(engine.finished()) == len(ODD) + 1, engine)
        assert engine.state("plain") == Finished()
        states = [engine.state(run) for run in odd]
        assert {type(state) for state in states} == {Finished if name in {"bundle.json", "number", "begun"} else Gone}
        assert "root" not in str(states)
        if name == "bundle.json":
            for run in odd:
                with pytest.raises(Unreadable, match=r"bundle\.json"):
                    engine.collect(run)
        assert engine.waiting() == 0
        assert min(engine.spent(run) for run in odd) >= 0 < engine.spent("plain")
        for run in engine.finished():
            engine.forget(run)
        assert engine.runs() == ()


def test_a_link_to_a_folder_is_no_run(engine: Local, tmp_path: Path, source: Source) -> None:
    """What lies elsewhere is not taken for a run's, and is not removed."""
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "data/runs/run-1").symlink_to(other)

    assert (engine.runs(), engine.state("run-1")) == ((), Gone(UNKNOWN))
    with pytest.raises(Complaint, match="cannot be stored: Not a directory"):
        engine.start(source.job())
    engine.forget("run-1")
    assert other.is_dir()


@pytest.mark.parametrize("words", [b"-1", b"0", b"-9", b"99999999999999999999", b"x", b""])
def test_what_is_no_id_ends_nobody(tmp_path: Path, words: bytes) -> None:
    """To end the process −1 would be to end them all."""
    (tmp_path / "process").write_bytes(words)

    assert foldering.Folder(tmp_path).pid == 0


def test_a_folder_that_takes_no_end_holds_up_no_other(
    tmp_path: Path, scratch: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written down is said, and found anew; the run behind it begins."""
    write = file.write

    def refuse(path: Path, data: bytes) -> None:
        if path.parent.name == "run-1" and path.name == "end":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        write(path, data)

    store(tmp_path / "data", source.job(), source.job("run-2"))
    spoil(tmp_path / "data/runs/run-1/job.json", "a folder")
    with monkeypatch.context() as patch, opened(tmp_path / "data", 2) as engine:
        patch.setattr(file, "write", refuse)
        with pytest.raises(Complaint, match="the run run-1 cannot be written down: Permission denied"):
            engine.tick()
        wait_for(lambda: engine.state("run-2") == Finished())
        for _ in range(engines.TRIES - 1):
            with pytest.raises(Complaint):
                engine.tick()
        engine.tick()
        assert engine.state("run-1") == Gone("its process does not start")
        assert set(engine.finished()) == {"run-1", "run-2"}
        patch.undo()
