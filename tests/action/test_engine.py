"""The engine `actions` before a sandbox GitHub: one run from its start to the moment when nothing of it is left."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from app.action.engine import Actions
from app.action.hand import Setup
from app.action.look import Rival, count_free
from app.action.shift import Shift
from contracts.error import Complaint, Unreadable
from runners.engine.local import Local
from runners.engine.model import Finished, Gone, Queued, Running
from tests.action.floor import PATH, RUN, Floor, open_floor
from tests.action.test_artifact import pack_far
from tests.app.remote import HELLO
from tests.runners.odd import ODD, spoil

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.action.case import Case

MACHINE = f"{RUN}-m1"


@pytest.fixture
def floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    """A floor on which nothing waits."""
    monkeypatch.setattr("app.action.shift.EVERY", 0.0)
    monkeypatch.setattr("app.action.stage.DOUBT", 0.0)
    with open_floor(tmp_path) as made:
        yield made


def test_a_run_is_carried_and_nothing_is_left(floor: Floor) -> None:
    """A runner of its own, its job, its result; then no machine, no registration and no folder."""
    floor.start()

    (runner,) = floor.runners
    assert (runner["name"], runner["home"], runner["ephemeral"]) == (floor.name(), "acme", True)
    assert set(runner["labels"]) == {floor.name(), "self-hosted", "gpu"}
    assert [job["labels"] for job in floor.jobs] == [[floor.name(), "self-hosted", "gpu"]]
    assert floor.engine.state(RUN) == Queued(1)
    floor.take(floor.boot())
    floor.tick()
    assert isinstance(floor.engine.state(RUN), Running)
    data = floor.hand_over()
    floor.end()
    floor.machines.end(MACHINE)
    floor.tick()
    assert floor.engine.state(RUN) == Finished()
    assert (floor.engine.finished(), floor.engine.collect(RUN)) == ((RUN,), data)
    assert floor.engine.spent(RUN) == 90.0
    floor.engine.forget(RUN)
    assert not floor.engine.knows(RUN)
    floor.tick(2)
    assert (floor.runners, floor.machines.states, floor.left()) == ([], {}, [])


def test_what_a_runner_is_configured_with_is_seen_nowhere(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    """It stands in one file that only this user may read, and in no other, no log, no command line and no sentence."""
    caplog.set_level(logging.DEBUG)
    floor.start()
    secret, path = floor.hidden(), floor.folder / "actions" / "runs" / RUN / "jit-1"

    assert path.stat().st_mode & 0o777 == 0o600
    argv = floor.machines.jobs[MACHINE].smoke.legs[0].argv
    assert argv[1:] == ("-I", "-m", "runners.starter", str(path), "/opt/actions-runner/run.sh")
    others = [one for one in floor.folder.rglob("*") if one.is_file() and one != path]
    assert not [one for one in others if secret[:40].encode() in one.read_bytes()]
    assert secret[:40] not in caplog.text + str(floor.remote.sandbox.jobs(HELLO)) + repr(floor.machines.jobs)
    floor.engine.cancel(RUN)
    floor.tick()
    assert not path.exists()


PROGRAM = """#!/bin/sh
printf '%s' "$ACTIONS_RUNNER_INPUT_JITCONFIG" | sha256sum
sleep 1
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' > "$(dirname "$0")/everybody"
"""


def test_a_real_machine_shows_it_to_the_program_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither its command lines nor what the machine says and leaves has it; the file is gone once it was read."""
    monkeypatch.setattr("app.action.shift.EVERY", 0.0)
    program, repository = tmp_path / "bin" / "run.sh", tmp_path / "repository"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    with open_floor(tmp_path) as floor:
        bring(floor, repository)
        local = Local(tmp_path / "engine")
        setup = Setup(floor.remote.app, sys.executable, str(program))
        engine = Actions(tmp_path / "more", local, floor.remote.access.workshop, setup)
        engine.start(replace(floor.job(), source=str(repository)))
        engine.tick()
        hidden = tmp_path / "more" / "runs" / RUN / "jit-1"
        secret = hidden.read_text()
        latest = time.monotonic() + 60
        while isinstance(local.state(MACHINE), Queued | Running) and time.monotonic() < latest:
            time.sleep(0.05)
        said = local.collect(MACHINE).decode()
        engine.close()
        local.close()

    assert hashlib.sha256(secret.encode()).hexdigest() in said, "the program did not get it"
    assert "runners.worker" in (program.parent / "everybody").read_text()
    kept = [one for folder in ("engine", "more", "bin") for one in (tmp_path / folder).rglob("*") if one.is_file()]
    assert not [one for one in kept if secret[:40].encode() in one.read_bytes()]
    assert secret[:40] not in "".join(capfd.readouterr())
    assert not hidden.exists()


