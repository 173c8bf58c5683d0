"""Stories of discharges whose legs run in a job of GitHub Actions: on a runner started for it, or one that people keep.

The runner is a stand-in; in one story it carries out the shipped workflow by `act`, in the others it does what the
workflow says by itself, or what no runner should. Nothing of any story is left: no machine, no registration.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from app.sandbox.remote import Remote
from tests.app.stage import FOLDER, PROGRAM_PATH
from tests.peers.quickrunner import serve
from tests.peers.standin import ROOT, Standin, write_program
from tests.runners.source import lives
from tests.story.conftest import hurrying
from tests.story.stage import AUTO, SPEAK, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.sandbox.model import Exchange
    from app.web.settings import Settings

WORKFLOW = ".github/workflows/discharge-smoke.yml"
SHIPPED = {WORKFLOW: (ROOT / "runners" / "discharge-smoke.yml").read_text(encoding="utf-8")}
OTHER, FOREIGN = ".github/workflows/train.yml", "on: workflow_dispatch\njobs: {train: {runs-on: [self-hosted, gpu]}}\n"
ON_ACTIONS = SPEAK.replace("    timeout:", "    runner: {engine: actions, labels: [GPU]}\n    timeout:")
KEPT = ON_ACTIONS.replace("engine: actions", "engine: registered")
HASTE = {"EVERY": 0.3, "DOUBT": 0.3, "LAST_WORDS": 1.0, "LOST_ANSWER": 1.0, "REST": 0.1, "BEAT": 0.1}
"""What takes seconds to minutes at a real GitHub, in seconds."""


@dataclass
class House(Stage):
    """A stage whose machines start stand-ins for GitHub's runner."""

    @property
    def settings(self) -> Settings:
        """The operator's settings."""
        wake, sleep = (("touch", str(self.folder / name)) for name in ("woken", "asleep"))
        return replace(super().settings, runner_program=str(self.program), gpu_slots=2, wake=wake, sleep=sleep)

    @property
    def program(self) -> Path:
        """What a machine starts."""
        return self.folder / "run.sh"

    def hire(self, *ways: str) -> None:
        """Let the next runners do what is said, and those after them work."""
        (self.folder / "ways").write_text("\n".join(ways), encoding="utf-8")
        for name in ("go", "leg", "woken", "asleep"):
            (self.folder / name).unlink(missing_ok=True)

    def keep(self, way: str = "") -> None:
        """Have the owner keep a machine online; it does one job, and stays."""
        number = self.sandbox.register(self.name.partition("/")[0], "desk", ["self-hosted", "gpu"])
        runner = Standin(Remote(self.sandbox.url), number, "desk", "")
        threading.Thread(target=lambda: serve(runner, runner.wait(), way, self.folder), daemon=True).start()

    def overhear(self) -> list[bytes]:
        """Return a list to which everything is added from now on that a runner is configured with."""
        heard: list[bytes] = []

        def listen(exchange: Exchange) -> None:
            if exchange.path.endswith("/generate-jitconfig") and exchange.status == 201:
                heard.append(json.loads(exchange.answer)["encoded_jit_config"].encode())

        self.sandbox.world.on_exchange.append(listen)
        return heard

    def runner(self) -> int:
        """Return the id of the one runner that is busy."""
        (found,) = [each["id"] for each in self.sandbox.runners() if each["busy"]]
        return int(found)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self._wait(ready, "it does not come about")

    def _is_quiet(self) -> bool:
        runs = self.folder / "data" / "actions" / "runs"
        return super()._is_quiet() and not any(runs.glob("[!.]*"))


