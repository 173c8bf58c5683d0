"""Stories of what a merge makes stale: it is told, measured again, and taken back only by people."""

from __future__ import annotations

import difflib
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from app.verification import verify
from evidence.signer import publish
from evidence.signer import read as read_signer
from tests.app.stage import CONFIG_PATH, CONTRACT_PATH, PROGRAM, PROGRAM_PATH, SPEC, SPEC_PATH
from tests.story.stage import AUTO, EPOCH, SPEAK, signing_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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

    moved = stage.land("feat: quieter", {PROGRAM_PATH: PROGRAM + "exit 0\n"})

    words = "merging this makes FALSIFY-SPEAK-001 stale: speak.sh is what smoke speak is bound to"
    (check,) = [check for check in stage.checks("discharge") if words in check["summary"]]
    assert (check["conclusion"], check["title"]) == ("success", "1 notice")
    spec = stage.read(SPEC_PATH) or ""
    assert re.search(rf"\n\nStale: FALSIFY-SPEAK-001 since `[0-9a-f]{{7}}` \(#{moved}, speak\.sh\)\.\n", spec)
    assert "Coverage tally: 19+37 → **20+36**" in spec


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


NIGHTLY = BOUND + "automatic: {nightly: true, preauthorised: [speak]}\n"
QUIETER = PROGRAM + "exit 0\n"


MIDNIGHT = EPOCH - EPOCH % 86_400
HOUR = 3600
DAY = 24 * HOUR
NIGHT = MIDNIGHT + 3 * HOUR


def sweep(stage: Stage, at: int = NIGHT) -> None:
    """Let the service start anew, which sweeps at once; *at* is what its clock says, in seconds since 1970."""
    stage.end()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(at))
        stage.begin()
        stage.settle()


def started(stage: Stage) -> int:
    """Return how many runs were started so far."""
    return sum(line.startswith("start run") for line in stage.told())


def test_the_night_makes_stale_evidence_new(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """Nobody asks: the first sweep of the night runs what is stale, once, and the check at main's head tells it."""
    discharge(stage, NIGHTLY)
    stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})
    head, before = stage.head("main"), started(stage)

    sweep(stage)
    sweep(stage)

    assert started(stage) == before + 1
    pull = stage.pulls()[max(stage.pulls())]
    assert pull["title"] == "evidence(speak-v1): FALSIFY-SPEAK-001 measured again by live speak smoke"
    assert pull["merged"]
    assert "Co-Authored-By" not in pull["body"]
    check = stage.checks("discharge smoke speak")[-1]
    assert check["conclusion"] == "success"
    golden("nightly-check.md", check["summary"])
    repository = stage.sandbox.world.repository(stage.name)
    told = repository.checks[stage.newest_check("discharge smoke speak")]
    assert (told.suite.head, told.actions) == (head, [])
    assert "automatic: {nightly: true}" in (
        stage.read("evidence/speak-001-live-discharge-2026-05-04-2/findings.md") or ""
    )


def test_the_night_proposes_what_it_falsified(stage: Stage) -> None:
    """The pull request waits for people, and the next nights leave the contract alone until they decided."""
    discharge(stage, NIGHTLY)
    stage.land("feat: louder", {PROGRAM_PATH: LOUDER})

    sweep(stage)
    begun = started(stage)
    sweep(stage, NIGHT + DAY)

    pull = stage.pull("undischarge/")
    assert (pull["state"], pull["merged"]) == ("open", False)
    assert "Coverage tally: 20+36 → **19+37**" in pull["body"]
    assert stage.checks("discharge smoke speak")[-1]["conclusion"] == "failure"
    assert started(stage) == begun
    assert not any(line.startswith("merge undischarge/") for line in stage.told())


def test_by_day_and_without_leave_nothing_runs(stage: Stage) -> None:
    """A night is 02:00 to 06:00 UTC; a smoke that nobody preauthorised never runs by itself."""
    discharge(stage, NIGHTLY.replace("preauthorised: [speak]", "preauthorised: []"))
    stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})
    before = started(stage)
    sweep(stage)
    stage.land("config: allow it", {CONFIG_PATH: NIGHTLY})

    for second in (2 * HOUR - 1, 6 * HOUR, 15 * HOUR):
        sweep(stage, MIDNIGHT + second)
        assert started(stage) == before, second
    sweep(stage, MIDNIGHT + 2 * HOUR)

    assert started(stage) == before + 1


