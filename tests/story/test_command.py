"""Stories of what people write in comments: every command, every slip, and what is none of the bot's business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM_PATH
from tests.story.stage import AUTO, SPEAK, WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

SLOW = {PROGRAM_PATH: "#!/bin/sh\necho hello\nexec sleep 60\n"}
GOODBYE = {PROGRAM_PATH: "#!/bin/sh\necho goodbye\n"}
TALK = """\
Some words, and then several commands.

/help cancel
/status
/plan SPEAK-001
/explain SPEAK-003 speak-002
/discharge SPEAK-002
"""
SLIPS = """\
/discharg SPEAK-001
/discharge SPAEK-001
/discharge SPEAK-001 repeat=lots
/discharge SPEAK-001 sha=nothing
/discharge SPEAK-003
/discharge nowhere/SPEAK-001
/ship MODEL-1
/why because
"""
NOT_SAID = [
    "> /discharge SPEAK-001",
    "```\n/discharge SPEAK-001\n```",
    "    /discharge SPEAK-001",
    "<!--\n/discharge SPEAK-001\n-->",
    "- /discharge SPEAK-001",
    "Please `/discharge SPEAK-001` now",
    "/usr/bin/discharge SPEAK-001",
    "/retest\n/lgtm",
]


def test_several_commands_are_answered_in_one_comment(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """Help, status, plan, explanation and a discharge: one comment of the bot's tells all of them, in order."""
    stage.found(landed=True, config=SPEAK + WAIT)

    stage.say(1, TALK)

    golden("command-several.md", stage.status(1))
    assert stage.comments(1) == []
    (asked,) = [c for c in stage.pulls()[1]["comments"] if c["author"] == "octo-maintainer"]
    assert asked["reactions"] == ["discharge[bot] eyes"]
    assert stage.pull("discharge/")["title"].startswith("discharge(speak-v1): FALSIFY-SPEAK-002 FUNCTIONAL")


def test_slips_are_answered_with_what_was_meant(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """A misspelt command, an unknown id, a bad option: each gets a sentence and a way out, and nothing runs."""
    stage.found(landed=True)

    stage.say(1, SLIPS)

    golden("command-slips.md", stage.status(1))
    assert sorted(stage.pulls()) == [1]
    assert not any("start run" in line for line in stage.told())


def test_an_id_of_two_contracts_needs_a_contract(stage: Stage) -> None:
    """The same id in two contracts: the candidates are named, and `CONTRACT/ID` says which."""
    stage.found({"contracts/shout-v1.yaml": CONTRACT}, landed=True, config=SPEAK + WAIT)

    stage.say(1, "/plan SPEAK-001")
    stage.say(1, "/discharge speak-v1/SPEAK-001")

    assert "is in 2 contracts. Say which one: shout-v1/SPEAK-001, speak-v1/SPEAK-001" in stage.status(1)
    assert stage.pull("discharge/speak-v1/")["state"] == "open"


def test_what_is_only_shown_is_not_said(stage: Stage) -> None:
    """Quotes, code, HTML, lists, paths, other bots' commands, bots, edits and plain issues never trigger anything."""
    stage.found(landed=True)
    issue = stage.sandbox.open_issue(stage.name, "A question")

    for body in NOT_SAID:
        stage.sandbox.comment(stage.name, 1, body)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="other[bot]")
    stage.sandbox.edit_comment(stage.name, stage.sandbox.comment(stage.name, 1, "Hello"), "/discharge SPEAK-001")
    stage.sandbox.comment(stage.name, issue, "/discharge SPEAK-001")
    stage.settle()

    assert stage.told() == []
    assert stage.asked() == []
    assert all(comment["author"] != "discharge[bot]" for comment in stage.pulls()[1]["comments"])


def test_who_may_not_is_told_which_role_it_takes(stage: Stage) -> None:
    """Reading is free; a discharge takes the configured role, and the refusal names both."""
    stage.found(landed=True, config=SPEAK + AUTO + "commands: {discharge: maintain}\n")
    stage.sandbox.role(stage.name, "octo-writer", "write")

    stage.say(
        1, "/discharge SPEAK-001\n/cancel\n/amend\n/ship MODEL-1 +1 because I like it\n/help cancel", by="octo-writer"
    )
    stage.say(1, "/discharge SPEAK-001", by="octo-stranger")

    status = stage.status(1)
    assert status.count("needs the role maintain, and you have write") == 3
    assert "needs the role admin, and you have write" in status
    assert "**`/help cancel` by octo-writer** · help" in status
    assert "needs the role maintain, and you have read" in status
    assert not any("start run" in line for line in stage.told())


def test_a_role_that_was_lost_meanwhile_discharges_nothing(stage: Stage) -> None:
    """Who asked may no more when the run ends: the verdict stands, and nothing is written."""
    stage.found(
        {PROGRAM_PATH: f"#!/bin/sh\nwhile [ ! -e {stage.folder}/go ]; do sleep 0.05; done\necho hello, world\n"},
        landed=True,
    )
    stage.sandbox.role(stage.name, "octo-writer", "write")
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-writer")
    stage.wait_for("start run")

    stage.sandbox.role(stage.name, "octo-writer", "read")
    (stage.folder / "go").touch()
    stage.settle()

    assert "Nothing is discharged: this needs the role write, and octo-writer now has read" in stage.status(1)
    assert "**FALSIFY-SPEAK-001 held**" in stage.status(1)
    assert sorted(stage.pulls()) == [1]


