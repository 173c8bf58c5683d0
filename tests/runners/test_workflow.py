"""The workflow of a smoke as data: who can start it, what it may do, and what of it comes from outside."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft7Validator

from contracts.document import read
from runners import action

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "runners" / "discharge-smoke.yml"
TEXT = PATH.read_text(encoding="utf-8")
SCHEMA = ROOT / "tests" / "oracle" / "workflow.json.gz"
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


def whole() -> Any:
    """Return what the workflow says."""
    return read(TEXT, PATH.name).data


def steps() -> list[dict[str, Any]]:
    """Return the steps of its one job."""
    (job,) = whole()["jobs"].values()
    return list(job["steps"])


def test_it_is_a_workflow_as_the_schema_has_it() -> None:
    """Every key is where GitHub looks for it."""
    validator = Draft7Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))

    assert [str(error) for error in validator.iter_errors(whole())] == []


def test_only_who_may_write_starts_it() -> None:
    """Nothing that a fork or a comment can trigger; dispatching asks for the right to write, and for every input."""
    assert list(whole()["on"]) == ["workflow_dispatch"]
    inputs = whole()["on"]["workflow_dispatch"]["inputs"]
    assert [(name, each["type"], each["required"]) for name, each in inputs.items()] == [
        (name, "string", True) for name in ("run", "commit", "smoke", "labels", "job")
    ]
    assert "pull_request" not in TEXT


def test_it_may_read_and_nothing_else() -> None:
    """One permission for the whole file, no job has its own, no secret is mentioned, no token stays in the checkout."""
    (job,) = whole()["jobs"].values()

    assert whole()["permissions"] == {"contents": "read"}
    assert not {"permissions", "secrets", "environment", "container", "services", "env"} & job.keys()
    assert re.search(r"secrets|github\.token|GITHUB_TOKEN", TEXT) is None
    assert steps()[0]["with"] == {"ref": "${{ inputs.commit }}", "path": "subject", "persist-credentials": False}


def test_every_action_is_named_by_its_commit() -> None:
    """A tag can be moved, a commit cannot; the version stands beside it for people."""
    used = [line.strip() for line in TEXT.splitlines() if re.search(r"\buses:", line)]

    assert len(used) == 2
    assert all(PINNED.fullmatch(line.removeprefix("- ")) for line in used)
    assert "docker://" not in TEXT


def test_no_value_from_outside_is_part_of_a_script() -> None:
    """Scripts are constant; inputs come as variables, which the harness reads, and go nowhere else but to actions."""
    (script,) = [step for step in steps() if "run" in step]

    assert "${{" not in script["run"]
    assert script["env"] == {
        action.RUN: "${{ inputs.run }}",
        action.COMMIT: "${{ inputs.commit }}",
        action.JOB: "${{ inputs.job }}",
    }
    assert set(EXPRESSION.findall(TEXT)) == {
        "always()",
        "fromJSON(inputs.labels)",
        "inputs.commit",
        "inputs.job",
        "inputs.run",
        "inputs.smoke",
        "runner.temp",
    }


def test_what_comes_back_is_one_file_under_the_runs_name_for_a_day() -> None:
    """Whatever happened before, and a run that left nothing is told as that."""
    last = steps()[-1]

    assert last["if"] == "${{ always() }}"
    assert last["with"] == {
        "name": "discharge-${{ inputs.run }}",
        "path": "${{ runner.temp }}/bundle",
        "if-no-files-found": "error",
        "retention-days": 1,
    }


def test_the_example_has_the_workflow_that_ships() -> None:
    """The copy that people look at is the one that is tested."""
    assert (ROOT / "examples/g2p/.github/workflows/discharge-smoke.yml").read_text(encoding="utf-8") == TEXT
