"""What a repository bears with, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.leniency import apply
from app.schema import RulesConfig
from contracts.error import Place
from contracts.finding import Finding
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, Said, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

FOUND = Finding("contract/dangling", "error", Place("contracts/x-v1.yaml", 7, 1), "evidence/a is not there")
SUPPRESSED = {
    "rule": "contract/dangling",
    "path": "contracts/*.yaml",
    "until": "2026-05-04",
    "reason": "its evidence moved away",
}


def weigh(rules: dict[str, object], finding: Finding = FOUND, today: str = "2026-05-04") -> list[Finding]:
    """Return what is left of a finding."""
    return list(apply([finding], RulesConfig.model_validate(rules), today))


@pytest.mark.parametrize(
    ("severity", "left"),
    [
        ({"contract/dangling": "notice"}, ["notice"]),
        ({"contract/*": "warning"}, ["warning"]),
        ({"contract/*": "off", "contract/dangling": "warning"}, ["warning"]),
        ({"contract/dangling": "off"}, []),
        ({"spec/*": "off"}, ["error"]),
    ],
)
def test_a_rule_has_the_severity_that_is_configured(severity: dict[str, str], left: list[str]) -> None:
    """By its own id first, then by the first pattern."""
    assert [f.severity for f in weigh({"severity": severity})] == left


def test_what_stood_before_a_change_is_never_made_graver() -> None:
    """Whoever raises a severity does not make every later change fail."""
    stood = Finding(FOUND.rule, "notice", FOUND.place, FOUND.message, stood=True)

    assert weigh({"severity": {"contract/dangling": "error"}}, stood) == [stood]


def test_a_suppressed_finding_says_why_and_until_when() -> None:
    """On the last day it is still borne with."""
    (left,) = weigh({"suppress": [SUPPRESSED]})

    assert (left.severity, left.borne) == ("notice", "its evidence moved away")
    assert left.message == "evidence/a is not there (borne with until 2026-05-04: its evidence moved away)"


def test_a_suppression_that_ended_covers_nothing() -> None:
    """The finding is as grave as before, and says what happened."""
    (left,) = weigh({"suppress": [SUPPRESSED]}, today="2026-05-05")

    assert (left.severity, left.message) == ("error", "evidence/a is not there (its suppression ended on 2026-05-04)")


@pytest.mark.parametrize("other", [{"rule": "spec/*"}, {"path": "docs/**"}, {"contains": "evidence/b"}])
def test_a_suppression_covers_only_what_it_names(other: dict[str, str]) -> None:
    """Another rule, another file, other words."""
    assert weigh({"suppress": [{**SUPPRESSED, **other}]}) == [FOUND]


BROKEN = CONTRACT.replace("version: 1.2.0", "version: 1.1.0")


def propose(stage: Stage, before: str, after: str) -> Said:
    """Land a configuration, then propose another one together with a contract that breaks a rule."""
    stage.land("configure", {CONFIG_PATH: before})
    stage.repo.git("checkout", "--quiet", "-b", "side")
    stage.land("a change", {CONFIG_PATH: after, CONTRACT_PATH: BROKEN})
    return stage.ask("check", "--base", "main", "--head", "side", "--json")


LENIENT = CONFIG + "rules: {severity: {contract/version-back: notice}}\n"


def test_a_change_does_not_bring_in_what_lets_it_pass(repo: Repo) -> None:
    """The configuration at the base is what acts."""
    stage = Stage(repo)
    stage.set()

    assert propose(stage, CONFIG, LENIENT).status == 1


def test_what_the_base_bears_with_passes(repo: Repo) -> None:
    """Even where the change takes it back."""
    stage = Stage(repo)
    stage.set()

    assert propose(stage, LENIENT, CONFIG).status == 0


def test_a_configuration_that_breaks_hides_no_other_mistake(repo: Repo) -> None:
    """The rules go on by the configuration at the base."""
    stage = Stage(repo)
    stage.set()

    said = propose(stage, CONFIG, "version: 7\n")

    assert {f["rule"] for f in said.data["findings"]} >= {"config/invalid", "contract/version-back"}
