"""The paths that a contract names: which are read, and which are missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reference import list_folders, read
from tests.app.stage import CONTRACT, CONTRACT_PATH, Stage
from tests.app.test_check import propose, tell

if TYPE_CHECKING:
    from tests.app.conftest import Repo

NAMED = CONTRACT.replace("  - 'one unit test'\n", "  - 'seen in evidence/first/smoke.log'\n", 1)
LOG = "evidence/first/smoke.log"


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("- 'see evidence/a-2026-05-04/findings.md.'", ["evidence/a-2026-05-04/findings.md"]),
        ("# (evidence/a/, contracts/b-v1.yaml)", ["evidence/a", "contracts/b-v1.yaml"]),
        ("- evidence/ship-007-.../findings.md", []),
        ("- evidence/*/findings.md and evidence/<topic>/x.md", []),
        ("- my-evidence/a.md, crates/contracts/a.yaml, evidence, contracts/", []),
        ("- https://example.org/evidence/a.md", []),
    ],
)
def test_a_path_is_read_where_it_is_one(line: str, paths: list[str]) -> None:
    """Not what stands for several, is abbreviated, or is a part of another path."""
    assert list(read(line)) == paths


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="evidnc/ors.-*<>{}'a1\u00e9 ", max_size=60))
def test_what_is_read_stands_in_the_line(line: str) -> None:
    """Whatever the line is."""
    assert all(path in line and path.startswith(("evidence/", "contracts/")) for path in read(line))


def test_folders_are_those_of_all_files() -> None:
    """Each once, and not the root."""
    assert list_folders(["a/b/c.md", "a/d.md", "e.md"]) == {"a", "a/b"}


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository with evidence that a contract names, and a contract that names what never was there."""
    stage = Stage(repo)
    old = NAMED.replace("prediction: a tune is heard", "prediction: a tune is heard  # evidence/never/was.md")
    stage.set({CONTRACT_PATH: old, LOG: "hello\n"})
    stage.repo.git("checkout", "--quiet", "-b", "side")
    return stage


def test_a_line_that_names_what_is_not_there_fails(stage: Stage) -> None:
    """At its line; what was missing before is a notice, and a contract may stand in another repository."""
    text = stage.repo.git("show", f"main:{CONTRACT_PATH}").rstrip("\n") + "\n"
    worded = text.replace("if_fails: silence", "if_fails: silence  # evidence/first/other.log, contracts/other-v1.yaml")

    said = propose(stage, {CONTRACT_PATH: worded})

    assert tell(said) == [
        f"error contract/dangling {CONTRACT_PATH}:28",
        f"warning contract/dangling {CONTRACT_PATH}:28",
        f"notice contract/dangling {CONTRACT_PATH}:26",
    ]
    assert said.data["findings"][0]["message"] == "evidence/first/other.log is named here, and is not there"


def test_evidence_that_goes_away_is_missed_by_the_contract_that_names_it(stage: Stage) -> None:
    """The contract itself is not touched; its folder counts as well."""
    stage.repo.git("rm", "--quiet", LOG)
    stage.repo.git("commit", "--quiet", "-m", "tidy up")

    said = stage.ask("check", "--base", "main", "--head", "side", "--json")

    assert (said.status, tell(said)[0]) == (1, f"error contract/dangling {CONTRACT_PATH}:15")
    assert said.data["findings"][0]["message"] == f"{LOG} is named here, and this change takes it away"
