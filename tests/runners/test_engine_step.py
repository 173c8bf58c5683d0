"""What is due for a run in a cluster, and what is believed of Slurm's answers; none of this needs a Slurm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.error import Complaint
from runners.engine import scheduler
from runners.engine.cluster import Cluster, bound
from runners.engine.model import Gone, Queued
from runners.engine.scheduler import OVER, WAITING, Entry, read, read_exit, select
from runners.engine.shelf import CANCELLED
from runners.engine.slurm import Slurm
from runners.engine.step import TRIES, Close, Known, Leave, Step, Submit, Tell, decide, find, find_strays
from runners.job import Job
from runners.smoke import Leg, Smoke

if TYPE_CHECKING:
    from tests.runners.source import Source

NEW = Known(began=0, told=(), barred="", age=0.0, limit=100.0, lost=0, why="", ago=0.0)
GRACE = 5.0
JOB = Job("run-1", "/source", "0" * 40, Smoke("s", "c", (Leg("l", ("x",)),), (), timeout=50.0), ("l",), (), 1)
EXIT = " JobState=FAILED Reason=NonZeroExitCode Requeue=0 ExitCode={} RunTime=00:00:03 "


def entry(number: int, state: str) -> Entry:
    """Return a job as Slurm lists it."""
    return Entry(number, state, "node-1", "/runs/run-1")


TOLD, BEGAN = replace(NEW, told=(7,)), replace(NEW, told=(7,), began=7, age=9.0)
LOST = replace(TOLD, lost=7, why="it was lost")
CASES: list[tuple[str, Known, tuple[Entry, ...], Step]] = [
    ("nobody was asked", NEW, (), Submit()),
    ("the answer was lost", NEW, (entry(7, "PENDING"),), Tell(7)),
    ("the answer was lost, and it is over", NEW, (entry(7, "FAILED"),), Leave(7, "FAILED", "node-1")),
    ("it waits", TOLD, (entry(7, "PENDING"),), None),
    ("it runs", BEGAN, (entry(7, "RUNNING"),), None),
    ("a state that nobody knows is no end", BEGAN, (entry(7, "DREAMING"),), None),
    ("another one began", replace(BEGAN, began=8), (entry(7, "FAILED"), entry(8, "RUNNING")), Tell(8)),
    (
        "it is over its time",
        replace(BEGAN, age=101.0),
        (entry(7, "RUNNING"),),
        Close("it took longer than 100 s", ended=False),
    ),
    ("it is over: one more look", BEGAN, (entry(7, "TIMEOUT"),), Leave(7, "TIMEOUT", "node-1")),
    ("too early", replace(BEGAN, lost=7, ago=4.0), (entry(7, "TIMEOUT"),), None),
    ("the last look", replace(BEGAN, lost=7, why="w", ago=5.0), (entry(7, "TIMEOUT"),), Close("w", ended=True)),
    (
        "another's end is not its own",
        replace(BEGAN, lost=6, why="w", ago=9.0),
        (entry(7, "FAILED"),),
        Leave(7, "FAILED", "node-1"),
    ),
    ("forgotten", BEGAN, (), Leave(7, "", "")),
    ("forgotten, the last look", replace(BEGAN, lost=7, why="w", ago=5.0), (), Close("w", ended=True)),
    ("lost before it began: one more look", TOLD, (), Leave(7, "", "")),
    ("lost before it began", replace(LOST, ago=5.0), (), Submit()),
    ("lost too often", replace(LOST, told=(5, 6, 7), ago=5.0), (), Close("it was lost", ended=True)),
    (
        "cancelled by half",
        replace(TOLD, barred="it was cancelled"),
        (entry(7, "PENDING"),),
        Close("it was cancelled", ended=False),
    ),
]


@pytest.mark.parametrize(("known", "entries", "step"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_situation_has_its_step(known: Known, entries: tuple[Entry, ...], step: Step) -> None:
    """A run is handed in when nothing of it is known, watched while Slurm has it, and closed after two looks."""
    assert decide(known, entries, GRACE) == step


states = st.sampled_from(sorted(OVER | WAITING | {"RUNNING", "CONFIGURING", "COMPLETING", "NEW_STATE"}))
jobs = st.lists(st.builds(entry, st.integers(1, 9), states), max_size=4, unique_by=lambda one: one.number)
numbers = st.integers(0, 9)
times = st.floats(0, 200)
knowns = st.builds(
    Known, numbers, st.lists(numbers.filter(bool), max_size=4).map(tuple), st.just(""), times, st.just(100.0), numbers,
    st.text(max_size=5), times,
)  # fmt: skip


@given(knowns, jobs)
def test_no_run_is_handed_in_while_slurm_has_it_or_after_it_began(known: Known, entries: list[Entry]) -> None:
    """And none is closed while its job lives and is in its time."""
    step = decide(known, entries, GRACE)
    own = find(known, entries)

    if isinstance(step, Submit):
        assert (own, known.began) == (None, 0)
        assert len(known.told) < TRIES
    if isinstance(step, Close) and own and not own.over:
        assert known.age > known.limit


@given(knowns, jobs)
def test_what_is_reaped_lives_and_is_another(known: Known, entries: list[Entry]) -> None:
    """Never the run's own job, nothing that has ended or leaves its machine already."""
    own = find(known, entries)
    strays = find_strays(entries, own.number if own else 0)

    assert not own or own.number not in strays
    assert {e.state for e in entries if e.number in strays}.isdisjoint(OVER | {"COMPLETING"})


