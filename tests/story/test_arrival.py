"""Stories of merges that are measured unasked: `automatic: {on_merge: true}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import CONFIG_PATH, CONTRACT_PATH, PROGRAM, PROGRAM_PATH
from tests.story.test_staleness import BOUND, COUNTED, LOUDER, discharge, started

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

ON_MERGE = BOUND + "automatic: {on_merge: true, preauthorised: [speak]}\n"
QUIETER = PROGRAM + "exit 0\n"


def test_a_merge_that_touches_bound_files_discharges_unasked(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """Nobody comments: both promises are measured at the merge commit and discharged; the pull request tells it."""
    stage.found(COUNTED, config=ON_MERGE, landed=True)

    moved = stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})

    assert started(stage) == 1
    golden("arrival-status.md", stage.status(moved))
    pull = stage.pull("discharge/")
    assert pull["merged"]
    assert "Co-Authored-By" not in pull["body"]
    (check,) = stage.checks("discharge smoke speak")
    assert (check["conclusion"], check["commit"].splitlines()[0]) == ("success", f"feat: quieter (#{moved})")
    page = re.search(r"evidence/[a-z0-9-]+/findings.md", stage.read(CONTRACT_PATH) or "")
    assert page is not None
    assert "automatic: {on_merge: true}" in (stage.read(page[0]) or "")


def test_what_a_merge_breaks_is_told_at_once(stage: Stage) -> None:
    """The promise was discharged: falsified now, with a comment of its own, and taken back only by people."""
    discharge(stage, ON_MERGE)

    moved = stage.land("feat: louder", {PROGRAM_PATH: LOUDER})

    (alarm,) = stage.comments(moved)
    assert "**FALSIFY-SPEAK-001 falsified**" in alarm
    assert (stage.pull("undischarge/")["state"], stage.pull("undischarge/")["merged"]) == ("open", False)
    assert "status: DISCHARGED" in (stage.read(CONTRACT_PATH) or "")


@pytest.mark.parametrize(
    ("config", "touched"),
    [
        (ON_MERGE, {"docs/other.md": "nothing that the smoke is bound to\n"}),
        (ON_MERGE.replace("on_merge: true", "nightly: true"), {PROGRAM_PATH: QUIETER}),
        (ON_MERGE.replace("[speak]", "[]"), {PROGRAM_PATH: QUIETER}),
        (ON_MERGE.replace('    when: {paths: ["speak.sh"]}\n', ""), {PROGRAM_PATH: QUIETER}),
    ],
    ids=["another file", "only at night", "not preauthorised", "bound to nothing"],
)
def test_no_machine_starts_without_leave_or_reason(stage: Stage, config: str, touched: dict[str, str]) -> None:
    """Nothing is started, and nothing is told."""
    stage.found(config=config, landed=True)

    moved = stage.land("feat: quieter", touched)

    assert started(stage) == 0
    assert stage.pulls()[moved]["comments"] == []


@pytest.mark.always
def test_the_apps_own_merge_starts_nothing(stage: Stage) -> None:
    """A smoke that is bound to everything does not ask for itself again and again."""
    everything = ON_MERGE.replace('["speak.sh"]', '["**"]')
    stage.found(COUNTED, config=everything, landed=True)

    stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})

    assert stage.pull("discharge/")["merged"]
    assert started(stage) == 1


def test_a_promise_that_came_with_the_merge_waits_for_the_next(stage: Stage) -> None:
    """What is promised and what keeps it landed together: too late for this merge, in time for the one after it."""
    stage.found(config=BOUND, landed=True)

    stage.land("config: look closer", {CONFIG_PATH: ON_MERGE.replace("20s", "19s"), PROGRAM_PATH: QUIETER})
    assert started(stage) == 0
    stage.land("feat: greet once more", {PROGRAM_PATH: QUIETER + "# once more\n"})

    assert started(stage) == 1


def test_a_rebased_pull_request_is_seen_whole(stage: Stage) -> None:
    """Its first commit touches what the smoke is bound to, its last one does not."""
    stage.found(config=ON_MERGE, landed=True)
    made = stage.sandbox.open_pull(stage.name, "two", "feat: quieter", files={PROGRAM_PATH: QUIETER})
    stage.sandbox.push(stage.name, "two", {"docs/other.md": "a note\n"}, "docs: a note")
    stage.settle()

    stage.sandbox.merge(stage.name, made, method="rebase")
    stage.settle()

    assert started(stage) == 1


def test_what_does_not_fit_the_day_is_said_in_the_pull_request(stage: Stage) -> None:
    """Over budget is a sentence, also where nobody asked."""
    stage.found(config=ON_MERGE + "budget: {gpu_minutes_per_day: 0}\n", landed=True)

    moved = stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})

    assert started(stage) == 0
    assert "`automatic: {on_merge: true}` by the configuration** · refused" in stage.status(moved)
    assert "minute" in stage.status(moved)


def test_who_takes_leave_back_in_between_has_nothing_discharged(stage: Stage) -> None:
    """The run goes on while the configuration stops asking for it: its result is told, and nothing is written."""
    stage.found(COUNTED, config=ON_MERGE, landed=True)
    stage.once(
        "start run",
        lambda: stage.sandbox.push(stage.name, "main", {CONFIG_PATH: BOUND}, "config: never by itself"),
    )

    moved = stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})

    assert "the configuration asks for no such run any more" in stage.status(moved)
    assert not any(branch.startswith("discharge/") for branch in stage.branches())


def test_a_smoke_that_is_no_more_is_told(stage: Stage) -> None:
    """It was renamed, and is still named in `preauthorised`: the merge is handled, and its pull request says why."""
    stage.found(config=ON_MERGE.replace("[speak]", "[gone, speak]"), landed=True)

    moved = stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})

    assert (stage.parked(), started(stage)) == (0, 0)
    assert "no smoke is called “gone”" in stage.status(moved)


def repeat_smoke() -> str:
    """Return the configuration with its smoke once more, called `shout`, preauthorised too."""
    before, _, after = ON_MERGE.partition("  speak:\n")
    body, _, rest = after.partition("pull_requests:")
    return f"{before}  speak:\n{body}  shout:\n{body}pull_requests:{rest}".replace("[speak]", "[speak, shout]")


def test_two_runs_of_one_merge_share_the_day(stage: Stage) -> None:
    """The budget has room for one: the other is refused with what the first has reserved."""
    stage.found(config=repeat_smoke() + "budget: {gpu_minutes_per_day: 1}\n", landed=True)

    moved = stage.land("feat: quieter", {PROGRAM_PATH: QUIETER})

    assert started(stage) == 1
    assert "reserved by runs that go on" in stage.status(moved)


def test_a_run_that_nobody_typed_can_be_asked_for_again(stage: Stage) -> None:
    """`/retry` is about the same promises of the same contract."""
    stage.found(config=ON_MERGE, landed=True)
    moved = stage.land("feat: no more", {PROGRAM_PATH: "exit 3\n"})

    stage.say(moved, "/retry")

    assert started(stage) == 2
    assert "/discharge contracts/speak-v1.yaml/SPEAK-001 contracts/speak-v1.yaml/SPEAK-002" in stage.status(moved)
