"""Stories of one contract whose promises are kept one after the other, while the default branch moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.story import voice
from tests.story.stage import WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

BRANCH = "discharge/voice-v1/v1.4.0"
FOLDER = "evidence/voice-005-live-discharge-2026-05-04"
WORDS = "  changelog:\n  - '1.4.0 — 2026-05-01 — a note was added'\n"
MOVED = voice.CONTRACT.replace("version: 1.3.0", "version: 1.4.0").replace("  changelog:\n", WORDS)


def test_four_more_join_the_open_pull_request(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """The comment offers what else holds; the sweep joins the same pull request, 1.3 → 1.4 → 1.5, legs reused."""
    stage.found(voice.FILES, config=voice.WAITING, landed=True)

    stage.say(1, "/discharge VOICE-005")
    offer = stage.status(1)
    stage.say(1, "/discharge 001 002 003 004")

    assert (
        "- Also holds on the same logs: FALSIFY-VOICE-001/002/003; `/discharge VOICE-001 VOICE-002 VOICE-003`" in offer
    )
    assert "- FALSIFY-VOICE-004 needs `no-gpu`" in offer
    assert sorted(stage.pulls()) == [1, 2]
    pull = stage.pull("discharge/")
    assert (pull["branch"], pull["state"]) == (BRANCH, "open")
    golden("sweep-pull.md", f"{pull['title']}\n\n{pull['body']}")
    swept, first, *_ = stage.messages(BRANCH)
    assert "v1.3.0 → v1.4.0" in first
    assert "v1.4.0 → v1.5.0" in swept
    contract = stage.read(voice.PATH, BRANCH) or ""
    assert "version: 1.5.0" in contract
    assert contract.count("status: DISCHARGED") == 5
    receipt = json.loads(stage.read(f"{FOLDER}/receipt-v1.5.0.json", BRANCH) or "")
    origins = {leg["leg"]: leg["origin"] for leg in receipt["legs"]}
    assert origins == {"default": "reused", "no-gpu": "ran"}
    assert stage.read(f"{FOLDER}/receipt-v1.5.0.dsse.json", BRANCH)
    assert stage.status(1).count("- Discharged by #2") == 2


def test_a_leg_that_ran_before_is_offered_with_its_time(stage: Stage) -> None:
    """Where evidence says how long a leg took, the offer says it, too."""
    stage.found(
        voice.FILES,
        config=voice.CONFIG.replace("VOICE-003: [{leg: default", "VOICE-003: [{leg: no-gpu") + WAIT,
        landed=True,
    )
    stage.say(1, "/discharge VOICE-004")
    stage.sandbox.merge(stage.name, 2)
    later = stage.land()

    stage.say(later, "/discharge VOICE-005")

    assert "- FALSIFY-VOICE-003 needs `no-gpu`, under 1 s" in stage.status(later)


def test_an_open_discharge_is_written_anew_when_main_moves(stage: Stage) -> None:
    """Another pull request bumps the contract: the open discharge takes the next version in place, and still merges."""
    stage.found(voice.FILES, config=voice.WAITING, landed=True)
    stage.say(1, "/discharge VOICE-005")
    stage.say(1, "/discharge VOICE-001")
    before = stage.sandbox.snapshot(stage.name)["branches"][BRANCH]["files"]

    other = stage.land("contract: a note", {voice.PATH: MOVED})

    assert other == 3
    pull = stage.pull("discharge/")
    assert (pull["branch"], pull["state"]) == (BRANCH, "open")
    assert "v1.4.0 → v1.5.0" in pull["body"]
    assert "v1.5.0 → v1.6.0" in pull["body"]
    contract = stage.read(voice.PATH, BRANCH) or ""
    assert "version: 1.6.0" in contract
    assert "'1.4.0 — 2026-05-01 — a note was added'" in contract
    after = stage.sandbox.snapshot(stage.name)["branches"][BRANCH]["files"]
    logs = {path for path in before if path.endswith(".log")}
    assert logs
    assert {path: after[path] for path in logs} == {path: before[path] for path in logs}
    receipts = [path for path in after if path.endswith(".dsse.json")]
    assert len(receipts) == 2
    assert all(after[path] != before.get(path) for path in receipts)
    assert len(stage.messages(BRANCH)) == len(stage.messages()) + 1
    stage.sandbox.merge(stage.name, 2)
    stage.settle()
    assert "version: 1.6.0" in (stage.read(voice.PATH) or "")
    assert BRANCH not in stage.branches()


def test_a_promise_that_was_reworded_stops_the_open_discharge(stage: Stage) -> None:
    """What was measured is promised no more: the pull request stays as it is, and says why, once."""
    stage.found(voice.FILES, config=voice.WAITING, landed=True)
    stage.say(1, "/discharge VOICE-005")
    before = stage.messages(BRANCH)

    stage.land("contract: other words", {voice.PATH: MOVED.replace("can sing tone 5", "sings tone 5")})
    stage.land()

    assert stage.messages(BRANCH) == before
    assert "**The default branch moved** · not brought up to date" in stage.status(2)
    assert "what is promised about FALSIFY-VOICE-005 changed since it was measured" in stage.status(2)
    assert sum("write a comment on #2" in line or "edit a comment on #2" in line for line in stage.told()) == 1


def test_stale_falsifiers_are_measured_again_in_one_go(stage: Stage) -> None:
    """`stale` names what was discharged before the files that its smoke is bound to changed; nothing else runs."""
    stage.found(voice.FILES, config=voice.WAITING, landed=True)
    stage.say(1, "/discharge VOICE-005\n/discharge stale")
    stage.sandbox.merge(stage.name, 2)
    same = stage.land()
    stage.say(same, "/discharge stale")
    moved = stage.land("feat: a louder voice", {voice.PROGRAM_PATH: voice.PROGRAM.replace("tone 5", "silence")})

    stage.say(moved, "/discharge stale")

    assert "nothing is stale" in stage.status(1)
    assert "nothing is stale" in stage.status(same)
    assert "**`/discharge stale` by octo-maintainer** · falsified" in stage.status(moved)
    assert "**FALSIFY-VOICE-005 falsified**" in stage.status(moved)
    assert "VOICE-001" not in stage.comments(moved)[0]


def test_more_than_ten_are_answered_by_the_plan(stage: Stage) -> None:
    """`all` of a contract with eleven promises runs nothing: people read the plan, and name fewer."""
    one = voice.CONTRACT[
        voice.CONTRACT.index("- id: FALSIFY-VOICE-001") : voice.CONTRACT.index("- id: FALSIFY-VOICE-002")
    ]
    more = "".join(one.replace("VOICE-001", f"VOICE-0{n}") for n in range(10, 16))
    predictions = "".join(f"      FALSIFY-VOICE-0{n}: [{{leg: default, contains: tone 1}}]\n" for n in range(10, 16))
    files = voice.FILES | {voice.PATH: voice.CONTRACT + more}
    stage.found(files, config=voice.CONFIG + predictions, landed=True)

    stage.say(1, "/discharge voice-v1/all\n/discharge VOICE-00?")

    status = stage.status(1)
    assert "**`/discharge voice-v1/all` by octo-maintainer** · plan" in status
    assert "11 falsifiers in one command are more than 10" in status
    assert "sh voice.sh --no-gpu" in status
    assert "**`/discharge VOICE-00?` by octo-maintainer** · held" in status
    assert sum(line.startswith("start run") for line in stage.told()) == 1