def bring(floor: Floor, folder: Path) -> None:
    """Bring the repository here, as the App's mirror would."""
    address = f"{floor.remote.sandbox.url}/{HELLO}.git"
    for words in (("init", "--quiet"), ("fetch", "--quiet", address, floor.remote.first)):
        folder.mkdir(exist_ok=True)
        subprocess.run(["git", *words], cwd=folder, check=True)


def test_a_run_that_is_cancelled_is_gone_at_once(floor: Floor) -> None:
    """Its machine ends without a look at GitHub; the job, the registration and the folder go with the next tick."""
    floor.start()
    floor.take(floor.boot())
    floor.tick()

    floor.engine.cancel(RUN)

    assert floor.engine.state(RUN) == Gone("it was cancelled")
    assert floor.machines.working == []
    floor.tick()
    assert floor.jobs[0]["conclusion"] in {None, "cancelled"}
    floor.remote.sandbox.lose(floor.runners[0]["id"])
    floor.engine.forget(RUN)
    floor.tick(3)
    assert (floor.runners, floor.left()) == ([], [])
    assert floor.engine.state(RUN) == Gone("this engine knows no such run")


def test_a_result_that_comes_late_or_twice_changes_nothing(floor: Floor) -> None:
    """The first end counts."""
    floor.start()
    floor.take(floor.boot())
    floor.tick()
    floor.engine.cancel(RUN)
    floor.hand_over()

    floor.tick(2)

    assert floor.engine.state(RUN) == Gone("it was cancelled")
    with pytest.raises(Complaint, match="has no bundle: it is gone"):
        floor.engine.collect(RUN)


def test_a_runner_that_dies_is_replaced_once(floor: Floor) -> None:
    """A second one has a new name, a new label and a run of the workflow of its own; the first run is cancelled."""
    floor.start()
    first = floor.boot()
    floor.machines.end(MACHINE)
    floor.remote.sandbox.lose(first)
    floor.tick(3)

    assert [job["labels"][0] for job in floor.jobs] == [floor.name(1), floor.name(2)]
    floor.tick()
    assert floor.jobs[0]["conclusion"] == "cancelled"
    floor.take(floor.boot(2))
    floor.tick()
    data = floor.hand_over()
    floor.end()
    floor.tick()
    assert floor.engine.collect(RUN) == data
    assert floor.engine.spent(RUN) == 180.0


def test_a_machine_without_the_runners_program_says_so(floor: Floor) -> None:
    """Whoever reads the end of the run knows what to mend."""
    floor.machines.failing = True
    floor.start()
    floor.tick(4)

    assert floor.engine.state(RUN) == Gone(
        "its machine ended before the runner began: its program ended with exit status 3; it last said: "
        "`the runner cannot be started: No such file or directory`; no further runner is started after 2"
    )
    floor.tick()
    assert (floor.runners, floor.machines.states, floor.jobs) == ([], {}, [])


def test_a_bomb_of_an_archive_is_not_measured(floor: Floor) -> None:
    """What is larger than a result may be ends the run with a sentence."""
    floor.start()
    floor.take(floor.boot())
    floor.upload(bytes((64 << 20) + 1))
    floor.end()
    floor.tick()

    assert floor.engine.state(RUN) == Gone("the result is larger than 67,108,864 bytes")


