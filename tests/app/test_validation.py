"""What validated an amended contract: said only if it really ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.validation import validate
from app.workspace import open_workspace
from contracts.amend import BumpVersion, FlipStatus, amend
from contracts.error import EditError
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, Stage

if TYPE_CHECKING:
    from contracts.amend import Edit
    from tests.app.conftest import Repo


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


def with_validator(command: str) -> dict[str, str | bytes]:
    """Return a configuration with a validator; it is a flow list."""
    return {CONFIG_PATH: f"{CONFIG}validate: {command}\n"}


def net_effect(stage: Stage) -> str:
    """Return what the message says of the validation, on one line."""
    return " ".join(stage.repo.message(BRANCH).partition("Net effect")[2].split())


def test_without_a_validator_only_the_built_in_rules_are_claimed(stage: Stage) -> None:
    """Nothing is said of a program that nobody configured."""
    stage.set()

    stage.ask("run", "speak-001")

    assert "- built-in rules: 0 errors" in net_effect(stage)
    assert "exits 0" not in stage.repo.message(BRANCH)


def test_a_validator_that_passes_is_told(stage: Stage) -> None:
    """It saw the amended contract, at its path, among the files of the commit."""
    stage.set(with_validator('[sh, -c, \'grep -q DISCHARGED "$0" && test -x speak.sh\', "{contract}"]'))

    said = stage.ask("run", "speak-001")

    assert said.status == 0
    assert "exits 0; built-in rules: 0 errors" in net_effect(stage)


def test_a_validator_that_refuses_stops_the_discharge(stage: Stage) -> None:
    """Its last words stand in the sentence, without control characters; nothing is written."""
    stage.set(
        with_validator('[sh, -c, \'printf "line 8: \\\\033[31mno good\\\\033[0m\\\\n" >&2; exit 4\', "{contract}"]')
    )

    said = stage.refuse("run", "speak-001")

    told = "refuses the amended contract (exit 4): line 8: ␛[31mno good␛[0m."
    assert said.endswith(f"{told} Mend the contract on the default branch first.")


def test_a_validator_that_is_not_installed_is_told_as_that(stage: Stage) -> None:
    """The built-in rules still count, and nothing else is claimed."""
    stage.set(with_validator('[pv-of-another-world, validate, "{contract}"]'))

    said = stage.ask("run", "speak-001")

    assert said.status == 0
    assert net_effect(stage).count("exits 0") == 0
    assert (
        "built-in rules: 0 errors (`pv-of-another-world validate` was not run to its end: "
        "`pv-of-another-world` was not found)" in net_effect(stage)
    )


def test_a_validator_that_dies_is_told_as_that(stage: Stage) -> None:
    """A crash is neither yes nor no."""
    stage.set(with_validator("[sh, -c, 'kill -9 $$', \"{contract}\"]"))

    assert stage.ask("run", "speak-001").status == 0
    assert "was not run to its end: was ended by SIGKILL)" in net_effect(stage)


def test_a_change_that_the_built_in_rules_refuse_is_not_written(stage: Stage) -> None:
    """A flip without evidence is an error of ours, and stops before any validator runs."""
    stage.set(with_validator('["false", "{contract}"]'))
    workspace = open_workspace(stage.repo.folder)
    before = workspace.document(workspace.commit, CONTRACT_PATH)
    edits: list[Edit] = [FlipStatus("FALSIFY-SPEAK-001", "DISCHARGED"), BumpVersion("1.3.0")]

    with pytest.raises(EditError, match=r"would break contract/[a-z-]+: "):
        validate(workspace, before, amend(before.text, edits, CONTRACT_PATH), workspace.commit, execute=True)


def test_what_stood_wrong_before_does_not_stop_a_discharge(stage: Stage) -> None:
    """Errors that nobody brought in now, and warnings of any kind; the message counts the errors."""
    text = CONTRACT.replace("  prediction: a tune is heard\n", "  prediction: ''\n  status: Partial\n")
    stage.set({CONTRACT_PATH: f"{text}kind: schema\nqa_gate: {{pass_criteria: all 9 falsifiers pass}}\n"})

    said = stage.ask("run", "speak-001")

    assert said.status == 0
    assert "built-in rules: 0 errors brought in, 2 stood before" in net_effect(stage)
