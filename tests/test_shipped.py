"""The hook for pre-commit and the workflow for GitHub Actions, as they ship: what they say is what is run here."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft7Validator

from contracts.document import read
from tests.app.conftest import Repo
from tests.app.stage import CONTRACT, CONTRACT_PATH, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "check.yml"
SCHEMA = ROOT / "tests" / "oracle" / "workflow.json.gz"
FLIPPED = CONTRACT.replace("status: FUNCTIONAL\n", "status: DISCHARGED\n")
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def values(path: Path) -> Any:
    """Return what a YAML file says."""
    return read(path.read_text(encoding="utf-8"), path.name).data


def steps() -> list[dict[str, Any]]:
    """Return the steps of the one job."""
    (job,) = values(WORKFLOW)["jobs"].values()
    return list(job["steps"])


def do(argv: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command line with our program on the PATH, as a person who installed it has it."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    known |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **env}
    return subprocess.run(argv, cwd=folder, env=known, capture_output=True, text=True, check=False)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A repository in which everything agrees."""
    stage = Stage(Repo(tmp_path / "repo"))
    stage.set()
    return stage


@pytest.mark.parametrize(("text", "status"), [(CONTRACT + "# a comment\n", 0), (FLIPPED, 1)])
def test_the_hook_lets_a_good_change_through_and_stops_a_bad_one(stage: Stage, text: str, status: int) -> None:
    """Its entry is run as pre-commit runs it: in the repository, without names of files."""
    (hook,) = values(ROOT / ".pre-commit-hooks.yaml")
    stage.repo.write({CONTRACT_PATH: text})
    stage.repo.git("add", "--all")

    done = do(shlex.split(hook["entry"]), stage.repo.folder)

    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    assert done.returncode == status, done.stdout + done.stderr


def test_the_workflow_is_one_as_githubs_schema_has_it() -> None:
    """Everything that its callers rely on is where GitHub looks for it."""
    validator = Draft7Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))

    assert [str(error) for error in validator.iter_errors(values(WORKFLOW))] == []
    assert not validator.is_valid({**values(WORKFLOW), "jobs": {"check": {"steps": []}}})


def test_the_workflow_trusts_nobody() -> None:
    """It may only read; actions are named by commit, and no value from outside is pasted into a script."""
    whole = values(WORKFLOW)
    used = [step["uses"] for step in steps() if "uses" in step]

    assert whole["permissions"] == {"contents": "read"}
    assert list(whole["on"]) == ["workflow_call"]
    assert len(used) == 3
    assert all(PINNED.fullmatch(action) for action in used)
    assert not any("${{" in step.get("run", "") for step in steps())
    assert steps()[0]["with"] == {"fetch-depth": 0, "persist-credentials": False}


def check_out(stage: Stage, folder: Path, commit: str) -> Path:
    """Clone as Actions does: the head is detached, and no branch of its own stands there."""
    there = folder / "checkout"
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", stage.repo.folder, there], check=True)
    for args in (("checkout", "--quiet", "--detach", commit), ("branch", "--quiet", "-D", "main")):
        subprocess.run(["git", *args], cwd=there, check=True)
    return there


def check(folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script of the step that checks, with the shell that it names."""
    (step,) = [step for step in steps() if "discharge check" in step.get("run", "")]
    assert step["shell"] == "bash"
    return do(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], folder, **env)


@pytest.mark.parametrize(("text", "status"), [(CONTRACT + "# a comment\n", 0), (FLIPPED, 1)])
def test_the_workflow_checks_a_pull_request_against_where_it_began(
    stage: Stage, tmp_path: Path, text: str, status: int
) -> None:
    """What landed on the base meanwhile is no part of the change; SARIF is kept whatever the verdict."""
    stage.repo.git("checkout", "--quiet", "-b", "side")
    head = stage.repo.commit("a change", {CONTRACT_PATH: text})
    stage.repo.git("checkout", "--quiet", "main")
    base = stage.repo.commit("later", {"docs/later.md": "later\n"})
    folder = check_out(stage, tmp_path, head)

    done = check(folder, {"BASE": base, "HEAD": head, "BRANCH": "main", "SARIF": "true"})

    assert done.returncode == status, done.stdout + done.stderr
    log = json.loads((folder / "discharge.sarif").read_text())
    assert bool(log["runs"][0]["results"]) == bool(status)


def test_the_workflow_takes_a_new_branch_as_new_and_compares_what_has_nothing_in_common(
    stage: Stage, tmp_path: Path
) -> None:
    """Git writes zeros for a branch that was nowhere; a base of another history is compared as it stands."""
    head = stage.repo.git("rev-parse", "HEAD")
    folder = check_out(stage, tmp_path, head)
    env = {"HEAD": head, "BRANCH": "main", "SARIF": "false"}
    tree = subprocess.run(["git", "mktree"], cwd=folder, input="", capture_output=True, text=True, check=True).stdout
    args = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit-tree", tree.strip(), "-m", "x"]
    other = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()

    new, apart = check(folder, {**env, "BASE": "0" * 40}), check(folder, {**env, "BASE": other})

    assert (new.returncode, new.stdout) == (0, "no findings\n"), new.stderr
    assert (apart.returncode, apart.stdout) == (0, "no findings\n"), apart.stderr
