"""Stories of a day's budget: a run that does not fit is a sentence, and starts nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.story.stage import AUTO, SPEAK

if TYPE_CHECKING:
    from tests.story.stage import Stage


def limit(minutes: int) -> str:
    """Return the configuration with a budget."""
    return f"{SPEAK}{AUTO}budget: {{gpu_minutes_per_day: {minutes}}}\n"


def rows(stage: Stage) -> list[dict[str, float]]:
    """Return what stands in the repository's book."""
    owner, _, name = stage.name.partition("/")
    book = stage.folder / "data" / "budget" / owner / f"{name}.json"
    return list(json.loads(book.read_text(encoding="utf-8")).values()) if book.exists() else []


def test_a_run_is_reserved_before_and_settled_after(stage: Stage) -> None:
    """One minute may be taken; a moment was."""
    stage.found(landed=True, config=limit(1))

    stage.say(1, "/discharge SPEAK-001")

    assert stage.pull("discharge/")["merged"]
    ((reserved, spent),) = [(row["reserved"], row["spent"]) for row in rows(stage)]
    assert reserved == 1
    assert 0 < spent < 1


def test_over_the_budget_is_a_sentence_and_no_queue(stage: Stage) -> None:
    """What was spent leaves less than the next run may take: nothing is started, no check is left open."""
    stage.found(landed=True, config=limit(1))
    stage.say(1, "/discharge SPEAK-001")
    begun = [line for line in stage.told() if line.startswith("start run")]

    stage.say(1, "/discharge SPEAK-002")

    assert "today's budget does not allow this run: it may take 1 minute, and of today's 1 minute 0.1 are spent" in (
        stage.status(1)
    )
    assert [line for line in stage.told() if line.startswith("start run")] == begun
    assert {check["status"] for check in stage.checks("discharge smoke speak")} == {"completed"}
    assert len(rows(stage)) == 1


def test_a_run_that_waits_says_how_the_day_stands(stage: Stage) -> None:
    """With what it may take itself; a run that is cancelled gives back what it did not take."""
    stage.found({"speak.sh": "#!/bin/sh\necho hello\nexec sleep 60\n"}, landed=True, config=limit(5))
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001")
    stage.wait_for("start run")

    told = stage.status(1)
    stage.say(1, "/cancel")

    assert "- Today's budget: 0 spent and 1 reserved, of 5 minutes" in told
    assert [row["spent"] < 1 for row in rows(stage)] == [True]
