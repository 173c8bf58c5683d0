"""The paths that a contract names: which are read, and which are missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reference import list_folders, list_names, read
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


def test_names_are_those_of_yaml_files() -> None:
    """Wherever they lie; the ending is left out."""
    assert list_names(["contracts/a-v1.yaml", "x/y/b.yml", "c.md", "d"]) == {"a-v1", "b"}


BASED = CONTRACT.replace("  status: ACTIVE\n", "  status: ACTIVE\n  depends_on:\n  - sing-v1\n  - elsewhere-v1\n", 1)
SING = "contracts/sing-v1.yaml"


@pytest.fixture
def based(repo: Repo) -> Stage:
    """A repository with a contract that depends on one that is there, and on one that never was."""
    stage = Stage(repo)
    stage.set({CONTRACT_PATH: BASED, SING: CONTRACT.replace("SPEAK", "SING")})
    stage.repo.git("checkout", "--quiet", "-b", "side")
    return stage


def test_a_contract_that_another_depends_on_is_there(based: Stage) -> None:
    """A new dependence on nothing fails, on its line; what was missing before is a notice."""
    said = propose(based, {CONTRACT_PATH: BASED.replace("  - sing-v1\n", "  - sing-v1\n  - sign-v1\n")})

    assert tell(said) == [
        f"error contract/dangling {CONTRACT_PATH}:6",
        f"notice contract/dangling {CONTRACT_PATH}:7",
    ]
    assert said.data["findings"][0]["message"] == "it depends on sign-v1, and no contract of that name is there"


def test_a_contract_that_goes_away_is_missed_by_those_that_depend_on_it(based: Stage) -> None:
    """They are not touched themselves."""
    based.repo.git("rm", "--quiet", SING)
    based.repo.git("commit", "--quiet", "-m", "tidy up")

    said = based.ask("check", "--base", "main", "--head", "side", "--json")

    assert tell(said)[0] == f"error contract/dangling {CONTRACT_PATH}:5"
    assert said.data["findings"][0]["message"] == "it depends on sing-v1, and this change takes it away"


@pytest.mark.parametrize(
    "value", ["[]", "null", "sing-v1", "{a: b}", "[[sing-v1], 7, null]", "[contracts/sing-v1.yaml]"]
)
def test_a_dependence_of_another_shape_is_left_alone(based: Stage, value: str) -> None:
    """Numbers, lists in lists, mappings; one name alone is read, and so is a path."""
    text = BASED.replace("\n  - sing-v1\n  - elsewhere-v1\n", f" {value}\n")

    assert tell(propose(based, {CONTRACT_PATH: text})) == []
