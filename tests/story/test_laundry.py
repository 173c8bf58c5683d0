"""What somebody writes into the evidence of our branch is never signed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import CONTRACT, CONTRACT_PATH
from tests.story.stage import SPEAK

if TYPE_CHECKING:
    from tests.story.stage import Stage

BRANCH = "discharge/speak-v1/v1.3.0"
RECEIPT = "evidence/speak-001-live-discharge-2026-05-04/receipt.json"


def test_a_forged_receipt_on_the_open_branch_is_not_signed_anew(stage: Stage) -> None:
    """Without any configured key the app's own counts: a forged receipt stops the rewriting, and people are told."""
    stage.found(landed=True, required=False, config=SPEAK)
    stage.say(1, "/discharge SPEAK-001")
    receipt = stage.read(RECEIPT, BRANCH)
    assert receipt is not None
    stage.sandbox.push(stage.name, BRANCH, {RECEIPT: receipt.replace('"tool":"discharge', '"tool":"forged')})
    stage.settle()
    forged = stage.head(BRANCH)

    moved = CONTRACT.replace("- '1.2.0", "- '1.2.1 — 2026-05-01 — a word'\n  - '1.2.0").replace("1.2.0\n", "1.2.1\n", 1)
    stage.sandbox.push(stage.name, "main", {CONTRACT_PATH: moved})
    stage.settle()

    assert stage.head(BRANCH) == forged
    assert "does not count" in stage.status(2)


def test_a_status_moved_by_hand_on_the_open_branch_is_not_joined(stage: Stage) -> None:
    """The next discharge of the contract would merge it as if it had been measured; it is refused before it runs."""
    stage.found(landed=True, required=False, config=SPEAK)
    stage.say(1, "/discharge SPEAK-001")
    flipped = (stage.read(CONTRACT_PATH, BRANCH) or "") + "  status: DISCHARGED\n"
    stage.sandbox.push(stage.name, BRANCH, {CONTRACT_PATH: flipped})
    stage.settle()
    moved = stage.head(BRANCH)

    stage.say(1, "/discharge SPEAK-002")

    assert "the status of FALSIFY-SPEAK-003 moved without a measurement" in stage.status(1)
    assert len(stage.checks("discharge smoke speak")) == 1
    assert stage.head(BRANCH) == moved


def test_what_a_person_says_in_words_on_the_open_branch_is_joined(stage: Stage) -> None:
    """Only statuses need a measurement."""
    stage.found(landed=True, required=False, config=SPEAK)
    stage.say(1, "/discharge SPEAK-001")
    worded = (stage.read(CONTRACT_PATH, BRANCH) or "").replace("the third promise", "at last, the third promise")
    stage.sandbox.push(stage.name, BRANCH, {CONTRACT_PATH: worded})
    stage.settle()

    stage.say(1, "/discharge SPEAK-002")

    assert "FALSIFY-SPEAK-002 held" in stage.status(1)
    assert "at last, the third promise" in (stage.read(CONTRACT_PATH, BRANCH) or "")


def test_a_status_moved_by_hand_while_the_discharge_is_written_is_not_merged(stage: Stage) -> None:
    """Somebody pushes between the commit and the merge: what is decided anew looks at the branch once more."""
    stage.found(landed=True, required=False)

    def flip() -> None:
        flipped = (stage.read(CONTRACT_PATH, BRANCH) or "") + "  status: DISCHARGED\n"
        stage.sandbox.push(stage.name, BRANCH, {CONTRACT_PATH: flipped})

    stage.once(f"files to {BRANCH}", flip)

    stage.say(1, "/discharge SPEAK-001")

    assert "the status of FALSIFY-SPEAK-003 moved without a measurement" in stage.status(1)
    assert "DISCHARGED" not in (stage.read(CONTRACT_PATH) or "")
