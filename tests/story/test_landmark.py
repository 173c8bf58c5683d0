"""Stories of landmarks: an amendment is due as soon as a model reaches its ship target by what landed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import SPEC_PATH
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    from tests.story.stage import Stage

CADENCE = "docs/speak-spec.md, cadence: {landed: 9, landmarks: [target]}}"
CONFIG = (SPEAK + WAIT).replace("docs/speak-spec.md}", CADENCE) + "models: {MODEL-1: {target: 90}}\n"


def land(stage: Stage, before: int, after: int) -> None:
    """Land a pull request that states how far the model's ship percentage moves."""
    number = len(stage.pulls()) + 1
    body = f"- MODEL-1 ship %: {before}% → {after}% (it is heard)"
    files = {f"docs/note-{number}.md": "a note\n"}
    made = stage.sandbox.open_pull(stage.name, f"change-{number}", "feat(voice): hum", body, files=files)
    stage.settle()
    stage.sandbox.merge(stage.name, made)
    stage.settle()


def test_a_model_that_reaches_its_target_is_a_landmark(stage: Stage) -> None:
    """Two points short of it, nothing is due; on it, the amendment opens, and title and opening say why."""
    stage.found(config=CONFIG, required=False)

    land(stage, 87, 88)
    assert sorted(stage.pulls()) == [1]
    land(stage, 88, 90)

    pull = stage.pull("spec/")
    assert pull["title"] == "spec(speak): v2.5.0 — §2 MODEL-1 at its ship target of 90% — voice: #1-#2 landed"
    section = stage.read(SPEC_PATH, pull["branch"]) or ""
    assert "MODEL-1 87% → **90%**. MODEL-1 reached its ship target of 90%." in section


def test_a_model_beyond_its_target_reaches_it_no_more(stage: Stage) -> None:
    """What is above the target already crosses nothing, however much it gains."""
    stage.found(config=CONFIG.replace("target: 90", "target: 87"), required=False)

    land(stage, 87, 95)

    assert sorted(stage.pulls()) == [1]
