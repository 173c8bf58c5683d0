"""Stories of people who can push, and make something look like the App's own work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.app.stage import PROGRAM_PATH

if TYPE_CHECKING:
    from tests.story.stage import Stage


def test_a_branch_that_names_the_run_is_not_the_runs(stage: Stage) -> None:
    """Who reads the run's name in its check and puts it in a commit of his own gets nothing opened, nor merged."""
    go = stage.folder / "go-forgery"
    stage.found({PROGRAM_PATH: f"#!/bin/sh\nwhile [ ! -e {go} ]; do sleep 0.05; done\necho goodbye\n"}, landed=True)
    stage.sandbox.role(stage.name, "octo-writer", "write")
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-writer")
    stage.wait_for("start run")
    (check,) = stage.checks("discharge smoke speak")
    named = re.search(r"\| run \| `([0-9a-f]{16})`", check["text"])
    assert named is not None
    message = f"chore: harmless\n\nSome words.\n\nDischarge-Run: {named[1]}"
    for branch in ("discharge/x/v9", "discharge/speak-v1/v9"):
        stage.sandbox.push(stage.name, branch, {"docs/forged.md": "forged\n"}, message, by="octo-writer")

    go.touch()
    stage.settle()

    assert sorted(stage.pulls()) == [1]
    assert stage.read("docs/forged.md") is None
    assert "**FALSIFY-SPEAK-001 falsified**" in stage.status(1)
    assert "Discharged by" not in stage.status(1)