def conclude(house: House) -> tuple[str, list[str]]:
    """Return how the run's one check ended, and the branches of what was discharged and merged."""
    (check,) = house.checks("discharge smoke speak")
    merged = [pull["branch"] for pull in house.pulls().values() if pull["merged"] and pull["branch"] != "before"]
    return str(check["conclusion"]), merged


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that the stories of this file share, because starting it takes seconds."""
    folder = tmp_path_factory.mktemp("house")
    with hurrying(folder, HASTE), House(folder) as made:
        yield made


@pytest.fixture
def house(home: House, request: pytest.FixtureRequest) -> Iterator[House]:
    """The shared house, with an owner of its own for this story; at its end no machine and no registration is left."""
    short = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:28].strip("-")
    home.name = f"{short}-{hashlib.sha256(request.node.name.encode()).hexdigest()[:4]}/speak"
    home.begin_story()
    home.sandbox.world.runners.clear()  # those that people kept in other stories
    home.hire()
    write_program(home.program, "tests.peers.quickrunner", str(home.folder))
    yield home
    home.settle()
    home.end_story()
    assert [each for each in home.sandbox.runners() if each["ephemeral"]] == []
    assert not any((home.folder / "data" / "engine" / "runs").iterdir())


def test_a_discharge_is_measured_by_the_shipped_workflow(house: House) -> None:
    """A comment becomes a runner, a workflow, an artifact, a verdict, and a merged pull request; by `act`."""
    write_program(house.program, "tests.peers.actrunner")
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO)
    secrets = house.overhear()

    house.say(1, "/discharge SPEAK-001")

    pull = house.pull("discharge/")
    assert (pull["author"], pull["merged"]) == ("discharge[bot]", True)
    (check,) = house.checks("discharge smoke speak")
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert house.read(f"{FOLDER}/default-smoke.log") == "hello, world\n"
    (job,) = house.sandbox.jobs(house.name)
    assert (job["conclusion"], job["labels"][1:]) == ("success", ["self-hosted", "gpu"])
    (app,) = house.sandbox.world.apps
    assert re.fullmatch(rf"discharge-{app}-[0-9a-f]+-1", job["labels"][0])
    (run,) = house.sandbox.world.repository(house.name).runs.values()
    (artifact,) = run.artifacts
    assert zipfile.ZipFile(BytesIO(artifact.data)).namelist() == ["bundle"]
    kept = [path.read_bytes() for path in (house.folder / "data").rglob("*") if path.is_file()]
    said = json.dumps([house.sandbox.snapshot(house.name), job]).encode()
    assert len(secrets) == 1
    assert not any(secret in text for secret in secrets for text in (*kept, said, artifact.data))


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        (("never registers", "dies"), "no further runner is started after 2"),
        (("lies",), "the bundle"),
        (("sends a bomb",), "the result is larger than 67,108,864 bytes"),
    ],
    ids=["dies", "lies", "bomb"],
)
def test_a_runner_that_is_none_measures_nothing(house: House, ways: tuple[str, ...], said: str) -> None:
    """One that never comes online and one that dies, one that claims a verdict, one whose archive is a bomb."""
    house.hire(*ways)
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO)

    house.say(1, "/discharge SPEAK-001")

    assert said in house.status(1)
    assert conclude(house) == ("neutral", [])


def test_a_runner_that_never_takes_the_job_is_not_waited_for(house: House) -> None:
    """It is online, and that is all: after the time that the configuration states nobody waits any more."""
    house.hire("never takes a job")
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO + "budget: {queue_watchdog: 3s}\n")

    house.say(1, "/discharge SPEAK-001")

    assert "no runner with the labels `self-hosted`, `gpu` took the job within 0.05 minutes" in house.status(1)
    assert conclude(house) == ("neutral", [])
    assert [job["conclusion"] for job in house.sandbox.jobs(house.name)] == ["cancelled"]


def test_what_is_missing_on_github_is_named(house: House, golden: Callable[[str, str], None]) -> None:
    """The app may not register runners; later it may, and the workflow does not stand on the default branch."""
    house.found(landed=True, config=ON_ACTIONS + AUTO)
    granted = house.sandbox.world.installations[house.installation].permissions
    lacking = {name: granted.pop(name) for name in ("administration", "organization_self_hosted_runners")}
    house.say(1, "/discharge SPEAK-001")
    granted |= lacking
    house.say(1, "/discharge SPEAK-002")

    golden("actions-missing.md", house.status(1))
    assert [pull["branch"] for pull in house.pulls().values()] == ["before"]


def test_a_runner_that_dies_is_replaced_once(house: House) -> None:
    """It was online, and is gone before it took the job: a new runner with a new name and label does."""
    house.hire("dies")
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO)

    house.say(1, "/discharge SPEAK-001")

    assert conclude(house) == ("success", ["discharge/speak-v1/v1.3.0"])
    first, second = house.sandbox.jobs(house.name)
    assert (first["conclusion"], second["conclusion"]) == ("cancelled", "success")
    assert {job["labels"][0][-2:] for job in (first, second)} == {"-1", "-2"}


def test_a_runner_that_takes_another_job_is_left_to_it(house: House) -> None:
    """Its labels fit a job of somebody's that waited longer: that is never ended, and another runner is started."""
    house.found({**SHIPPED, OTHER: FOREIGN}, landed=True, config=ON_ACTIONS + AUTO)
    house.sandbox.dispatch(house.name, "train.yml", {})

    house.sandbox.comment(house.name, 1, "/discharge SPEAK-001")
    house.wait_for("forget run")

    assert [job["status"] for job in house.sandbox.jobs(house.name) if job["name"] == "train"] == ["in_progress"]
    (house.folder / "go").touch()
    house.settle()
    assert [job["conclusion"] for job in house.sandbox.jobs(house.name) if job["name"] == "train"] == ["success"]
    assert conclude(house) == ("success", ["discharge/speak-v1/v1.3.0"])


