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
