"""`discharge check --sarif`: what code scanning is told, held against the schema of the committee that owns SARIF."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft4Validator

from app.catalog import RULES
from app.sarif import render
from contracts.error import Place
from contracts.finding import Finding
from contracts.rule import lower
from tests.app.stage import CONTRACT, CONTRACT_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

SCHEMA = Path(__file__).parents[1] / "oracle" / "sarif.json.gz"
TEXT_OF_SCHEMA = gzip.decompress(SCHEMA.read_bytes()).decode().replace("{2}]?$", r"{2}\\]?$")
"""The owner's, with one bracket of one pattern escaped: strict readers of patterns do not take it bare."""
VALIDATOR = Draft4Validator(json.loads(TEXT_OF_SCHEMA), validate_formats=True)
FLIPPED = CONTRACT.replace("status: FUNCTIONAL\n", "status: DISCHARGED\n")
FINDING = Finding("contract/version-floor", "error", Place(CONTRACT_PATH, 4, 3), "raise it", "  version: 1.3.0")


def results(*findings: Finding) -> list[dict[str, Any]]:
    """Return the results of a log that the schema takes."""
    log = render(findings, RULES)
    assert [str(error) for error in VALIDATOR.iter_errors(log)] == []
    return list(log["runs"][0]["results"])


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository in which everything agrees, with the change to come on a branch of its own."""
    stage = Stage(repo)
    stage.set()
    stage.repo.git("checkout", "--quiet", "-b", "side")
    return stage


def test_two_forms_of_one_document_are_a_mistake(stage: Stage) -> None:
    """Whoever asks for both would get one of them, and not know which."""
    said = stage.ask("check", "--base", "main", "--head", "side", "--sarif", "--json")

    assert (said.status, "two forms of one document" in said.out + said.err) == (2, True)


def test_the_program_prints_a_log_that_the_schema_takes(stage: Stage) -> None:
    """Rules, results, places and fixes of a flip by hand; the exit status is the same as without."""
    stage.land("a flip", {CONTRACT_PATH: FLIPPED})
    asked = ("check", "--base", "main", "--head", "side")

    said, plain = stage.ask(*asked, "--sarif"), stage.ask(*asked, "--json")

    assert (said.status, plain.status) == (1, 1)
    assert [str(error) for error in VALIDATOR.iter_errors(said.data)] == []
    run = said.data["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [f["rule"] for f in plain.data["findings"]]
    told = [r["locations"][0]["physicalLocation"] for r in run["results"]]
    assert [t["region"]["startLine"] for t in told] == [f["line"] for f in plain.data["findings"]]
    fixed = {r["ruleId"]: r["fixes"][0]["artifactChanges"][0]["replacements"] for r in run["results"] if "fixes" in r}
    version = next(f for f in plain.data["findings"] if f["rule"] == "contract/version-floor")
    wanted = {"deletedRegion": {"startLine": version["line"]}, "insertedContent": {"text": version["suggestion"]}}
    assert fixed["contract/version-floor"] == [wanted]


def test_the_schema_refuses_what_is_none() -> None:
    """A log without a version, a level that there is not, a line before the first: the validator sees them."""
    log = render([FINDING], RULES)
    result = log["runs"][0]["results"][0]

    for wrong in (
        {**log, "version": "2"},
        {**log, "runs": [{**log["runs"][0], "results": [{**result, "level": "notice"}]}]},
        {**log, "runs": [{"results": []}]},
    ):
        assert not VALIDATOR.is_valid(wrong)


def test_every_rule_says_what_it_asks_for() -> None:
    """All rules stand in the log, each with one sentence, the whole text, and its level."""
    rules = render([], RULES)["runs"][0]["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    assert all(rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"]) for rule in rules)
    assert {rule["defaultConfiguration"]["level"] for rule in rules} <= {"error", "warning", "note"}


def test_a_finding_is_recognised_when_lines_move() -> None:
    """Its fingerprint knows rule, file and sentence, and not the line; whether it stood before changes nothing."""
    moved, stood = replace(FINDING, place=Place(CONTRACT_PATH, 400, 1)), lower(FINDING)
    prints = [results(one)[0]["partialFingerprints"] for one in (FINDING, moved, stood)]
    others = [
        results(replace(FINDING, **change))[0]["partialFingerprints"]
        for change in ({"rule": "contract/gone"}, {"message": "lower it"}, {"place": Place("b.yaml", 4, 3)})
    ]

    assert prints[0] == prints[1] == prints[2]
    assert all(other != prints[0] for other in others)


def test_the_same_said_twice_in_a_file_is_two_findings() -> None:
    """They are numbered from the top, so that mending one closes one."""
    twice = results(FINDING, replace(FINDING, place=Place(CONTRACT_PATH, 9, 3)))

    ends = [result["partialFingerprints"]["finding/v1"].rpartition(":")[2] for result in twice]
    assert ends == ["1", "2"]


def test_what_is_borne_with_is_suppressed_with_its_reason() -> None:
    """Code scanning closes it, and shows why."""
    (result,) = results(replace(FINDING, severity="notice", borne="known since March"))

    assert result["level"] == "note"
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "known since March"}]


def test_a_sentence_is_no_placeholder_and_no_link() -> None:
    """Braces are doubled, and what would begin a link is escaped, as SARIF wants it."""
    (result,) = results(replace(FINDING, message="{0} and [a link](https://example.org) and [x]"))

    assert result["message"]["text"] == r"{{0}} and \[a link](https://example.org) and [x]"


TEXT = st.text(max_size=60)


@given(st.lists(st.builds(Finding, TEXT, st.sampled_from(["error", "warning", "notice"]),
    st.builds(Place, TEXT, st.integers(0, 9), st.integers(0, 9)), TEXT, TEXT, st.booleans(), TEXT)))  # fmt: skip
def test_any_finding_makes_a_valid_log(findings: list[Finding]) -> None:
    """Any path, line and sentence; and every fingerprint is its own."""
    told = results(*findings)

    assert len(told) == len(findings)
    assert len({r["partialFingerprints"]["finding/v1"] for r in told}) == len(told)
