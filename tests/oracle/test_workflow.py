"""The workflows that ship, as GitHub's own parser reads them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import npm

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "runners" / "discharge-smoke.yml"
CHECK = ROOT / ".github" / "workflows" / "check.yml"
SLIPS = {
    "Unexpected value 'run-on'": ("    runs-on:", "    run-on:"),
    "Unrecognized named-value: 'input'": ("${{ fromJSON(inputs.labels) }}", "${{ fromJSON(input.labels) }}"),
    "Unrecognized function: 'alway'": ("if: ${{ always() }}", "if: ${{ alway() }}"),
    "Unexpected value 'content'": ("  contents: read", "  content: read"),
}
"""What the parser says of a slip → the words that are right, and the slip."""
modules = npm.modules


@pytest.fixture(scope="module")
def said(modules: Path) -> dict[str, Any]:
    """What GitHub's parser says of the workflows that ship, and of slips; one process, because Node starts slowly."""
    right = {"smoke": SMOKE.read_text(encoding="utf-8"), "check": CHECK.read_text(encoding="utf-8")}
    wrong = {name: right["smoke"].replace(good, bad) for name, (good, bad) in SLIPS.items()}
    done = subprocess.run(
        ["node", str(npm.HERE / "workflow.mjs")],
        env={"PATH": os.environ["PATH"], "MODULES": str(modules)},
        input=json.dumps(right | wrong), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_github_reads_the_workflow_of_a_smoke(said: dict[str, Any]) -> None:
    """No error; the inputs, the labels and the steps are what the App relies on."""
    assert said["smoke"]["errors"] == []
    template = said["smoke"]["template"]
    (job,) = template["jobs"]
    assert list(template["events"]["workflow_dispatch"]["inputs"]) == ["run", "commit", "smoke", "labels", "job"]
    assert job["runs-on"]["expr"] == "fromJSON(inputs.labels)"
    assert [step["uses"].partition("@")[0] if "uses" in step else step["run"] for step in job["steps"]] == [
        "actions/checkout",
        'exec python3 -I -m runners.action subject "$RUNNER_TEMP/bundle"',
        "actions/upload-artifact",
    ]


def test_github_reads_the_workflow_that_checks(said: dict[str, Any]) -> None:
    """The one that other repositories call."""
    assert said["check"]["errors"] == []


@pytest.mark.parametrize("slip", SLIPS)
def test_the_parser_finds_a_slip(said: dict[str, Any], slip: str) -> None:
    """What it lets through is worth something: a key, a variable, a function or a permission misspelt is named."""
    (error, *_) = said[slip]["errors"]

    assert slip in error