def test_github_is_asked_about_a_run_every_thirty_seconds(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred ticks ask nothing; a webhook about the run, or about its runner, makes the next one ask at once."""
    monkeypatch.setattr("app.action.shift.EVERY", 30.0)
    monkeypatch.setattr("app.action.case.REST", 0.0)
    floor.start()
    started = len(floor.remote.routes)
    floor.tick(100)
    quiet = len(floor.remote.routes)
    floor.take(floor.boot())

    floor.engine.nudge(0, frozenset({"gpu"}))
    floor.tick()
    assert len(floor.remote.routes) == started == quiet
    assert started <= 5, floor.remote.routes
    floor.engine.nudge(floor.jobs[0]["run"], frozenset())
    floor.tick()
    assert floor.remote.routes[quiet:] == [
        "GET /orgs/{owner}/actions/runners/{number} 200",
        "GET /repos/{repository}/actions/runs/{run}/jobs?per_page=1 200",
    ]
    assert isinstance(floor.engine.state(RUN), Running)


def test_a_whole_run_asks_a_dozen_requests(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are bounded, tokens apart; and once it ended and is forgotten nothing of it is asked or kept any more."""
    monkeypatch.setattr("app.action.shift.EVERY", 30.0)
    monkeypatch.setattr("app.action.case.REST", 0.0)

    def go_on() -> int:
        floor.engine.nudge(floor.jobs[0]["run"], frozenset())
        floor.tick()
        return len(floor.remote.routes)

    floor.start()
    floor.take(floor.boot())
    taken = go_on()
    floor.hand_over()
    floor.end()
    ended = go_on()
    floor.engine.forget(RUN)
    floor.tick(2)

    assert floor.engine.state(RUN) == Gone("this engine knows no such run")
    assert (floor.left(), floor.runners, len(floor.remote.routes)) == ([], [], ended)
    assert (taken, ended) == (5, 11), floor.remote.routes


@pytest.mark.parametrize("granted", [True, False])
def test_the_repository_registers_where_the_organization_does_not(tmp_path: Path, *, granted: bool) -> None:
    """Without the permission of the organization that of the repository will do; without both, a sentence says so."""
    with open_floor(tmp_path) as floor:
        (installation,) = floor.remote.sandbox.world.installations.values()
        installation.permissions.pop("organization_self_hosted_runners")
        if not granted:
            installation.permissions.pop("administration")
        floor.start()

        state = floor.engine.state(RUN)
        assert isinstance(state, Queued if granted else Gone)
        assert [runner["home"] for runner in floor.runners] == [HELLO] * granted
        if isinstance(state, Gone):
            assert "“Self-hosted runners: write” of the organization, or “Administration: write”" in state.reason
            assert "runner group 1 must admit the repository" in state.reason
            assert floor.engine.finished() == (RUN,)


@pytest.mark.parametrize(("group", "usable"), [(7, True), (7, False), (8, False)])
def test_a_group_is_the_operators_choice(tmp_path: Path, group: int, *, usable: bool) -> None:
    """A runner joins it; where it cannot be used the repository's own group is tried, which is always there."""
    with open_floor(tmp_path, group=group) as floor:
        floor.remote.sandbox.group("acme", 7, usable=usable)
        floor.start()

        assert [runner["home"] for runner in floor.runners] == ["acme" if usable else HELLO]


def test_without_the_workflow_nothing_is_left_waiting(floor: Floor) -> None:
    """A sentence names the file, and the runner that was registered goes away again."""
    floor.remote.sandbox.push(HELLO, "main", {PATH: None})
    floor.start()

    state = floor.engine.state(RUN)
    assert isinstance(state, Gone)
    assert "no workflow `.github/workflows/discharge-smoke.yml` on the default branch" in state.reason
    floor.tick()
    assert (floor.runners, floor.machines.states) == ([], {})


def test_a_second_process_goes_on_where_the_first_ended(floor: Floor) -> None:
    """Whatever was remembered is enough; and a name that is registered already gives way to the new one."""
    floor.start()
    record = floor.folder / "actions" / "runs" / RUN / "record.json"
    saved = json.loads(record.read_text())
    forgot = {**saved["attempts"][0], "runner": 0, "level": "", "handed": False, "asked": 0.0, "workflow": 0}
    record.write_text(json.dumps({**saved, "attempts": [{**forgot, "promised": 0.0}]}))

    floor.tick()

    assert [runner["name"] for runner in floor.runners] == [floor.name()]
    assert len(floor.machines.jobs) == 1


def test_a_machine_that_waits_costs_no_request(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workflow is dispatched when the machine begins, and the watchdog's minutes begin then."""
    monkeypatch.setattr("app.action.shift.EVERY", 30.0)
    floor.machines.slow = True
    floor.start()
    before = len(floor.remote.routes)
    floor.tick(20)
    assert (floor.jobs, len(floor.remote.routes)) == ([], before)

    floor.machines.states[MACHINE] = Running(time.time())
    floor.tick()
    assert len(floor.jobs) == 1


def test_no_machine_online_parks_a_run_until_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as such, calls somebody to wake one, spends nothing, and goes on by itself; then it may sleep."""
    monkeypatch.setattr("app.action.shift.EVERY", 0.0)
    called: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr("app.action.hand.call", lambda *words: called.append(words))
    with open_floor(tmp_path, wake=("wake", "box"), sleep=("sleep", "box")) as floor:
        kept = floor.remote.sandbox.register(HELLO, "box", ["self-hosted", "Linux", "GPU"], online=False)
        floor.start(kind="registered")
        floor.tick(3)

        assert floor.engine.state(RUN) == Queued(1, ("gpu",))
        assert floor.engine.news() == ((RUN, 1, "parked"),)
        floor.engine.mark(RUN, 1, "parked")
        assert (floor.engine.news(), floor.jobs, floor.engine.spent(RUN)) == ((), [], 0.0)
        assert called == [("wake", ("wake", "box"))]

        floor.remote.sandbox.switch(kept, online=True)
        floor.tick(2)
        assert floor.engine.news() == ((RUN, 2, "queued"),)
        assert [job["labels"] for job in floor.jobs] == [["gpu"]]
        floor.take(kept)
        floor.tick()
        assert floor.engine.news() == ((RUN, 2, "working"),)
        data = floor.hand_over()
        floor.end()
        floor.tick()
        assert floor.engine.collect(RUN) == data
        assert floor.engine.spent(RUN) < 30
        floor.engine.forget(RUN)
        floor.tick(2)
        assert called[1:] == [("sleep", ("sleep", "box"))]
        assert ([runner["name"] for runner in floor.runners], floor.left()) == (["box"], [])


def test_two_runs_do_not_count_on_the_same_idle_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits until the first is done, and no watchdog counts its minutes."""
    monkeypatch.setattr("app.action.shift.EVERY", 0.0)
    with open_floor(tmp_path) as floor:
        floor.remote.sandbox.register("acme", "box", ["self-hosted", "gpu"])
        for run in (RUN, "fedcba9876543210"):
            floor.start(run, "registered")
        floor.tick(2)

        assert len(floor.jobs) == 1
        assert floor.engine.state("fedcba9876543210") == Queued(2)
        assert floor.engine.waiting() == 2


def test_a_run_for_other_labels_waits_for_no_stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The idle machine for one is none that a run for other labels, dispatched before, could take."""
    monkeypatch.setattr("app.action.shift.EVERY", 0.0)
    with open_floor(tmp_path) as floor:
        floor.remote.sandbox.register("acme", "mac", ["self-hosted", "mac"])
        floor.remote.sandbox.register("acme", "box", ["self-hosted", "gpu"])
        for run, label in ((RUN, "mac"), ("fedcba9876543210", "gpu"), ("aaaaaaaaaaaaaaaa", "gpu")):
            floor.start(run, "registered", (label,))
        floor.tick(2)

        assert [job["labels"] for job in floor.jobs] == [["mac"], ["gpu"]]


def test_only_what_could_take_a_runner_counts_as_waiting_for_it() -> None:
    """A runner of a repository is for that alone; one of an organization is for all; it needs every label."""
    small, large = frozenset({"gpu"}), frozenset({"gpu", "h200"})

    assert count_free([("organization", small)], [Rival(large, same=True)]) == 1
    assert count_free([("organization", large)], [Rival(small, same=False)]) == 0
    assert count_free([("repository", large)], [Rival(small, same=False)]) == 1
    assert count_free([("repository", small), ("organization", large)], [Rival(small, same=True)]) == 1
    assert count_free([], [Rival(small, same=True)]) == 0


@pytest.mark.parametrize("kind", ["bad_gateway", "bad_gateway_after", "reset_after"])
@pytest.mark.parametrize("path", ["generate-jitconfig$", "dispatches$"])
def test_an_answer_that_is_lost_makes_nothing_twice(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    """The tick says what is wrong; what may have happened is looked for, and there is one runner and one job."""
    floor.remote.sandbox.fault(kind, method="POST", path=path)
    floor.engine.start(floor.job())
    with pytest.raises(Complaint, match="runs on GitHub Actions are held up: 0123456789abcdef: GitHub is busy"):
        floor.tick()
    assert floor.engine.state(RUN) == Queued(1)

    if kind == "bad_gateway":
        monkeypatch.setattr("app.action.stage.LOST_ANSWER", -1.0)
    floor.tick(3)

    assert ([runner["name"] for runner in floor.runners], len(floor.jobs)) == ([floor.name()], 1)


def test_an_answer_that_nobody_can_read_ends_nothing(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is logged and told, and the run goes on once GitHub speaks as it should; after days it is gone."""
    floor.start()
    monkeypatch.setattr("app.hub.fleet._read", lambda one: one["nothing of the kind"])
    with capture_logs(), pytest.raises(Complaint, match=r"it cannot be followed \(KeyError\)"):
        floor.tick()
    assert floor.engine.state(RUN) == Queued(1)

    monkeypatch.setattr("app.action.shift.DAY", -1e9)
    with capture_logs(), pytest.raises(Complaint):
        floor.tick()
    assert floor.engine.state(RUN) == Gone("for too long GitHub could not be asked about it")


def test_an_archive_that_somebody_made_up_ends_its_run_alone(floor: Floor) -> None:
    """The run is gone with a sentence, the next one is carried, and nobody is held up."""
    floor.start()
    floor.take(floor.boot())
    floor.tick()
    floor.remote.sandbox.upload(HELLO, floor.jobs[-1]["run"], f"discharge-{RUN}", pack_far(1 << 63))
    floor.end()
    floor.machines.end(MACHINE)
    floor.start("fedcba9876543210")

    assert "OverflowError" in str(floor.engine.state(RUN))
    assert floor.engine.finished() == (RUN,)
    assert floor.engine.state("fedcba9876543210") == Queued(1)
    assert len(floor.jobs) == 2


def test_whatever_one_run_brings_about_the_others_go_on(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody thought of is told with its run, after the others; who waited longest comes first."""
    runs = ["a" * 16, "b" * 16, "c" * 16]
    for run in runs:
        floor.start(run)
    for age, run in enumerate(runs):
        path = floor.folder / "actions" / "runs" / run / "looked"
        os.utime(path, (time.time(), time.time() - 1000 * (age + 1)))
        (path.parent / "nudged").unlink(missing_ok=True)
    seen = []

    def serve(_: Shift, case: Case) -> None:
        seen.append(case.run)
        if case.run == runs[2]:
            raise OverflowError("cannot convert float infinity to integer")

    monkeypatch.setattr(Shift, "serve", serve)
    with capture_logs() as lines, pytest.raises(Complaint, match=r"c{16}: it cannot be followed \(OverflowError\)"):
        floor.tick()

    assert seen == runs[::-1]
    assert [line["run"] for line in lines] == [runs[2]]


def test_what_was_damaged_is_gone(floor: Floor) -> None:
    """A record that cannot be read ends the run, and holds up no other."""
    floor.start()
    (floor.folder / "actions" / "runs" / RUN / "record.json").write_text("{}")
    floor.start("fedcba9876543210")

    assert floor.engine.state(RUN) == Gone("what is kept of it was damaged")
    assert floor.engine.state("fedcba9876543210") == Queued(1)
    assert floor.engine.finished() == (RUN,)
    floor.engine.forget(RUN)
    floor.tick()
    assert floor.left() == ["fedcba9876543210"]


def test_a_damaged_record_leaves_no_machine(floor: Floor) -> None:
    """Machines are known by their names, whatever became of the record: none works for nobody."""
    floor.start()
    floor.take(floor.boot())
    floor.tick()
    (floor.folder / "actions" / "runs" / RUN / "record.json").write_bytes(b"\xff{")
    assert floor.machines.working == [MACHINE]
    floor.engine.cancel(RUN)
    floor.tick()
    floor.engine.forget(RUN)
    floor.tick()

    assert (floor.machines.states, floor.left(), floor.engine.claim().names) == ({}, [], frozenset())


@pytest.mark.parametrize("odd", ["a file", "an end"])
def test_an_odd_name_on_the_disk_holds_nobody_up(floor: Floor, odd: str) -> None:
    """A file among the folders of runs is none, and a folder where an end should stand is a damaged end."""
    other, runs = "fedcba9876543210", floor.folder / "actions" / "runs"
    floor.start()
    if odd == "a file":
        (runs / other).write_text("x")
    else:
        (runs / RUN / "end").mkdir()
    floor.tick()

    ended = () if odd == "a file" else (RUN,)
    assert floor.engine.state(RUN) == (Queued(1) if odd == "a file" else Gone("its end was damaged"))
    assert (floor.engine.finished(), floor.engine.state(other)) == (ended, Gone("this engine knows no such run"))
    assert (floor.engine.waiting(), len(floor.engine.news())) == (0, 0)
    if odd == "a file":
        with pytest.raises(Complaint, match="cannot be stored"):
            floor.start(other)
    else:
        floor.engine.forget(RUN)
        floor.tick(2)
        assert floor.left() == []


@pytest.mark.parametrize(
    "name", ["told", "looked", "nudged", "record.json", "bundle.json", "end", "job.json", "jit-1", "number", "begun"]
)
def test_odd_things_in_a_folder_trouble_one_run_at_most(floor: Floor, name: str) -> None:
    """Whatever lies where a file should be: nobody waits for it, the other run goes on, and nothing is left of it."""
    odd, other = {str(number) * 16: kind for number, kind in enumerate(ODD)}, "fedcba9876543210"
    for run, kind in odd.items():
        floor.start(run)
        spoil(floor.folder / "actions" / "runs" / run / name, kind)
        floor.engine.nudge(0, frozenset({floor.name(run=run)}))
    floor.start(other)

    assert isinstance(floor.engine.state(other), Queued)
    assert f"{other}-m1" in floor.machines.jobs
    assert other in str(floor.jobs[-1]["labels"])
    ended = {"record.json": Gone, "job.json": Gone, "end": Gone, "bundle.json": Finished}.get(name, Queued)
    assert {type(floor.engine.state(run)) for run in odd} == {ended}
    assert (min(floor.engine.spent(run) for run in odd) >= 0, floor.engine.waiting()) == (True, 0)
    for run in (*odd, other):
        floor.engine.cancel(run)
        floor.engine.forget(run)
    floor.tick(2)
    assert (floor.left(), floor.machines.working) == ([], [])


def test_people_are_told_of_others_where_one_folder_cannot_take_it(floor: Floor) -> None:
    """It is one run's complaint that nobody can remember what was said of it."""
    floor.start()
    spoil(floor.folder / "actions" / "runs" / RUN / "told", "a folder")

    with pytest.raises(Complaint, match=f"what happens to the run {RUN} cannot be written down: Is a directory"):
        floor.engine.mark(RUN, 1, "running")
    for kind in ODD.keys() - {"a folder"}:
        spoil(floor.folder / "actions" / "runs" / RUN / "told", kind)
        floor.engine.mark(RUN, 1, "running")


def test_a_runner_that_cannot_be_hidden_is_not_kept(floor: Floor) -> None:
    """Where its configuration cannot lie, the run is gone, and GitHub forgets the runner."""
    floor.engine.start(floor.job())
    spoil(floor.folder / "actions" / "runs" / RUN / "jit-1", "a folder")
    floor.tick(2)

    assert floor.engine.state(RUN) == Gone("what is kept of it was damaged")
    floor.engine.forget(RUN)
    floor.tick(2)
    assert (floor.left(), floor.runners, floor.machines.states) == ([], [], {})


def test_a_run_is_taken_once_and_forgotten_after_its_end(floor: Floor) -> None:
    """The same run again is no second one, nor is it while the first is cleared away; nobody knows another."""
    floor.start()
    floor.engine.start(floor.job())
    with pytest.raises(Complaint, match="has no end yet"):
        floor.engine.forget(RUN)
    floor.engine.cancel(RUN)
    floor.engine.forget(RUN)
    with pytest.raises(Complaint, match="an earlier run 0123456789abcdef is still being cleared away"):
        floor.engine.start(floor.job())

    for ask in (floor.engine.job, floor.engine.note):
        with pytest.raises(Unreadable, match="the engine knows no run"):
            ask("nobody")
    for act in (floor.engine.cancel, floor.engine.forget):
        act("nobody")
    assert (floor.engine.spent("nobody"), len(floor.machines.jobs)) == (0.0, 1)


def test_an_app_that_is_shut_out_lets_its_machines_end(floor: Floor) -> None:
    """Where GitHub does not let the App look any more, the run is gone, and nothing works on."""
    floor.start()
    floor.take(floor.boot())
    floor.tick()
    (installation,) = floor.remote.sandbox.world.installations.values()
    installation.permissions.pop("actions")
    floor.remote.sandbox.world.tokens.clear()
    floor.tick()

    state = floor.engine.state(RUN)
    assert isinstance(state, Gone)
    assert "it needs “Actions: write”" in state.reason
    assert floor.machines.working == []