def test_a_night_in_which_nothing_was_measured_is_told_in_the_check(stage: Stage) -> None:
    """The program is gone: neutral, with the reason, and no pull request."""
    discharge(stage, NIGHTLY)
    stage.land("feat: no more", {PROGRAM_PATH: "exit 3\n"})
    pulls = sorted(stage.pulls())

    sweep(stage)

    check = stage.checks("discharge smoke speak")[-1]
    assert check["conclusion"] == "neutral"
    assert "leg default exited 3" in check["summary"]
    assert sorted(stage.pulls()) == pulls


GUARD = BOUND.replace(
    'FALSIFY-SPEAK-001: [{leg: default, contains: "hello, world"}]',
    'FALSIFY-SPEAK-001: {holds: if_fails, all: [{leg: default, contains: "hello, world"}], '
    'gone: [{leg: default, contains: "good day, world"}]}',
)
MENDED = PROGRAM.replace("hello", "good day")


def test_the_night_measures_once_that_a_defect_is_gone(stage: Stage) -> None:
    """The next nights would see just that again: they run it only after a bound file, or the promise, changed."""
    stage_config = GUARD + "automatic: {nightly: true, preauthorised: [speak]}\n"
    discharge(stage, stage_config)
    stage.land("fix: greet properly", {PROGRAM_PATH: MENDED})
    before = started(stage)

    sweep(stage)
    assert stage.checks("discharge smoke speak")[-1]["summary"].count("condition gone") == 1
    sweep(stage, NIGHT + DAY)
    stage.land("docs: a note")
    sweep(stage, NIGHT + 2 * DAY)
    assert started(stage) == before + 1

    stage.land("fix: greet properly, and end", {PROGRAM_PATH: MENDED + "exit 0\n"})
    sweep(stage, NIGHT + 3 * DAY)
    sweep(stage, NIGHT + 4 * DAY)
    assert started(stage) == before + 2

    stage.land("config: look closer", {CONFIG_PATH: stage_config.replace("timeout: 20s", "timeout: 19s")})
    stage.land("docs: a note on it")  # what a run promises must stand before the commit that it looks at
    sweep(stage, NIGHT + 5 * DAY)
    assert started(stage) == before + 3


def test_a_crash_between_start_and_check_starts_the_same_run(stage: Stage) -> None:
    """GitHub fails right when the check is written: the sweep is handled again, and the run is the same one."""
    discharge(stage, NIGHTLY)
    stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})
    begun = {line for line in stage.told() if line.startswith("start run")}
    stage.once("start run", lambda: stage.sandbox.fault("bad_gateway", method="POST", path="/check-runs$", times=9))

    sweep(stage)

    runs = {line for line in stage.told() if line.startswith("start run")} - begun
    assert len(runs) == 1
    assert stage.pulls()[max(stage.pulls())]["title"].startswith("evidence(speak-v1): ")
    assert stage.parked() == 0


def test_a_guard_without_a_defect_keeps_its_status(stage: Stage) -> None:
    """The defect is mended, and the guard is silent: neither held nor falsified; people are asked for other words."""
    discharge(stage, GUARD)
    before = stage.read(CONTRACT_PATH)
    moved = stage.land("fix: greet properly", {PROGRAM_PATH: MENDED})
    pulls = len(stage.pulls())

    stage.say(moved, "/discharge stale")

    status = stage.status(moved)
    assert "**`/discharge stale` by octo-maintainer** · not measured" in status
    assert "**FALSIFY-SPEAK-001 not measured**: condition gone: `default` prints `good day, world`: line 1" in status
    assert "its status stays. Reword the promise, and what the smoke predicts of it" in status
    assert "| `default` prints `hello, world` | the log does not contain `hello, world` | ❌ |" in status
    assert stage.checks("discharge smoke speak")[-1]["conclusion"] == "neutral"
    assert stage.comments(moved) == []
    assert (stage.read(CONTRACT_PATH), len(stage.pulls())) == (before, pulls)


