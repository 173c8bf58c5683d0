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


def test_what_is_stale_is_told_and_fails_nothing(stage: Stage) -> None:
    """In the check before the merge, and in the amendment after it: with the commit, the pull request, the file."""
    discharge(stage)

    stage.land("feat: quieter", {PROGRAM_PATH: PROGRAM + "exit 0\n"})

    words = "merging this makes FALSIFY-SPEAK-001 stale: speak.sh is what smoke speak is bound to"
    (check,) = [check for check in stage.checks("discharge") if words in check["summary"]]
    assert (check["conclusion"], check["title"]) == ("success", "1 notice")
    section = stage.read(SPEC_PATH, stage.pull("spec/")["branch"]) or ""
    assert f"\n\nStale: FALSIFY-SPEAK-001 since `{stage.head('main')[:7]}` (#3, speak.sh).\n" in section
    assert "Coverage tally: 19+37 → **20+36**" in section


def test_what_holds_again_has_its_evidence_made_new(stage: Stage) -> None:
    """A line of evidence and a folder more; the status stays, and the version where the policy asks for no bump."""
    discharge(stage)
    before = stage.read(CONTRACT_PATH) or ""
    moved = stage.land("feat: quieter", {PROGRAM_PATH: PROGRAM + "exit 0\n"})

    stage.say(moved, "/discharge SPEAK-001")

    number = max(stage.pulls())
    pull = stage.pulls()[number]
    assert pull["title"] == "evidence(speak-v1): FALSIFY-SPEAK-001 measured again by live speak smoke"
    assert (pull["branch"], pull["merged"]) == ("discharge/speak-v1/v1.3.0-evidence-2026-05-04", True)
    after = stage.read(CONTRACT_PATH) or ""
    changed = [line[:30] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert changed == ["+   - 'Live smoke 2026-05-04: "]
    assert stage.read("evidence/speak-001-live-discharge-2026-05-04-2/receipt.dsse.json")
    assert f"Evidence made new by #{number}" in stage.status(moved)
    stage.say(moved, "/discharge stale\n/discharge SPEAK-001")
    assert "nothing is stale" in stage.status(moved)
    assert max(stage.pulls()) == number
