"""Stories of discharges whose legs run in a job of GitHub Actions: on a runner started for it, or one that people keep.

The runner is a stand-in; in one story it carries out the shipped workflow by `act`, in the others it does what the
workflow says by itself, or what no runner should. Nothing of any story is left: no machine, no registration.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from app.action import case, leftover, look, shift
from app.action import stage as decisions
from tests.app.stage import FOLDER
from tests.peers.standin import ROOT, write_program
from tests.story.conftest import set_day
from tests.story.stage import AUTO, SPEAK, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.web.settings import Settings

WORKFLOW = ".github/workflows/discharge-smoke.yml"
SHIPPED = {WORKFLOW: (ROOT / "runners" / "discharge-smoke.yml").read_text(encoding="utf-8")}
ON_ACTIONS = SPEAK.replace("    timeout:", "    runner: {engine: actions, labels: [GPU]}\n    timeout:")
HASTE = {"EVERY": 0.3, "DOUBT": 0.3, "LAST_WORDS": 1.0, "REST": 0.1, "BEAT": 0.1}
"""What takes seconds to minutes at a real GitHub, in seconds."""


@dataclass
class House(Stage):
    """A stage whose machines start stand-ins for GitHub's runner."""

    @property
    def settings(self) -> Settings:
        """The operator's settings."""
        return replace(super().settings, runner_program=str(self.program), gpu_slots=2)

    @property
    def program(self) -> Path:
        """What a machine starts."""
        return self.folder / "run.sh"

    def hire(self, *ways: str) -> None:
        """Let the next runners do what is said, and those after them work."""
        (self.folder / "ways").write_text("\n".join(ways), encoding="utf-8")
        (self.folder / "go").unlink(missing_ok=True)

    def _is_quiet(self) -> bool:
        runs = self.folder / "data" / "actions" / "runs"
        return super()._is_quiet() and not any(runs.glob("[!.]*"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that the stories of this file share, because starting it takes seconds."""
    folder = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch:
        set_day(patch, folder)
        for module in (case, decisions, leftover, look, shift):
            for name in HASTE.keys() & vars(module).keys():
                patch.setattr(module, name, HASTE[name])
        patch.setattr("app.lookout.BEAT", HASTE["BEAT"])
        with House(folder) as made:
            yield made


@pytest.fixture
def house(home: House, request: pytest.FixtureRequest) -> Iterator[House]:
    """The shared house, with an owner of its own for this story; at its end no machine and no registration is left."""
    short = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:28].strip("-")
    home.name = f"{short}-{hashlib.sha256(request.node.name.encode()).hexdigest()[:4]}/speak"
    home.begin_story()
    home.hire()
    write_program(home.program, "tests.peers.quickrunner", str(home.folder))
    yield home
    home.settle()
    home.end_story()
    assert [each for each in home.sandbox.runners() if each["ephemeral"]] == []


def test_a_discharge_is_measured_by_the_shipped_workflow(house: House) -> None:
    """A comment becomes a runner, a workflow, an artifact, a verdict and a merged pull request; `act` carries it out."""
    write_program(house.program, "tests.peers.actrunner")
    house.found(SHIPPED, landed=True, config=ON_ACTIONS + AUTO)

    house.say(1, "/discharge SPEAK-001")

    pull = house.pull("discharge/")
    assert (pull["author"], pull["merged"]) == ("discharge[bot]", True)
    (check,) = house.checks("discharge smoke speak")
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert house.read(f"{FOLDER}/default-smoke.log") == "hello, world\n"
    (job,) = house.sandbox.jobs(house.name)
    assert job["conclusion"] == "success"
    assert job["labels"][1:] == ["self-hosted", "gpu"]
    assert job["labels"][0].startswith("discharge-")