def test_what_takes_a_discharge_back_is_written_anew_when_main_moves(stage: Stage) -> None:
    """Another pull request took its version: it takes the next one in place, and still waits for people."""
    discharge(stage)
    moved = stage.land("feat: louder", {PROGRAM_PATH: LOUDER})
    stage.say(moved, "/discharge stale")
    text = (stage.read(CONTRACT_PATH) or "").replace("version: 1.3.0", "version: 1.4.0")
    note = "  changelog:\n  - '1.4.0 — 2026-05-04 — a note was added'\n"

    stage.land("contract: a note", {CONTRACT_PATH: text.replace("  changelog:\n", note)})

    pull = stage.pull("undischarge/")
    assert (pull["branch"], pull["state"]) == (BRANCH, "open")
    assert pull["title"].startswith("undischarge(speak-v1): FALSIFY-SPEAK-001 DISCHARGED → PARTIAL_ALGORITHM_LEVEL")
    assert "v1.4.0 → v1.5.0" in pull["body"]
    after = stage.read(CONTRACT_PATH, BRANCH) or ""
    assert "version: 1.5.0" in after
    assert "a note was added" in after
    assert "status: DISCHARGED" not in after
    assert not any(line.startswith("merge undischarge/") for line in stage.told())


def test_an_older_commit_says_nothing_of_a_newer_discharge(stage: Stage) -> None:
    """Asked on the pull request before the one that mended it: falsified there, and nothing is taken back."""
    stage.found({**COUNTED, PROGRAM_PATH: LOUDER}, config=BOUND, landed=True)
    fixed = stage.land("fix: greet as promised", {PROGRAM_PATH: PROGRAM})
    stage.say(fixed, "/discharge SPEAK-001")

    stage.say(1, "/discharge SPEAK-001")

    assert "**FALSIFY-SPEAK-001 falsified**" in stage.status(1)
    assert not any(branch.startswith("undischarge/") for branch in stage.branches())
    assert "status: DISCHARGED" in (stage.read(CONTRACT_PATH) or "")


def test_a_second_one_joins_the_open_pull_request(stage: Stage, tmp_path: Path) -> None:
    """One open pull request a contract: what is falsified later joins it, and all of its evidence still verifies."""
    discharge(stage, f'{BOUND}keys: ["{publish(read_signer(signing_key())).text}"]\n')
    stage.say(1, "/discharge SPEAK-002")
    stage.say(stage.land("feat: louder", {PROGRAM_PATH: LOUDER}), "/discharge SPEAK-001")
    warns = stage.land("feat: warn", {PROGRAM_PATH: LOUDER + "echo warning: it is loud\n"})

    stage.say(warns, "/discharge SPEAK-002")
    stage.say(warns, "/discharge SPEAK-001")

    pull = stage.pull("undischarge/")
    assert pull["title"].startswith("undischarge(speak-v1): FALSIFY-SPEAK-002 DISCHARGED → FUNCTIONAL, falsified by")
    assert pull["body"].count("Coverage tally: ") == 2
    assert "takes it back already" in stage.status(warns)
    stage.sandbox.merge(stage.name, next(n for n, one in stage.pulls().items() if one["branch"] == pull["branch"]))
    stage.settle()
    store = stage.sandbox.world.repository(stage.name).store.folder
    subprocess.run(["git", "clone", "--quiet", str(store), str(tmp_path / "clone")], check=True)
    folders = sorted((tmp_path / "clone" / "evidence").iterdir())
    found = [verify(folder) for folder in folders]
    assert [str(f) for one in found for f in one.findings if f.severity == "error"] == []
    assert [f.rule for one in found for f in one.findings].count("evidence/withdrawn") == 2
    assert len(folders) == 4


def test_a_status_that_a_person_moved_there_is_not_taken_along(stage: Stage) -> None:
    """Somebody commits to the open branch what nobody measured: the next run does not build on it, and says why."""
    discharge(stage)
    stage.say(1, "/discharge SPEAK-002")
    stage.say(stage.land("feat: louder", {PROGRAM_PATH: LOUDER}), "/discharge SPEAK-001")
    branch = stage.pull("undischarge/")["branch"]
    text = (stage.read(CONTRACT_PATH, branch) or "").replace("status: DISCHARGED", "status: FUNCTIONAL")
    stage.sandbox.push(stage.name, branch, {CONTRACT_PATH: text}, "by hand")
    stage.settle()
    warns = stage.land("feat: warn", {PROGRAM_PATH: LOUDER + "echo warning: it is loud\n"})

    stage.say(warns, "/discharge SPEAK-002")

    status = stage.status(warns).replace("\\", "")
    assert "No discharge is taken back: on the branch undischarge/speak-v1/" in status
    assert "the status of FALSIFY-SPEAK-002 moved without a measurement" in status
    assert stage.messages(branch)[0].strip() == "by hand"