def test_a_run_and_one_behind_it_are_cancelled(stage: Stage) -> None:
    """`cancel` ends what runs and what waits for it; the checks say so, and nothing is judged."""
    stage.found(SLOW, landed=True)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001\n/discharge SPEAK-002")
    stage.wait_for("start run", 2)
    waiting = stage.status(1)

    stage.say(1, "/status\n/cancel")

    assert "next in the queue" in waiting
    status = stage.status(1)
    assert "FALSIFY-SPEAK-001 at" in status
    assert status.count("· cancelled") == 2
    assert "- 2 runs cancelled." in status
    assert {check["conclusion"] for check in stage.checks("discharge smoke speak")} == {"cancelled"}
    assert sorted(stage.pulls()) == [1]
    stage.say(1, "/cancel")
    assert "- Nothing runs or waits for this pull request." in stage.status(1)


def test_the_buttons_of_a_check_do_what_commands_do(stage: Stage) -> None:
    """Cancel while it runs, run again after it failed: pressed on the check, told in the pull request."""
    stage.found(SLOW, landed=True)
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    stage.wait_for("start run")
    first = stage.newest_check("discharge smoke speak")

    stage.sandbox.press(stage.name, first, "cancel")
    stage.settle()
    cancelled = stage.status(1)
    stage.sandbox.press(stage.name, first, "retry", by="octo-stranger")
    stage.settle()

    assert "**`/discharge SPEAK-001` by octo-maintainer** · cancelled" in cancelled
    assert "**`/retry` by octo-stranger** · refused" in stage.status(1)
    assert sum("start run" in line for line in stage.told()) == 1
    stage.sandbox.press(stage.name, first, "retry")
    stage.wait_for("start run", 2)
    stage.say(1, "/cancel")
    assert stage.status(1).count("· cancelled") == 2


def test_a_check_is_asked_for_again(stage: Stage) -> None:
    """GitHub's own re-run of a check or a suite: the findings are looked for anew, a failed run runs again."""
    stage.found(GOODBYE, landed=True)
    number = stage.sandbox.open_pull(stage.name, "words", files={"docs/words.md": "words\n"})
    stage.say(1, "/discharge SPEAK-001")
    looked, ran = stage.newest_check("discharge"), stage.newest_check("discharge smoke speak")
    before = len(stage.effects)

    stage.sandbox.rerequest(stage.name, looked)
    stage.sandbox.rerequest_suite(stage.name, stage.sandbox.world.repository(stage.name).checks[looked].suite.id)
    stage.sandbox.rerequest(stage.name, ran)
    stage.settle()

    assert number == 2
    later = stage.told()[before:]
    assert sum(line.startswith("write check discharge at") for line in later) == 2
    assert sum("start run" in line for line in later) == 1
    assert stage.status(1).count("· falsified") == 2


def test_a_dry_run_shows_the_exact_diff(stage: Stage) -> None:
    """`dry-run` runs and judges, shows what would be written, and writes nothing."""
    stage.found(landed=True)

    stage.say(1, "/discharge SPEAK-001 dry-run")

    status = stage.status(1)
    assert "This was a dry run: nothing is written" in status
    assert "-  version: 1.2.0\n+  version: 1.3.0" in status
    assert "-  status: PARTIAL_ALGORITHM_LEVEL\n+  status: DISCHARGED" in status
    assert "+++ b/evidence/speak-001-live-discharge-2026-05-04/receipt.json" in status
    assert sorted(stage.pulls()) == [1]
    assert stage.branches() == {"main", "before"}


def test_retry_asks_for_the_same_once_more(stage: Stage) -> None:
    """After a run that did not hold, `retry` is the same command with its options; after none, it says so."""
    stage.found(GOODBYE, landed=True)
    stage.say(1, "/retry")
    assert "no run of this pull request ended without holding" in stage.status(1)

    stage.say(1, "/discharge SPEAK-001 repeat=2")
    stage.say(1, "/retry")

    assert stage.status(1).count("**`/discharge SPEAK-001 repeat=2` by octo-maintainer** · falsified") == 2
    assert len(stage.comments(1)) == 2


def test_a_named_commit_must_be_the_one(stage: Stage) -> None:
    """`sha=` of the merge commit is taken, however short; another one is refused with the right one."""
    stage.found(landed=True, config=SPEAK + WAIT)
    head = stage.head("main")

    stage.say(1, f"/discharge SPEAK-001 sha={head[:7]}\n/discharge SPEAK-001 sha={'0' * 40}")

    assert f"sha={'0' * 40} is not the merge commit of this pull request, which is {head}" in stage.status(1)
    assert stage.pull("discharge/")["state"] == "open"


def test_a_misconfigured_repository_says_so_in_the_answer(stage: Stage) -> None:
    """The default branch's configuration has errors: whoever asks reads which, with their lines."""
    stage.found(landed=True, config=SPEAK.replace("leg: default, contains", "leg: nowhere, contains"))

    stage.say(1, "/discharge SPEAK-001")

    status = stage.status(1)
    assert "refused" in status
    assert CONFIG_PATH in status
    assert "“nowhere” is no leg of this smoke" in status
    assert stage.read(CONTRACT_PATH) == CONTRACT