def test_an_end_that_is_told_twice_or_not_at_all_counts_once(house: House) -> None:
    """No webhook about the job arrives: a look finds out. Then all arrive twice, and the runner ends its job twice."""
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO)
    house.sandbox.drop("workflow_job", 3)
    house.say(1, "/discharge SPEAK-001")
    assert conclude(house) == ("success", ["discharge/speak-v1/v1.3.0"])
    lost = [each for each in house.sandbox.deliveries() if each["event"] == "workflow_job"]
    assert [each["code"] for each in lost[-3:]] == [0, 0, 0]

    house.hire("finishes twice")
    house.sandbox.duplicate(7)
    try:
        house.say(1, "/discharge SPEAK-002")
    finally:
        house.sandbox.duplicate(None)

    merged = [pull["branch"] for pull in house.pulls().values() if pull["merged"]]
    found = [branch for branch in merged if branch.startswith("discharge/")]
    assert found == ["discharge/speak-v1/v1.3.0", "discharge/speak-v1/v1.4.0"]


def test_a_runner_that_is_killed_busy_is_not_waited_for(house: House) -> None:
    """GitHub notices after minutes, and says that the job failed: nothing was measured, nothing stays registered."""
    house.hire("is killed")
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO)

    house.sandbox.comment(house.name, 1, "/discharge SPEAK-001")
    house.wait_until(lambda: [job["status"] for job in house.sandbox.jobs(house.name)] == ["in_progress"])
    house.sandbox.lose(house.runner())
    house.settle()

    assert "the job ended on GitHub" in house.status(1)
    assert conclude(house) == ("neutral", [])


def test_a_cancelled_run_ends_its_leg_at_once(house: House) -> None:
    """Machine, runner, workflow and leg; what GitHub needs minutes for is waited for in the background."""
    leg = house.folder / "leg"
    program = f'#!/bin/sh\necho $$ > "{leg}"\nexec sleep 60\n'
    house.found({**SHIPPED, PROGRAM_PATH: program}, landed=True, config=ON_ACTIONS + AUTO)
    house.sandbox.comment(house.name, 1, "/discharge SPEAK-001")
    house.wait_until(lambda: leg.exists() and bool(leg.read_text().strip()))
    asked = time.monotonic()

    house.sandbox.comment(house.name, 1, "/cancel")
    house.wait_until(lambda: not lives(int(leg.read_text())))

    assert time.monotonic() - asked < 10
    (job,) = house.sandbox.jobs(house.name)
    house.wait_until(lambda: house.sandbox.is_cancelled(house.name, job["id"]))
    house.sandbox.lose(house.runner())
    house.settle()
    assert "· cancelled" in house.status(1)
    assert conclude(house) == ("cancelled", [])
    assert [job["conclusion"] for job in house.sandbox.jobs(house.name)] == ["cancelled"]


def test_a_run_waits_for_a_machine_that_people_keep(house: House, golden: Callable[[str, str], None]) -> None:
    """None is online: it is told what is waited for, and one is woken. Once one is there it goes on by itself."""
    house.found(SHIPPED, landed=True, config=KEPT + AUTO)

    house.sandbox.comment(house.name, 1, "/discharge SPEAK-001")
    house.wait_for("write a comment")
    house.wait_until(lambda: "waiting for `gpu`" in house.status(1))
    golden("actions-waiting.md", house.status(1))
    house.wait_until((house.folder / "woken").exists)
    assert house.sandbox.jobs(house.name) == []
    house.keep()
    house.settle()

    assert conclude(house) == ("success", ["discharge/speak-v1/v1.3.0"])
    assert (house.folder / "asleep").exists()


def test_a_result_that_comes_after_the_end_changes_nothing(house: House) -> None:
    """A machine that people keep is not ours to end: it reports, late, on a run that was cancelled."""
    house.found(SHIPPED, landed=True, config=KEPT + AUTO)
    house.keep("reports late")
    house.sandbox.comment(house.name, 1, "/discharge SPEAK-001")
    house.wait_until(lambda: [job["status"] for job in house.sandbox.jobs(house.name)] == ["in_progress"])
    house.sandbox.comment(house.name, 1, "/cancel")
    house.wait_until(lambda: "· cancelled" in house.status(1))

    (house.folder / "go").touch()
    house.settle()

    (run,) = house.sandbox.world.repository(house.name).runs.values()
    assert (run.conclusion, len(run.artifacts)) == ("success", 1)
    assert conclude(house) == ("cancelled", [])
    assert [each["name"] for each in house.sandbox.runners()] == ["desk"]
