"""The engine of clusters: real requests over HTTP to a double of the API, and real processes for its pods."""

from __future__ import annotations

import errno
import json
import os
import random
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from contracts.error import Complaint, Unreadable
from evidence.model import Observation
from runners import bundle as bundles
from runners import file
from runners.engine import api, pace, watch
from runners.engine.kubernetes import Kubernetes, reach
from runners.engine.manifest import Place
from runners.engine.model import Engine, Finished, Gone, Queued, Running, State
from runners.engine.shelf import CANCELLED, UNKNOWN
from tests.runners.kubeserver import KubeServer, Refusal, connect
from tests.runners.source import Source, lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child")
COUNTING = '#!/bin/sh\necho run >> "$TMPDIR/runs"\necho "hello, $1"\n'
WAITING = '#!/bin/sh\necho $$ >> "$TMPDIR/legs"\nwhile [ ! -e "$TMPDIR/go" ]; do sleep 0.02; done\n'
JOB = "discharge-run-1"
OUTAGES: tuple[int | str, ...] = (500, 503, 429, "drop", "junk")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """What is `/tmp` in every pod."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def cluster(tmp_path: Path, scratch: Path) -> Iterator[KubeServer]:
    """A cluster with one GPU; whatever is said to it or by it fits Kubernetes' own description."""
    found = KubeServer(tmp_path, scratch)
    yield found
    assert found.faults == []


@pytest.fixture
def config(tmp_path: Path, cluster: KubeServer) -> Iterator[Path]:
    """The file by which the app finds the cluster and says who it is."""
    path = tmp_path / "kubeconfig"
    with cluster.serve() as address:
        path.write_text(json.dumps(connect(address)), encoding="utf-8")
        yield path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Pods that run this very Python."""
    pod = {"namespace": "smokes", "image": "registry.example/discharge:1", "claim": "discharge", "root": str(tmp_path)}
    return Place(**pod, user=1000, group=1000, python=sys.executable)  # type: ignore[arg-type]  # they are texts


@contextmanager
def opened(config: Path, place: Place, seconds: float = 0.0) -> Iterator[Kubernetes]:
    """Open an engine, which looks at the cluster at every tick, or at a pace."""
    engine = Kubernetes(Path(place.root) / "engine", place, reach(config, place.namespace), seconds)
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture
def engine(config: Path, place: Place) -> Iterator[Kubernetes]:
    """An engine."""
    with opened(config, place) as found:
        yield found


def wait_for(done: Callable[[], Any], engine: Engine | None = None) -> None:
    """Wait until something is so; the engine does meanwhile what is due."""
    latest = time.monotonic() + 60
    while not done():
        assert time.monotonic() < latest
        time.sleep(0.05)
        if engine:
            engine.tick()


def legs(scratch: Path, count: int = 1) -> list[int]:
    """Return the process ids of the legs that wait, once they are so many."""
    path = scratch / "legs"
    wait_for(lambda: path.exists() and path.read_text(encoding="utf-8").count("\n") >= count)
    return [int(line) for line in path.read_text(encoding="utf-8").split()]


def begin(engine: Kubernetes, source: Source, scratch: Path) -> int:
    """Start a run that waits, and return its leg's process id."""
    engine.start(source.job(program=WAITING))
    engine.tick()
    return legs(scratch)[-1]


def conditions(cluster: KubeServer, number: int = 1) -> list[Any]:
    """Let the cluster do what is due, and return what it says of the Job's end."""
    cluster.settle()
    return list(cluster.jobs[f"discharge-run-{number}"]["status"].get("conditions", ()))


def ago(seconds: float) -> str:
    """Return a moment as the cluster would write it."""
    return datetime.fromtimestamp(time.time() - seconds, UTC).isoformat()


def gone(engine: Kubernetes, run: str = "run-1") -> str:
    """Return why a run is gone."""
    state = engine.state(run)
    assert isinstance(state, Gone), state
    return state.reason


def test_a_job_is_done_and_told(engine: Kubernetes, cluster: KubeServer, source: Source) -> None:
    """Started, run by a pod, collected, removed from the cluster, forgotten; the note comes back."""
    job = source.job()

    engine.start(job)

    assert list(cluster.jobs) == [JOB]
    assert isinstance(engine.state("run-1"), Running)
    wait_for(engine.finished, engine)
    assert engine.finished() == ("run-1",)
    assert engine.state("run-1") == Finished()
    assert (engine.job("run-1"), engine.note("run-1"), engine.waiting()) == (job, "a note", 0)
    (seen,) = bundles.read(engine.collect("run-1"), job).seen
    assert isinstance(seen, Observation)
    assert seen.stdout == "hello, world\n"
    wait_for(lambda: not cluster.jobs, engine)
    engine.forget("run-1")
    assert (engine.finished(), engine.state("run-1")) == ((), Gone(UNKNOWN))


