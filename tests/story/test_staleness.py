"""Stories of what a merge makes stale: it is told, measured again, and taken back only by people."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from tests.app.stage import CONTRACT_PATH, PROGRAM, PROGRAM_PATH, SPEC, SPEC_PATH
from tests.story.stage import AUTO, SPEAK

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

BOUND = SPEAK.replace("    timeout: 20s\n", '    timeout: 20s\n    when: {paths: ["speak.sh"]}\n') + AUTO
COUNTED = {SPEC_PATH: SPEC.replace("3+5", "19+37")}
"""One more discharge makes it 20+36."""
LOUDER = PROGRAM.replace("hello", "HELLO")
BRANCH = "undischarge/speak-v1/v1.4.0"


def discharge(stage: Stage, config: str = BOUND) -> None:
    """Found the repository, and discharge its first promise; the tally is 20+36 then."""
    stage.found(COUNTED, config=config, landed=True)
    stage.say(1, "/discharge SPEAK-001")
    assert stage.pull("discharge/")["merged"]


def test_a_falsified_discharge_is_proposed_to_be_taken_back(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """Measured again and falsified: a pull request flips it back, with the tally; it never merges itself."""
    discharge(stage)
    before = stage.read(CONTRACT_PATH) or ""
    moved = stage.land("feat: louder", {PROGRAM_PATH: LOUDER})

    stage.say(moved, "/discharge stale")

    pull = stage.pull("undischarge/")
    assert (pull["branch"], pull["state"], pull["merged"], pull["labels"]) == (BRANCH, "open", False, ["discharge"])
    golden("undischarge-pull.md", f"{pull['title']}\n\n{pull['body']}")
    golden("undischarge-status.md", stage.status(moved))
    assert not any(line.startswith("merge undischarge/") for line in stage.told())
    after = stage.read(CONTRACT_PATH, BRANCH) or ""
    changed = [line[:56] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert changed == [
        "-   version: 1.3.0",
        "+   version: 1.4.0",
        "+   - '1.4.0 — 2026-05-04 — FALSIFY-SPEAK-001 DISCHARGED",
        "-   status: DISCHARGED",
        "+   status: PARTIAL_ALGORITHM_LEVEL",
        "+   - 'Live smoke 2026-05-04: falsified: `default` print",
    ]
    assert "Coverage tally: 20+36 → 19+37. MODEL-1 ship %: 87% (unchanged)." in after
    folder = "evidence/speak-001-live-undischarge-2026-05-04"
    page = stage.read(f"{folder}/findings.md", BRANCH) or ""
    assert page.startswith("# FALSIFY-SPEAK-001 — Live Evidence against a Discharge (2026-05-04)\n")
    assert "**FALSIFY-SPEAK-001 DISCHARGED → PARTIAL_ALGORITHM_LEVEL: falsified**" in page
    assert "(a) **FALSIFY-SPEAK-001** — PARTIAL_ALGORITHM_LEVEL" in page
    assert stage.read(f"{folder}/receipt.dsse.json", BRANCH)
    assert {check["conclusion"] for check in stage.checks("discharge")} == {"success"}

    stage.sandbox.merge(stage.name, max(stage.pulls()))
    stage.settle()

    assert "status: PARTIAL_ALGORITHM_LEVEL" in (stage.read(CONTRACT_PATH) or "")
    assert BRANCH not in stage.branches()
