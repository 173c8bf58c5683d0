"""Which receipts of a change count: those of runs that it brings, not those that stood there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT_PATH, FOLDER, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

CONFIGURED = f"{CONFIG}evidence: {{accept: [terminal]}}\n"
RECEIPT = f"{FOLDER}/receipt.json"
LACKS = "FALSIFY-SPEAK-001 moved to DISCHARGED, and no receipt of this change says that it held"


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository in which a discharge landed."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: CONFIGURED})
    assert stage.ask("run", "speak-001").status == 0
    stage.repo.git("merge", "--quiet", "--squash", BRANCH)
    stage.land("discharge(speak-v1): it holds (#2)", {})
    return stage


def contract(stage: Stage) -> str:
    """Return the contract as it stands in the work tree."""
    return (stage.repo.folder / CONTRACT_PATH).read_text(encoding="utf-8")


def take_back(stage: Stage) -> str:
    """Let people land that the promise does not hold any more; return the contract that says it does, once more."""
    down = contract(stage).replace("1.3.0\n", "1.4.0\n", 1).replace("DISCHARGED\n", "PARTIAL_ALGORITHM_LEVEL\n", 1)
    up = contract(stage).replace("1.3.0\n", "1.5.0\n", 1)
    assert down.count("PARTIAL_ALGORITHM_LEVEL\n") == 1
    stage.land("fix: it does not hold (#3)", {CONTRACT_PATH: down})
    return up.replace("  evidence:\n", f"  evidence:\n  - 'again, see {FOLDER}/findings.md'\n", 1)


def told(stage: Stage) -> str:
    """Return what the check of the last commit says of discharges without a receipt, empty for nothing."""
    said = stage.ask("check", "--base", "HEAD~1", "--head", "HEAD", "--json")
    found = [one["message"] for one in said.data["findings"] if one["rule"] == "evidence/unwarranted"]
    return "\n".join(found)


def test_the_discharge_itself_counts(stage: Stage) -> None:
    """Its receipt came with it."""
    assert told(stage) == ""


def test_an_old_receipt_that_is_merely_touched_counts_no_more(stage: Stage) -> None:
    """Another mode makes it a changed file, and no new run."""
    again = take_back(stage)
    (stage.repo.folder / RECEIPT).chmod(0o755)
    stage.land("discharge(speak-v1): it holds again (#4)", {CONTRACT_PATH: again})

    assert told(stage).startswith(f"{LACKS}: {RECEIPT}: this receipt is not new: it stood here at ")


def test_an_old_receipt_that_is_deleted_and_put_back_counts_no_more(stage: Stage) -> None:
    """What stood at its path at any time is looked at."""
    again = take_back(stage)
    old = (stage.repo.folder / RECEIPT).read_text(encoding="utf-8")
    stage.repo.git("rm", "--quiet", RECEIPT)
    stage.land("chore: evidence is heavy (#4)", {})
    stage.land("discharge(speak-v1): it holds again (#5)", {CONTRACT_PATH: again, RECEIPT: old})

    assert told(stage).startswith(f"{LACKS}: {RECEIPT}: this receipt is not new: it stood here at ")


def test_a_copy_of_a_receipt_that_is_older_than_the_taking_back_counts_no_more(stage: Stage) -> None:
    """In another folder its bytes are new, and the run still did not know what people found out after it."""
    again = take_back(stage)
    stage.repo.git("mv", FOLDER, f"{FOLDER}-2")
    stage.land("discharge(speak-v1): it holds again (#4)", {CONTRACT_PATH: again})

    assert told(stage).endswith("FALSIFY-SPEAK-001 was taken back after this was measured")


def test_a_run_after_the_taking_back_counts(stage: Stage) -> None:
    """Measured again at a commit that knows of it, the promise is discharged again."""
    take_back(stage)
    stage.land("fix: louder (#4)", {"docs/note.md": "louder\n"})
    branch = "discharge/speak-v1/v1.5.0"
    assert stage.ask("run", "speak-001").status == 0
    stage.repo.git("merge", "--quiet", "--squash", branch)
    stage.land("discharge(speak-v1): it holds again (#5)", {})

    assert told(stage) == ""