def test_a_run_is_started_once(engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path) -> None:
    """However often it is asked for, by however many threads, also after its end: one Job, one pod."""
    job = source.job(program=COUNTING)
    threads = [threading.Thread(target=engine.start, args=(job,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(engine.finished, engine)
    engine.start(job)
    engine.tick()

    assert engine.finished() == ("run-1",)
    assert (scratch / "runs").read_text(encoding="utf-8") == "run\n"
    assert cluster.kubelet.ran == [JOB]


def test_runs_beyond_the_gpus_wait_in_order(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """The cluster has one GPU: the second and the third know their places, and then have their turn."""
    for run in ("c", "b", "a"):
        engine.start(source.job(run, WAITING))
    legs(scratch)
    engine.tick()

    assert isinstance(engine.state("c"), Running)
    assert [engine.state(run) for run in "ba"] == [Queued(1), Queued(2)]
    assert engine.waiting() == 2
    told = cluster.kubelet.pods["discharge-b"]["status"]["conditions"]
    assert [condition["reason"] for condition in told] == ["Unschedulable"]
    engine.cancel("b")
    assert [engine.state(run) for run in "ba"] == [Gone(CANCELLED), Queued(1)]
    (scratch / "go").touch()
    wait_for(lambda: len(engine.finished()) == 3, engine)
    assert engine.finished() == ("c", "b", "a")
    assert cluster.kubelet.ran == ["discharge-c", "discharge-a"]


def test_a_run_waits_only_so_long(engine: Kubernetes, cluster: KubeServer, source: Source, place: Place) -> None:
    """Unschedulable for a day: gone with a sentence, and its Job is removed."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    age(place, place.patience + 1)

    engine.tick()

    assert engine.state("run-1") == Gone("no machine took it in 86400 s")
    wait_for(lambda: not cluster.jobs, engine)


def age(place: Place, seconds: float, run: str = "run-1") -> None:
    """Let a run be known for so long."""
    path = Path(place.root) / "engine/runs" / run / "job.json"
    os.utime(path, times=(time.time() - seconds,) * 2)


def test_a_name_that_is_taken_by_our_own_is_success(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """The answer to the creation was lost: the next tick finds the Job by its labels, and starts no second one."""
    cluster.losing = True

    engine.start(source.job(program=COUNTING))

    assert not cluster.losing
    wait_for(engine.finished, engine)
    assert engine.state("run-1") == Finished()
    assert (scratch / "runs").read_text(encoding="utf-8") == "run\n"


def test_a_creation_that_was_not_written_down_is_found_again(
    engine: Kubernetes, cluster: KubeServer, source: Source, place: Place
) -> None:
    """Killed between the creation and its note: asked again, the cluster says 409, and the Job is ours."""
    cluster.kubelet.gpus = 0
    job = source.job()
    engine.start(job)
    (Path(place.root) / "engine/runs/run-1/uid").unlink()

    engine.start(job)

    assert cluster.requests.count("POST /apis/batch/v1/namespaces/smokes/jobs") == 2
    assert (Path(place.root) / "engine/runs/run-1/uid").read_text() == cluster.jobs[JOB]["metadata"]["uid"]
    assert engine.state("run-1") == Queued(1)


def test_a_name_that_is_taken_by_another_is_a_complaint(
    engine: Kubernetes, cluster: KubeServer, source: Source, config: Path, place: Place
) -> None:
    """A second app in the namespace has a Job of that name: ours waits, says why, and leaves the other alone."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    other = Kubernetes(Path(place.root) / "other", place, reach(config, "smokes"), 0.0)
    other.start(source.job())

    with pytest.raises(Complaint, match="the Job discharge-run-1 is there already, and is not ours"):
        other.tick()
    assert other.state("run-1") == Queued(1)
    other.cancel("run-1")
    other.tick()

    assert list(cluster.jobs) == [JOB]
    other.close()


def test_a_full_quota_is_waited_for(engine: Kubernetes, cluster: KubeServer, source: Source) -> None:
    """403 with a quota is no end: asked again at each tick, in order, and admitted when there is room."""
    cluster.quota = 0
    for run in ("run-1", "run-2"):
        engine.start(source.job(run))
    before = len(cluster.requests)
    engine.tick()
    assert cluster.requests[before:] == [
        "GET /apis/batch/v1/namespaces/smokes/jobs",
        "POST /apis/batch/v1/namespaces/smokes/jobs",
    ]
    assert [engine.state(run) for run in ("run-1", "run-2")] == [Queued(1), Queued(2)]

    cluster.quota = 1

    wait_for(lambda: len(engine.finished()) == 2, engine)
    assert cluster.kubelet.ran == [JOB, "discharge-run-2"]


def test_a_quota_that_stays_full_ends_a_run(
    engine: Kubernetes, cluster: KubeServer, source: Source, place: Place
) -> None:
    """After a day the cluster's own sentence is told."""
    cluster.quota = 0
    engine.start(source.job())
    age(place, place.patience + 1)

    engine.tick()

    assert gone(engine) == (
        'it was not admitted: the cluster refuses (403): `jobs.batch "discharge-run-1" is forbidden: exceeded quota: '
        "smokes, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0`"
    )


def test_a_right_that_is_missing_is_a_complaint(engine: Kubernetes, cluster: KubeServer, source: Source) -> None:
    """403 without a quota is told, and the run starts as soon as somebody gives the right."""
    cluster.forbidden = "create_namespaced_job"
    engine.start(source.job())
    with pytest.raises(Complaint, match=r"the cluster refuses \(403\): `User \"app\" cannot do that"):
        engine.tick()
    assert engine.state("run-1") == Queued(1)

    cluster.forbidden = ""

    wait_for(engine.finished, engine)


def test_a_request_that_is_wrong_ends_the_run(cluster: KubeServer, config: Path, place: Place, source: Source) -> None:
    """What the cluster calls invalid stays so: gone at once, with its sentence."""
    cluster.validate = lambda _: "spec.template.spec.runtimeClassName: no such class"
    with opened(config, replace(place, runtime="nvidia")) as engine:
        engine.start(source.job())

        assert gone(engine) == (
            'it was not admitted: the cluster refuses (422): `Job.batch "discharge-run-1" is invalid: '
            "spec.template.spec.runtimeClassName: no such class`"
        )
        engine.tick()


@linux
@pytest.mark.parametrize("outage", OUTAGES)
def test_a_cluster_that_is_away_ends_nothing(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path, outage: int | str
) -> None:
    """In the middle of a run every question is a complaint; the run goes on, and its bundle is found afterwards."""
    begin(engine, source, scratch)

    cluster.outage = outage

    for ask in (engine.tick, lambda: engine.state("run-1")):
        with pytest.raises(Complaint, match=r"the cluster (does not serve now|answers something that is no JSON)"):
            ask()
    assert engine.finished() == ()
    cluster.outage = ""
    assert isinstance(engine.state("run-1"), Running)
    (scratch / "go").touch()
    wait_for(engine.finished, engine)
    assert engine.state("run-1") == Finished()
    assert cluster.kubelet.ran == [JOB]


def test_a_job_is_taken_while_the_cluster_is_away(engine: Kubernetes, cluster: KubeServer, source: Source) -> None:
    """It is kept, waits, and starts by itself."""
    cluster.outage = "drop"
    engine.start(source.job())
    cluster.outage = ""
    assert engine.state("run-1") == Queued(1)

    wait_for(engine.finished, engine)

    assert engine.state("run-1") == Finished()


def test_a_request_is_made_once_and_not_waited_for_ever(
    engine: Kubernetes, cluster: KubeServer, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client repeats nothing by itself, and gives up in time."""
    monkeypatch.setattr(api, "TIMES", (0.2, 0.2))
    cluster.delay = 1.0
    before, started = len(cluster.requests), time.monotonic()

    with pytest.raises(Complaint, match="no answer"):
        engine.tick()

    assert time.monotonic() - started < 0.9
    wait_for(lambda: len(cluster.requests) > before)
    time.sleep(0.1)
    assert len(cluster.requests) == before + 1


@linux
def test_a_run_survives_the_app(config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path) -> None:
    """Closed in the middle and opened again, the engine knows its own, and nothing runs twice."""
    with opened(config, place) as engine:
        begin(engine, source, scratch)
        engine.start(source.job("run-2"))

    with opened(config, place) as again:
        again.start(source.job(program=WAITING))
        assert isinstance(again.state("run-1"), Running)
        assert again.state("run-2") == Queued(1)
        (scratch / "go").touch()
        wait_for(lambda: len(again.finished()) == 2, again)

    assert cluster.kubelet.ran == [JOB, "discharge-run-2"]


@linux
def test_what_ended_while_the_app_was_away_is_collected(
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """The Job is even removed already, as its time to live has it: the bundle lies on the volume."""
    with opened(config, place) as engine:
        begin(engine, source, scratch)
    (scratch / "go").touch()
    wait_for(lambda: conditions(cluster))
    cluster.vanish(JOB)

    with opened(config, place) as again:
        assert again.state("run-1") == Finished()
        assert bundles.read(again.collect("run-1"), again.job("run-1")).echo.run == "run-1"


@linux
def test_a_cancelled_run_leaves_nobody(engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path) -> None:
    """The leg and what it forked away are gone within ten seconds, and the Job with them; twice is once."""
    program = f'#!/bin/sh\nsetsid sh -c "echo \\$\\$ >> {scratch}/legs; sleep 60" &\n{WAITING[10:]}'
    engine.start(source.job(program=program))
    engine.tick()
    below = legs(scratch, 2)
    started = time.monotonic()

    engine.cancel("run-1")
    engine.cancel("run-1")

    assert engine.state("run-1") == Gone(CANCELLED)
    wait_for(lambda: not cluster.jobs, engine)
    assert time.monotonic() - started < 10
    assert [lives(pid) for pid in below] == [False, False]
    assert cluster.kubelet.pods == {}
    with pytest.raises(Complaint, match="the run run-1 has no bundle: it is gone"):
        engine.collect("run-1")


@linux
def test_a_cancel_that_the_cluster_did_not_hear_is_carried_out_later(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """Whoever cancels learns it; the run is gone for good, and the next tick stops the machine."""
    leg = begin(engine, source, scratch)
    cluster.outage = 503
    with pytest.raises(Complaint, match=r"the cluster does not serve now \(503\)"):
        engine.cancel("run-1")
    cluster.outage = ""
    assert lives(leg)

    wait_for(lambda: not cluster.jobs, engine)

    assert engine.state("run-1") == Gone(CANCELLED)
    assert not lives(leg)


def test_a_run_that_has_its_bundle_cannot_be_cancelled_any_more(engine: Kubernetes, source: Source) -> None:
    """What came of it stays."""
    engine.start(source.job())
    wait_for(engine.finished, engine)

    engine.cancel("run-1")

    assert engine.state("run-1") == Finished()


@linux
def test_a_job_that_is_deleted_under_us_is_gone(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """By whoever may delete there, softly or at once; it is not started again."""
    for number, delete in enumerate((cluster.delete, cluster.vanish), 1):
        engine.start(source.job(f"run-{number}", WAITING))
        engine.tick()
        legs(scratch, number)
        delete(f"discharge-run-{number}")
        engine.tick()
        assert gone(engine, f"run-{number}").startswith("it was deleted in the cluster")
        wait_for(lambda: not cluster.jobs, engine)

    assert cluster.kubelet.ran == [JOB, "discharge-run-2"]


LAST = "; it last said: `running leg default: ./speak.sh world`"
LATE = "Pod was active on the node longer than the specified deadline"
ENDS: dict[str, tuple[Callable[[KubeServer], None], str]] = {
    "memory": (
        lambda c: c.kubelet.end(JOB, "Failed", container="OOMKilled"),
        "its pod used more memory than it may (OOMKilled)",
    ),
    "evicted": (
        lambda c: c.kubelet.end(JOB, "Failed", pod_reason="Evicted", said="The node was low on resource: memory."),
        "its pod was ended by the cluster (Evicted: `The node was low on resource: memory.`)",
    ),
    "machine": (
        lambda c: c.kubelet.disrupt(JOB),
        "its machine was taken away (DeletionByTaintManager: `Taint manager: deleting due to NoExecute taint`)",
    ),
    "killed": (lambda c: c.kubelet.end(JOB, "Failed"), "its process ended without a result (exit 137)"),
    "deadline": (
        lambda c: c.skip(24 * 3600),
        f"its pod took longer than it may (DeadlineExceeded: `{LATE}`)",
    ),
}


@linux
@pytest.mark.parametrize("end", ENDS)
def test_a_pod_that_is_ended_is_gone_with_the_reason(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path, end: str
) -> None:
    """Its last words are cited, its processes are gone, a bundle that turns up later does not count."""
    happen, reason = ENDS[end]
    leg = begin(engine, source, scratch)

    happen(cluster)
    engine.tick()

    assert gone(engine) == reason + LAST
    assert not lives(leg)
    wait_for(lambda: not cluster.jobs, engine)
    assert engine.finished() == ("run-1",)


def test_a_pod_that_is_lost_with_its_object_is_gone(engine: Kubernetes, cluster: KubeServer, source: Source) -> None:
    """Only the Job is left to tell."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    engine.tick()
    cluster.kubelet.end(JOB, "Failed")
    del cluster.kubelet.pods[JOB]

    assert gone(engine) == "its pod is lost (BackoffLimitExceeded: `Job has reached the specified backoff limit`)"


def test_a_job_that_the_cluster_ends_in_the_queue_is_gone(
    engine: Kubernetes, cluster: KubeServer, source: Source
) -> None:
    """Without an app the cluster itself keeps to the bound on waiting."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    engine.tick()

    cluster.skip(2 * 24 * 3600)

    assert gone(engine) == (
        "no machine did it in the time it had (DeadlineExceeded: `Job was active longer than specified deadline`)"
    )


def test_an_image_that_cannot_be_had_ends_a_run_after_a_while(
    engine: Kubernetes, cluster: KubeServer, source: Source
) -> None:
    """A registry may be away for a moment: queued at first, then gone with the cluster's reason."""
    cluster.kubelet.images = False
    engine.start(source.job())
    engine.tick()
    assert engine.state("run-1") == Queued(1)
    pod = cluster.kubelet.pods[JOB]["metadata"]
    pod["creationTimestamp"] = ago(901)

    engine.tick()

    assert gone(engine) == (
        'its pod cannot start (ImagePullBackOff: `Back-off pulling image "registry.example/discharge:1"`)'
    )
    wait_for(lambda: not cluster.jobs, engine)


@linux
def test_a_run_over_its_time_is_ended_by_the_app_too(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """A machine whose kubelet is dead ends nothing: the app does."""
    leg = begin(engine, source, scratch)
    latest = engine.job("run-1").deadline + 60
    (status,) = cluster.kubelet.pods[JOB]["status"]["containerStatuses"]
    status["state"]["running"]["startedAt"] = ago(latest + 1)

    engine.tick()

    assert gone(engine) == f"it took longer than {latest:g} s"
    wait_for(lambda: not cluster.jobs, engine)
    assert not lives(leg)


def test_a_pod_that_ends_well_without_a_result_is_gone(
    engine: Kubernetes, cluster: KubeServer, source: Source, place: Place
) -> None:
    """A network file system may show the bundle a minute late; then it is not there."""
    engine.start(source.job())
    wait_for(lambda: conditions(cluster))
    bundle = Path(place.root) / "engine/runs/run-1/out/bundle.json"
    bundle.rename(bundle.with_name("elsewhere"))
    engine.tick()
    assert isinstance(engine.state("run-1"), Running)
    (condition,) = cluster.jobs[JOB]["status"]["conditions"]
    condition["lastTransitionTime"] = ago(61)

    assert gone(engine) == "its pod ended well, and left no result" + LAST
    bundle.write_bytes(b"{}")
    assert isinstance(engine.state("run-1"), Gone)


def test_jobs_that_nobody_knows_any_more_are_removed_at_the_second_sight(
    engine: Kubernetes, cluster: KubeServer, source: Source
) -> None:
    """The run was forgotten while the cluster was away; a Job of somebody else is left alone."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    strange = cluster.own({**cluster.jobs[JOB], "metadata": {"name": "strange", "labels": {}}}, "smokes")
    cluster.jobs["strange"] = strange
    cluster.outage = 503
    with pytest.raises(Complaint):
        engine.cancel("run-1")
    engine.forget("run-1")
    cluster.outage = ""

    engine.tick()
    assert JOB in cluster.jobs
    engine.tick()

    wait_for(lambda: list(cluster.jobs) == ["strange"], engine)


def test_long_lists_are_read_to_their_end(
    engine: Kubernetes, cluster: KubeServer, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page; a list that grew too old in the middle is read again from the start."""
    monkeypatch.setattr(api, "PAGE", 2)
    cluster.kubelet.gpus = 0
    runs = [f"run-{number}" for number in range(5)]
    for run in runs:
        engine.start(source.job(run))
    before = len(cluster.requests)

    cluster.expiring = True
    engine.tick()

    assert len(cluster.requests) - before == 2 + 3 + 3
    assert [engine.state(run) for run in runs] == [Queued(place) for place in range(1, 6)]


def test_the_cluster_is_asked_at_a_pace(config: Path, place: Place, cluster: KubeServer, source: Source) -> None:
    """A hundred ticks are one look of two requests, and a watch; with nothing due it looks once a minute."""
    cluster.kubelet.gpus = 0
    with opened(config, place, 60.0) as engine:
        for _ in range(100):
            engine.tick()
        assert len(cluster.requests) == 1
        engine.start(source.job())
        before = count(cluster)
        for _ in range(100):
            engine.tick()
        assert count(cluster) - before == 2


def test_an_answer_out_of_all_bounds_is_a_complaint(
    engine: Kubernetes, cluster: KubeServer, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many bytes, or too many pages."""
    cluster.kubelet.gpus = 0
    for run in ("run-1", "run-2"):
        engine.start(source.job(run))
    with monkeypatch.context() as patch:
        patch.setattr(api, "LONGEST", 100)
        with pytest.raises(Complaint, match="answer is larger than 100 bytes"):
            engine.tick()
    monkeypatch.setattr(api, "PAGE", 1)
    monkeypatch.setattr(api, "PAGES", 1)
    with pytest.raises(Complaint, match="lists more than 1 objects of ours"):
        engine.tick()


@pytest.mark.parametrize("right", ["list_namespaced_job", "delete_namespaced_job"])
def test_a_right_that_is_missing_later_ends_nothing(
    engine: Kubernetes, cluster: KubeServer, source: Source, right: str
) -> None:
    """Somebody changed the role: every tick says so, and nothing is taken for deleted, or for removed."""
    engine.start(source.job())
    wait_for(lambda: conditions(cluster))
    cluster.forbidden = right

    for _ in range(2):
        with pytest.raises(Complaint, match=r"the cluster refuses \(403\)"):
            engine.tick()
    assert list(cluster.jobs) == [JOB]
    cluster.forbidden = ""
    wait_for(lambda: not cluster.jobs, engine)
    assert engine.state("run-1") == Finished()


def test_a_cluster_that_fails_at_a_creation_is_asked_again(
    engine: Kubernetes, cluster: KubeServer, source: Source
) -> None:
    """It lists, and creates nothing: the queue stays as it is, and one request a tick is enough to know."""

    def fail(_: object) -> str:
        raise Refusal(500, "etcdserver: no leader")

    cluster.validate = fail
    for run in ("run-1", "run-2"):
        engine.start(source.job(run))
    before = len(cluster.requests)
    with pytest.raises(Complaint, match=r"does not serve now \(500\): `etcdserver: no leader`"):
        engine.tick()
    assert len(cluster.requests) - before == 2
    assert engine.state("run-2") == Queued(2)

    cluster.validate = lambda _: ""

    wait_for(lambda: len(engine.finished()) == 2, engine)


@linux
def test_a_full_disk_ends_nothing_silently(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written down is said, and written down later; others are looked after meanwhile."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    begin(engine, source, scratch)
    cluster.kubelet.end(JOB, "Failed", container="OOMKilled")
    with monkeypatch.context() as patch:
        patch.setattr(file, "write", full)
        with pytest.raises(Complaint, match="what happens to the run run-1 cannot be written down: No space left"):
            engine.tick()
        with pytest.raises(Complaint, match="cannot be written down"):
            engine.cancel("run-1")
    assert engine.finished() == ()

    engine.tick()

    assert gone(engine) == "its pod used more memory than it may (OOMKilled)" + LAST


@linux
def test_a_job_that_is_damaged_while_it_runs_is_ended(
    engine: Kubernetes, cluster: KubeServer, source: Source, scratch: Path, place: Place
) -> None:
    """Nobody can say any more how long it may take."""
    leg = begin(engine, source, scratch)
    (Path(place.root) / "engine/runs/run-1/job.json").write_bytes(b"")

    engine.tick()

    assert gone(engine).startswith("its job cannot be read: ")
    wait_for(lambda: not cluster.jobs, engine)
    assert not lives(leg)


def test_a_cluster_that_is_away_is_asked_at_a_pace_too(config: Path, place: Place, cluster: KubeServer) -> None:
    """One complaint, and then silence until it is time."""
    cluster.outage = 503
    with opened(config, place, 60.0) as engine:
        with pytest.raises(Complaint, match="does not serve now"):
            engine.tick()
        engine.tick()

    assert len(cluster.requests) == 1


def test_an_engine_that_lost_its_name_does_not_open(config: Path, place: Place) -> None:
    """It could not tell its own Jobs, and would take every run for deleted."""
    with opened(config, place):
        pass
    (Path(place.root) / "engine/instance").write_bytes(b"")

    with pytest.raises(Unreadable, match="instance: it names no engine"), opened(config, place):
        pass


@linux
@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_whatever_happens_every_run_ends_once(  # noqa: PLR0913, PLR0917 - as many fixtures as parts
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path, prompt: None, seconds: float
) -> None:
    """Chaos, seeded: outages, lost answers, deletions, kills, cancels, restarts; no run twice, and nothing is left.

    Once with a look at every tick, and once with one every two seconds and a watch, which every outage breaks.
    """
    dice = random.Random(5)  # noqa: S311 - a seed, no secret
    runs = [f"run-{number}" for number in range(8)]
    cluster.kubelet.gpus, ends = 2, dict[str, list[State]]()
    engine = Kubernetes(Path(place.root) / "engine", place, reach(config, "smokes"), seconds)
    for run in runs:
        cluster.losing = dice.random() < 0.3
        engine.start(source.job(run, COUNTING))
    engine.cancel("run-7")
    latest = time.monotonic() + 120
    while len(engine.finished()) < len(runs) or cluster.jobs:
        assert time.monotonic() < latest
        cluster.outage = dice.choice(OUTAGES + ("",) * 6)
        with suppress(Complaint):
            engine.tick()
            disturb(dice, engine, cluster, runs[1:])
        for run in engine.finished():
            ends.setdefault(run, []).append(engine.state(run))
        if dice.random() < 0.1:
            engine.close()
            engine = Kubernetes(Path(place.root) / "engine", place, reach(config, "smokes"), seconds)
        time.sleep(0.1)

    engine.close()
    assert (count(cluster, "WATCH") > 0) == (seconds > 0)
    assert sorted(ends) == runs
    assert [len(set(seen)) for seen in ends.values()] == [1] * len(runs)
    assert {type(seen[0]) for seen in ends.values()} <= {Finished, Gone}
    assert (ends["run-0"][0], ends["run-7"][0]) == (Finished(), Gone(CANCELLED))
    assert len(cluster.kubelet.ran) == len(set(cluster.kubelet.ran))
    assert cluster.kubelet.pods == {}


def disturb(dice: random.Random, engine: Kubernetes, cluster: KubeServer, runs: list[str]) -> None:
    """Let something happen to one of these, now and then."""
    running = [name for run in runs if (name := f"discharge-{run}") in cluster.kubelet.pods]
    match dice.randrange(15):
        case 0 if running:
            cluster.delete(dice.choice(running))
        case 1 if running:
            cluster.vanish(dice.choice(running))
        case 2:
            engine.cancel(dice.choice(runs))
        case 3:
            cluster.quota = dice.choice([None, 2])


def test_no_token_is_stored_or_sent_anywhere(
    engine: Kubernetes, cluster: KubeServer, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a manifest, not in what is kept, not in the environment of a leg; the job is in no manifest either."""
    monkeypatch.setenv("DISCHARGE_WEBHOOK_SECRET", "5ecret-of-the-app")
    job = source.job(program="#!/bin/sh\nenv\n")
    engine.start(job)
    manifest = json.dumps(cluster.jobs)
    wait_for(engine.finished, engine)

    (seen,) = bundles.read(engine.collect("run-1"), job).seen
    stored = b"".join(path.read_bytes() for path in (tmp_path / "engine").rglob("*") if path.is_file())

    assert isinstance(seen, Observation)
    assert "TMPDIR" in seen.stdout
    assert "5ecret" not in manifest + seen.merged
    assert b"5ecret" not in stored
    assert not [word for word in (job.commit, job.note, "speak.sh") if word in manifest]


def test_a_pod_cannot_reach_what_the_app_keeps(
    engine: Kubernetes, source: Source, place: Place, cluster: KubeServer
) -> None:
    """All that it may write to is one folder; what lies there in place of a bundle, and is none, is not looked into."""
    spoils: tuple[Callable[[Path], None], ...] = (lambda path: path.symlink_to("/etc/passwd"), Path.mkdir)
    for number, spoil in enumerate(spoils, 1):
        engine.start(source.job(f"run-{number}"))
        wait_for(lambda: conditions(cluster, number))  # noqa: B023 - called at once
        bundle = Path(place.root) / f"engine/runs/run-{number}/out/bundle.json"
        bundle.unlink()
        spoil(bundle)
        conditions(cluster, number)[0]["lastTransitionTime"] = ago(61)

        assert gone(engine, f"run-{number}") == "its pod ended well, and left no result" + LAST
        wait_for(lambda: not cluster.jobs, engine)


def test_a_damaged_job_is_gone_with_a_reason(
    engine: Kubernetes, cluster: KubeServer, source: Source, place: Place
) -> None:
    """Before it starts and afterwards; it holds up nobody."""
    cluster.outage = 503
    for run in ("run-1", "run-2"):
        engine.start(source.job(run))
    (Path(place.root) / "engine/runs/run-1/job.json").write_bytes(b"{")
    cluster.outage = ""

    wait_for(lambda: len(engine.finished()) == 2, engine)

    assert gone(engine).startswith("its job cannot be read: the job is no JSON")
    assert engine.state("run-2") == Finished()


def test_what_does_not_lie_on_the_volume_is_not_taken(
    engine: Kubernetes, config: Path, place: Place, source: Source, tmp_path: Path
) -> None:
    """A pod could not see it."""
    with pytest.raises(Unreadable, match="/elsewhere does not lie on the volume that is mounted at"):
        engine.start(source.job(source="/elsewhere"))
    assert engine.finished() == ()
    with (
        pytest.raises(Unreadable, match="the app runs as root, and no pod may"),
        opened(config, replace(place, user=0)),
    ):
        pass


def test_a_missing_client_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to install; and a cluster that nothing names is told too."""
    with pytest.raises(Unreadable, match="no cluster can be reached"):
        reach(tmp_path / "nothing", "smokes")
    with pytest.raises(Unreadable, match="no cluster can be reached"):
        reach(None, "smokes")
    monkeypatch.delitem(sys.modules, "runners.engine.api")
    monkeypatch.setitem(sys.modules, "kubernetes", None)

    with pytest.raises(Unreadable, match=r"needs the package kubernetes.* Install `discharge\[kubernetes\]`") as told:
        reach(None, "smokes")
    assert "needs the package kubernetes" in str(told.value)


def test_a_run_without_an_end_is_not_forgotten(engine: Kubernetes, cluster: KubeServer, source: Source) -> None:
    """Cancel it first; one that nobody knows is forgotten already, whatever its name."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    with pytest.raises(Complaint, match="the run run-1 has no end yet"):
        engine.forget("run-1")
    for name in ("run-2", "../run-1", "", "."):
        engine.forget(name)
        engine.cancel(name)
        assert engine.state(name) == Gone(UNKNOWN)
        with pytest.raises(Unreadable, match="the engine knows no run"):
            engine.job(name)


@pytest.fixture
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what a watch waits for be short; a watch that stood at all did not fail."""
    for name, seconds in (("REST", 0.05), ("BRIEF", 0.0), ("PAUSES", (0.1, 0.5))):
        monkeypatch.setattr(watch, name, seconds)


def tick(engine: Kubernetes) -> list[str]:
    """Let the engine do what is due; what it complains of."""
    try:
        engine.tick()
    except Complaint as complaint:
        return [str(complaint)]
    return []


def calm(cluster: KubeServer, engine: Kubernetes) -> list[str]:
    """Wait until the engine has heard of all that was, and asks for nothing; what it complains of meanwhile."""
    said, before = list[str](), -1
    while before < len(cluster.requests):
        before = len(cluster.requests)
        for _ in range(8):
            time.sleep(0.05)
            said += tick(engine)
    return said


def count(cluster: KubeServer, verb: str = "GET") -> int:
    """Return how often something was asked: what is, or what changes."""
    return sum(request.startswith(verb) for request in cluster.requests)


def voices() -> list[threading.Thread]:
    """Return the threads that listen to a cluster."""
    return [thread for thread in threading.enumerate() if thread.name == "watch"]


@linux
def test_an_event_wakes_the_engine_at_once(
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """It looks once an hour, and still knows within seconds that a machine works, and that it is done."""
    with opened(config, place, 3600.0) as engine:
        assert voices() == []
        begin(engine, source, scratch)
        calm(cluster, engine)
        assert len(voices()) == cluster.watching == 1
        started = time.monotonic()
        (scratch / "go").touch()

        wait_for(engine.finished, engine)
        wait_for(lambda: not cluster.jobs, engine)

    assert time.monotonic() - started < 20


@linux
@pytest.mark.parametrize(("forbidden", "lists"), [("", 20), ("watch_", 120)])
def test_a_watch_saves_most_questions(  # noqa: PLR0913, PLR0917 - a story has as many fixtures as it has parts
    config: Path,
    place: Place,
    cluster: KubeServer,
    source: Source,
    scratch: Path,
    prompt: None,
    monkeypatch: pytest.MonkeyPatch,
    forbidden: str,
    lists: int,
) -> None:
    """Five minutes of a run on which a machine works, second by second: so many lists, and one watch."""
    cluster.forbidden, clock = forbidden, [time.monotonic()]
    monkeypatch.setattr(watch, "PAUSES", (0.1, 3600.0))
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with opened(config, place, pace.PACE) as engine:
        begin(engine, source, scratch)
        calm(cluster, engine)

        assert (ask_for(300, clock, cluster, engine), count(cluster, "WATCH")) == (lists, 1)


def ask_for(seconds: int, clock: list[float], cluster: KubeServer, engine: Kubernetes) -> int:
    """Let time pass for the engine, and return how many lists it asked for."""
    before = count(cluster)
    for _ in range(seconds):
        clock[0] += 1.0
        engine.tick()
    return count(cluster) - before


@pytest.mark.parametrize(("late", "lists"), [("quota", 12), ("bundle", 24)])
def test_what_no_watch_tells_is_asked_as_often_as_without(  # noqa: PLR0913, PLR0917 - as above
    config: Path,
    place: Place,
    cluster: KubeServer,
    source: Source,
    prompt: None,
    monkeypatch: pytest.MonkeyPatch,
    late: str,
    lists: int,
) -> None:
    """A minute in which others fill the quota, or a network file system has not shown the bundle yet."""
    cluster.quota, clock = 0 if late == "quota" else None, [time.monotonic()]
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with opened(config, place, pace.PACE) as engine:
        engine.start(source.job())
        if late == "bundle":
            wait_for(lambda: conditions(cluster))
            bundle = Path(place.root) / "engine/runs/run-1/out/bundle.json"
            bundle.rename(bundle.with_name("elsewhere"))
        engine.tick()
        calm(cluster, engine)

        assert cluster.watching == 1
        assert ask_for(60, clock, cluster, engine) == lists


@linux
def test_a_flood_of_events_is_no_flood_of_lists(
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """Somebody touches a Job a hundred times in two seconds: if it is ours, it is looked once a second."""
    with opened(config, place, 3600.0) as engine:
        begin(engine, source, scratch)
        calm(cluster, engine)
        other = cluster.own({**cluster.jobs[JOB], "metadata": {"name": "strange", "labels": {}}}, "smokes")
        cluster.jobs["strange"] = {**other, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}
        for name, least, most in (("strange", 0, 0.0), (JOB, 2, 1.0)):
            before, started = count(cluster), time.monotonic()
            for number in range(100):
                cluster.jobs[name]["metadata"]["annotations"] = {"touched": str(number)}
                time.sleep(0.02)
                engine.tick()
            assert least <= count(cluster) - before <= 2 * most * (time.monotonic() - started + 1)


@linux
def test_a_watch_that_breaks_is_begun_anew_and_nothing_is_missed(  # noqa: PLR0913, PLR0917 - as above
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path, prompt: None
) -> None:
    """Once in the middle of nothing, once in the moment in which the machine is done; it looks once an hour only."""
    with opened(config, place, 3600.0) as engine:
        begin(engine, source, scratch)
        calm(cluster, engine)
        cluster.cut()
        calm(cluster, engine)
        assert (count(cluster, "WATCH"), cluster.watching) == (2, 1)
        (scratch / "go").touch()
        wait_for(lambda: conditions(cluster))
        cluster.cut()

        wait_for(engine.finished, engine)


def test_what_happens_between_a_list_and_a_watch_is_told(
    engine: Kubernetes, config: Path, cluster: KubeServer, source: Source
) -> None:
    """A watch begins where the list ended, not where the watch does; of what was before, it says nothing."""
    cluster.kubelet.gpus = 0
    engine.start(source.job())
    engine.tick()
    asked = reach(config, "smokes")
    quiet, listed = asked.jobs("").watch(), asked.jobs("")
    cluster.kubelet.end(JOB, "Failed")
    told = listed.watch()

    assert told.wait()
    assert quiet.wait()
    for stream in (told, quiet, asked):
        stream.close()


@linux
@pytest.mark.parametrize("how", ["line", "status"])
def test_a_version_that_is_too_old_has_it_look_anew(  # noqa: PLR0913, PLR0917 - as above
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path, prompt: None, how: str
) -> None:
    """410 Gone, as the first line of a watch or instead of one: a new list, a new watch, no complaint."""
    cluster.forgetful = how
    with opened(config, place, 0.5) as engine:
        begin(engine, source, scratch)

        assert calm(cluster, engine) == []
        assert (count(cluster, "WATCH"), cluster.watching) == (2, 1)


@linux
def test_a_cluster_that_forbids_watching_is_asked_as_before(
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path
) -> None:
    """It is said once, and not tried again for a while; the run is done."""
    cluster.forbidden = "watch_"
    with opened(config, place, 1.0) as engine:
        begin(engine, source, scratch)
        wait_for(lambda: not voices())
        said = calm(cluster, engine) + calm(cluster, engine)
        (scratch / "go").touch()
        wait_for(engine.finished, engine)

        assert engine.state("run-1") == Finished()
    (told,) = said
    assert told == (
        "the cluster cannot be watched, and is asked every few seconds instead: the cluster refuses (403): "
        '`User "app" cannot do that in the namespace "smokes"`.'
    )
    assert count(cluster, "WATCH") == 1


@linux
@pytest.mark.parametrize(("mute", "longest"), [("", 0.5), ("mute", 2.0)])
def test_a_watch_that_says_nothing_keeps_nobody_waiting(  # noqa: PLR0913, PLR0917 - as above
    config: Path, place: Place, cluster: KubeServer, source: Source, scratch: Path, mute: str, longest: float
) -> None:
    """It stands, or its server answers only after the engine was closed: nothing is left open."""
    cluster.mute = bool(mute)
    with opened(config, place, 3600.0) as engine:
        begin(engine, source, scratch)
        wait_for(lambda: cluster.watching == 1)
        time.sleep(0.2)
        started = time.monotonic()

    assert time.monotonic() - started < longest
    cluster.mute = False
    wait_for(lambda: cluster.watching == len(voices()) == 0)


def test_a_watch_is_begun_anew_ever_more_seldom() -> None:
    """One that keeps breaking at once, one that stood for a while, one that is refused."""
    pauses = [0.0]
    for _ in range(8):
        pauses.append(watch.pause(pauses[-1], 0.1, refused=False))

    assert pauses == [0, 5, 10, 20, 40, 80, 160, 300, 300]
    assert watch.pause(300.0, 30.0, refused=False) == 0
    assert watch.pause(0.0, 0.1, refused=True) == 300
