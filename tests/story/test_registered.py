"""Stories of smokes on a machine that people keep: parked while it sleeps, told as such, and gone on with by itself."""

from __future__ import annotations

import base64
import re
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runners import bundle as bundles
from runners import job as jobs
from tests.story.conftest import hurrying
from tests.story.stage import AUTO, SPEAK, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKFLOW = ".github/workflows/discharge-smoke.yml"
SHIPPED = {WORKFLOW: (Path(__file__).resolve().parents[2] / "runners" / "discharge-smoke.yml").read_text()}
KEPT = SPEAK.replace("    timeout:", "    runner: {engine: registered, labels: [GPU]}\n    timeout:")
BUDGET = "budget: {gpu_minutes_per_day: 10}\n"
HASTE = {"EVERY": 0.2, "REST": 0.1, "BEAT": 0.1}
"""What takes seconds at a real GitHub, in seconds."""


class Kept(Stage):
    """A stage that is quiet once no run is on GitHub Actions, either."""

    def _is_quiet(self) -> bool:
        runs = self.folder / "data" / "actions" / "runs"
        return super()._is_quiet() and not any(runs.glob("[!.]*"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of its own, which looks at GitHub more often than one that others share; those rest meanwhile."""
    folder = tmp_path_factory.mktemp("kept")
    with hurrying(folder, HASTE), Kept(folder) as made:
        yield made


@pytest.fixture
def stage(home: Stage, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The stage with an owner of its own for this story."""
    home.name = f"{re.sub('[^a-z]+', '-', request.node.name.removeprefix('test_'))[:30].strip('-')}/speak"
    home.begin_story()
    yield home
    home.settle()
    home.end_story()


def wait(ready: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    latest = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < latest, what
        time.sleep(0.05)


def find_waiting(stage: Stage, words: str) -> str:
    """Return the status comment once it has these words."""

    def told() -> bool:
        pull = stage.pulls()[1]
        return any(words in comment["body"] for comment in pull["comments"])

    wait(told, f"nobody is told {words}")
    return stage.status(1)


def serve(stage: Stage, runner: int) -> None:
    """Let a kept runner take the job, and hand over that it broke."""
    wait(lambda: stage.sandbox.take(runner), "there is no job")
    (work,) = stage.sandbox.jobs(stage.name)
    find_waiting(stage, "- Runs on a machine")
    job = jobs.read(base64.b64decode(work["inputs"]["job"]))
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bundle", bundles.write(bundles.fail(job, "the fan broke")))
    stage.sandbox.upload(stage.name, work["run"], f"discharge-{job.run}", packed.getvalue())
    stage.sandbox.finish_job(stage.name, work["id"])


def test_a_smoke_waits_for_a_machine_that_sleeps(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """People read what it waits for and that nothing is spent; then that it runs; then what came of it."""
    stage.found(SHIPPED, landed=True, config=KEPT + AUTO + BUDGET)
    box = stage.sandbox.register(stage.name, "box", ["self-hosted", "gpu"], online=False)

    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-maintainer")
    parked = find_waiting(stage, "is online")

    golden("registered-parked.md", parked)
    (check,) = stage.checks("discharge smoke speak")
    assert (check["status"], check["title"]) == ("queued", "FALSIFY-SPEAK-001: waiting for `gpu`")
    assert stage.sandbox.jobs(stage.name) == []

    stage.sandbox.switch(box, online=True)
    serve(stage, box)
    stage.settle()

    golden("registered-status.md", stage.status(1))
    (check,) = stage.checks("discharge smoke speak")
    assert (check["status"], check["conclusion"]) == ("completed", "neutral")


def test_a_parked_smoke_is_cancelled(stage: Stage) -> None:
    """Nothing was dispatched, and nothing is."""
    stage.found(SHIPPED, landed=True, config=KEPT + AUTO)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-maintainer")
    find_waiting(stage, "waiting for `gpu`")

    stage.sandbox.comment(stage.name, 1, "/status", by="octo-maintainer")
    find_waiting(stage, "waits until a machine with the labels `gpu` is online; nothing is spent")
    stage.say(1, "/cancel")

    assert "· cancelled" in stage.status(1)
    assert stage.sandbox.jobs(stage.name) == []


def test_an_engine_that_is_not_served_is_refused(stage: Stage) -> None:
    """Before anything starts, with those that are."""
    stage.found(SHIPPED, landed=True, config=KEPT.replace("registered", "slurm") + AUTO)

    stage.say(1, "/discharge SPEAK-001")

    assert "the smoke speak asks for the engine slurm, and here serve local, registered and actions" in stage.status(1)
    assert stage.checks("discharge smoke speak") == []
