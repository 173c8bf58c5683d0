"""The story of a discharge: from a comment to a merged pull request, or to the reason why there is none."""

from __future__ import annotations

import difflib
import subprocess
from typing import TYPE_CHECKING

from app.verification import verify
from evidence.signer import publish
from evidence.signer import read as read_signer
from tests.app.stage import CONFIG_PATH, CONTRACT, CONTRACT_PATH, FOLDER, PROGRAM_PATH, SPEC_PATH
from tests.story.stage import AUTO, SPEAK, WAIT, signing_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.story.stage import Stage

THANKS = "Co-Authored-By: octo-maintainer <octo-maintainer@users.noreply.github.com>"
BRANCH = "discharge/speak-v1/v1.3.0"
GOODBYE = {PROGRAM_PATH: "#!/bin/sh\necho goodbye\n"}


def test_what_held_is_discharged_and_merged(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """A comment on a merged pull request becomes one comment, one check and one pull request, merged by itself."""
    stage.found()
    number = stage.land()

    stage.say(number, "/discharge SPEAK-001")

    pull = stage.pull("discharge/")
    assert (pull["author"], pull["merged"], pull["labels"]) == ("discharge[bot]", True, ["discharge"])
    assert pull["branch"] == BRANCH
    assert BRANCH not in stage.branches()
    golden("discharge-pull.md", f"{pull['title']}\n\n{pull['body']}")
    golden("discharge-status.md", stage.status(number))
    assert stage.comments(number) == []
    (check,) = stage.checks("discharge smoke speak")
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert "Discharged by #2" in check["summary"]
    checks = {c["commit"].partition(":")[0]: c["conclusion"] for c in stage.checks("discharge")}
    assert checks == {"docs": "neutral", "discharge(speak-v1)": "success"}
    message = stage.messages()[0]
    assert message.partition("\n")[0] == f"{pull['title']} (#2)"
    assert message.rstrip().splitlines()[-1] == THANKS


def test_only_the_intended_lines_of_the_contract_change(stage: Stage) -> None:
    """Version, changelog entry, status and evidence line: not one other byte of the contract moves."""
    stage.found(landed=True, config=SPEAK + WAIT)

    stage.say(1, "/discharge speak-001")

    after = stage.read(CONTRACT_PATH, BRANCH)
    assert after
    changed = [line for line in difflib.ndiff(CONTRACT.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert [line[:34] for line in changed] == [
        "-   version: 1.2.0",
        "+   version: 1.3.0",
        "+   - '1.3.0 — 2026-05-04 — FALSIF",
        "-   status: PARTIAL_ALGORITHM_LEVE",
        "+   status: DISCHARGED",
        "+   - 'Live smoke 2026-05-04: `def",
    ]
    before, new = (stage.sandbox.snapshot(stage.name)["branches"][name]["files"] for name in ("main", BRANCH))
    assert {path for path in new if before.get(path) != new[path]} == {
        CONTRACT_PATH,
        *(f"{FOLDER}/default-smoke{stream}.log" for stream in ("", ".stdout", ".stderr")),
        *(f"{FOLDER}/{page}" for page in ("findings.md", "receipt.json", "receipt.dsse.json")),
    }


def test_the_receipt_that_the_app_signed_verifies(stage: Stage, tmp_path: Path) -> None:
    """Whoever clones the repository can verify the evidence offline, with the key that its configuration names."""
    key = publish(read_signer(signing_key())).text
    stage.found(landed=True, config=f'{SPEAK}{AUTO}keys: ["{key}"]\n')
    stage.say(1, "/discharge SPEAK-001")

    store = stage.sandbox.world.repository(stage.name).store.folder
    subprocess.run(["git", "clone", "--quiet", str(store), str(tmp_path / "clone")], check=True)
    found = verify(tmp_path / "clone" / FOLDER)

    assert [str(finding) for finding in found.findings if finding.severity == "error"] == []
    (receipt,) = found.checked
    assert (receipt.origin, receipt.signature) == ("app", "signed")


def test_the_bots_own_merge_never_loops(stage: Stage) -> None:
    """A landmark makes an amendment of the bot's own merge; the amendment's merge makes nothing more."""
    cadence = "docs/speak-spec.md, cadence: {landed: 9, landmarks: [discharge]}}"
    stage.found(landed=True, config=(SPEAK + AUTO).replace("docs/speak-spec.md}", cadence))

    stage.say(1, "/discharge SPEAK-001")
    amendment = stage.pull("spec/")

    assert amendment["merged"]
    assert amendment["title"].startswith("spec(speak): v2.5.0 — §2 ")
    assert sorted(stage.pulls()) == [1, 2, 3]
    assert stage.branches() == {"main", "before"}
    assert len(stage.effects) <= 20
    assert len([d for d in stage.sandbox.deliveries() if d["redelivery"]]) == 0
    told, heard = len(stage.effects), len(stage.sandbox.deliveries())
    stage.settle()
    assert (len(stage.effects), len(stage.sandbox.deliveries())) == (told, heard)


def test_what_was_falsified_fails_and_moves_nothing(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """A prediction that was not seen: a failing check with the table, a new comment, once, and nothing is bumped."""
    stage.found(GOODBYE, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    (check,) = stage.checks("discharge smoke speak")
    assert check["conclusion"] == "failure"
    assert "| `default` prints `hello, world` | the log does not contain `hello, world` | ❌ |" in check["summary"]
    assert sorted(stage.pulls()) == [1]
    assert stage.read(CONTRACT_PATH) == CONTRACT
    (alarm,) = stage.comments(1)
    golden("falsified-alarm.md", alarm.partition("\n")[2])
    golden("falsified-status.md", stage.status(1))


def test_what_was_not_measured_is_neutral(stage: Stage) -> None:
    """A file that the smoke needs and that is not there: a neutral check with the reason, never red, never green."""
    need = "    timeout: 20s\n    needs: {model: {path: /nowhere/model.bin}}\n"
    stage.found(
        landed=True, config=(SPEAK + AUTO).replace("    timeout: 20s\n", need).replace(", world]", ', "{model}"]')
    )

    stage.say(1, "/discharge SPEAK-001")

    (check,) = stage.checks("discharge smoke speak")
    assert check["conclusion"] == "neutral"
    assert "**FALSIFY-SPEAK-001 not measured**" in check["summary"]
    assert "model" in stage.status(1)
    assert sorted(stage.pulls()) == [1]
    assert stage.comments(1) == []


def test_a_missing_program_is_not_measured(stage: Stage) -> None:
    """A program that is not at the tested commit proves nothing, neither way."""
    stage.found({PROGRAM_PATH: None, "other.sh": "#!/bin/sh\n"}, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["neutral"]
    assert "not measured" in stage.status(1)


def test_repeats_that_disagree_are_not_measured(stage: Stage) -> None:
    """`repeat=3` runs three times, and says unstable where the third run says something else."""
    program = (
        "#!/bin/sh\nn=$(cat n 2>/dev/null || echo 0)\necho $((n + 1)) > n\n[ $n = 2 ] || echo hello, world\necho end\n"
    )
    stage.found({PROGRAM_PATH: program}, landed=True)

    stage.say(1, "/discharge SPEAK-001 repeat=3")

    (check,) = stage.checks("discharge smoke speak")
    assert check["conclusion"] == "neutral"
    assert "unstable" in check["summary"]
    assert sorted(stage.pulls()) == [1]


def test_repeats_that_agree_are_all_kept_as_evidence(stage: Stage) -> None:
    """`repeat=3` that holds three times discharges, with the logs of every repeat."""
    stage.found(landed=True, config=SPEAK + WAIT)

    stage.say(1, "/discharge SPEAK-001 repeat=3")

    files = stage.sandbox.snapshot(stage.name)["branches"][BRANCH]["files"]
    assert {f"{FOLDER}/default-smoke{n}.log" for n in ("", "-2", "-3")} <= set(files)


def test_a_prediction_that_came_with_the_commit_is_too_late(stage: Stage) -> None:
    """Predictions must have stood before the tested commit: else nothing runs, and people read when they can ask."""
    stage.found(
        config=SPEAK.replace("FALSIFY-SPEAK-001: [{leg: default, contains", "FALSIFY-SPEAK-001: [{leg: default, never")
        + AUTO
    )
    number = stage.land("config: predict a greeting", {CONFIG_PATH: SPEAK + AUTO})

    stage.say(number, "/discharge SPEAK-001")

    status = stage.status(number)
    assert "registered too late" in status
    assert "land another commit on main" in status
    assert not any(line.startswith("start run") for line in stage.told())
    assert [c["conclusion"] for c in stage.checks("discharge smoke speak")] == ["neutral"]
    assert stage.read(SPEC_PATH)