def test_an_answer_is_read() -> None:
    """Number, state, node and folder of each job; the folder is whatever its owner made of it."""
    text = "7\x1fRUNNING\x1fnode[1-2]\x1f/data/runs/run-1\n8\x1fPENDING\x1f\x1f/tmp/a\x1fb\n"

    assert read(text) == (
        Entry(7, "RUNNING", "node[1-2]", "/data/runs/run-1"),
        Entry(8, "PENDING", "", "/tmp/a\x1fb"),  # noqa: S108 - read, not written
    )
    assert [(one.over, one.works) for one in read(text)] == [(False, True), (False, False)]


@given(st.text() | st.lists(st.text(st.sampled_from("1a\x1f\n_ A²")), max_size=9).map("\x1f".join))
def test_whatever_slurm_says_is_read_or_passed_over(text: str) -> None:
    """What is read stands there as it was asked for; an error message, half a line or another's digits are nothing."""
    for one in read(text):
        assert f"{one.state}\x1f" in text
        assert f"\x1f{one.folder}" in text
        assert one.state.replace("_", "").isupper() or not one.state.strip("_")


@pytest.mark.parametrize(
    ("said", "words"),
    [("3:0", " with exit 3"), ("0:9", " by signal 9"), ("0:0", ""), ("143:0", " with exit 143"), ("a:b", "")],
)
def test_how_a_job_ended_is_read(said: str, words: str) -> None:
    """Exit status or signal; the first that Slurm says counts, whatever people wrote behind it."""
    assert read_exit(f"JobId=1 JobName=x{EXIT.format(said)} Comment=a ExitCode=a:77 ") == words


@given(st.text())
def test_any_answer_about_an_end_is_survived(text: str) -> None:
    """It is a short clause, or nothing."""
    assert len(read_exit(text)) <= len(" with exit ") + 10


def test_a_job_is_an_argument_list() -> None:
    """Bounded from its own deadline, without second tries; a folder may have any name, and is no pattern."""
    folder = Path("/data/100%/runs/run-1")

    options = Cluster(2, "h100", "/venv/bin/python").choose(JOB, folder)

    assert JOB.deadline == 960.0
    assert options == (
        "--job-name=discharge-run-1",
        "--comment=run-1",
        "--chdir=/data/100%/runs/run-1",
        "--output=/data/100%%/runs/run-1/log",
        "--time=17",
        "--open-mode=append",
        "--export=ALL",
        "--propagate=NONE",
        "--no-requeue",
        "--nodes=1",
        "--ntasks=1",
        "--gres=gpu:2",
        "--partition=h100",
    )
    assert bound(JOB) == 1080.0
    assert [word for word in Cluster(0).choose(JOB, folder) if "gres" in word or "partition" in word] == []
    assert Cluster(python="/p").word(folder)[:5] == (f"{folder}/taken", "/p", "-P", "-m", "runners")


def test_only_an_allow_list_is_handed_on() -> None:
    """How to find programs and the cluster, on whose account; no secret, and nothing that changes what is asked."""
    outside = {"PATH": "/bin", "SLURM_CONF": "/c", "SBATCH_ACCOUNT": "lab", "SBATCH_WAIT": "1", "GITHUB_TOKEN": "x"}

    assert select(outside) == {"PATH": "/bin", "SLURM_CONF": "/c", "SBATCH_ACCOUNT": "lab"}


TROUBLES = {
    "#!/bin/sh\n/bin/sleep 60\n": "Slurm does not answer now: squeue ran longer than 0.5 s",
    "#!/bin/sh\n/usr/bin/yes\n": "Slurm does not answer now: squeue printed more than 1,000 bytes",
    "#!/bin/sh\necho half >&2\nexit 1\n": "Slurm does not answer now: squeue says `half`",
    "#!/bin/sh\nexit 3\n": "Slurm does not answer now: squeue says `nothing`",
    "": "Slurm cannot be asked: `squeue` was not found",
}


@pytest.mark.parametrize(("program", "said"), TROUBLES.items(), ids=["hangs", "floods", "fails", "is mute", "is none"])
def test_a_slurm_that_does_not_answer_ends_nothing(
    program: str, said: str, tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tick says so; what is asked meanwhile is kept, and what is cancelled meanwhile is final."""
    asked = [source.job(name) for name in ("run-1", "run-2")]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(scheduler, "QUERY", 0.5)
    monkeypatch.setattr(scheduler, "_ANSWER", 1000)
    if program:
        (tmp_path / "squeue").write_text(program, encoding="utf-8")
        (tmp_path / "squeue").chmod(0o755)
    engine = Slurm(tmp_path / "data")
    for job in asked:
        engine.start(job)
    engine.cancel("run-1")

    with pytest.raises(Complaint) as caught:
        engine.tick()

    assert caught.value.what == said
    assert [engine.state(name) for name in ("run-1", "run-2")] == [Gone(CANCELLED), Queued(1)]
    assert (engine.finished(), engine.waiting()) == (("run-1",), 1)
    with pytest.raises(Complaint, match="the run run-2 has no end yet"):
        engine.forget("run-2")
    engine.close()
