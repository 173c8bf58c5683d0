"""Ways around the check that people could take: none of them hides what a change does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.redo import KEYED
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, SPEC, SPEC_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

FLIPPED = CONTRACT.replace("status: FUNCTIONAL\n", "status: DISCHARGED\n")


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository that demands signed receipts."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: KEYED})
    return stage


def rules(stage: Stage, base: str = "main") -> set[str]:
    """Return the rules that find an error in what stands on the branch `side`."""
    found = stage.ask("check", "--base", base, "--head", "side", "--json").data["findings"]
    return {f["rule"] for f in found if f["severity"] == "error"}


def branch(stage: Stage) -> None:
    """Begin a change."""
    stage.repo.git("checkout", "--quiet", "-b", "side")


def test_a_contract_that_moves_is_still_the_same(stage: Stage) -> None:
    """A renamed file hides neither a discharge nor that the version stays."""
    branch(stage)
    stage.repo.git("mv", CONTRACT_PATH, "contracts/sing-v2.yaml")
    stage.land("move and flip", {"contracts/sing-v2.yaml": FLIPPED})

    assert rules(stage) >= {"evidence/unwarranted", "contract/version-floor", "contract/evidence-missing"}


def test_a_contract_that_is_born_discharged_needs_its_receipt(stage: Stage) -> None:
    """Whoever adds one with a discharge in it claims as much as whoever flips one."""
    branch(stage)
    stage.land("add", {"contracts/sing-v1.yaml": FLIPPED.replace("FALSIFY-SPEAK", "FALSIFY-SING")})

    assert rules(stage) == {"evidence/unwarranted"}


def test_an_old_fork_point_does_not_choose_the_rules(repo: Repo) -> None:
    """The configuration of the branch that a change is merged into acts, not the one where the change began."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: CONFIG})
    branch(stage)
    stage.land("flip", {CONTRACT_PATH: FLIPPED})
    stage.repo.git("checkout", "--quiet", "main")
    stage.land("demand signatures", {CONFIG_PATH: KEYED})

    assert "evidence/unwarranted" in rules(stage)


def test_a_doubled_id_hides_no_discharge(stage: Stage) -> None:
    """Of two falsifiers with one id, the second is told apart from the first."""
    head, _, rest = FLIPPED.partition("falsification_tests:\n")
    first = "falsification_tests:\n- id: FALSIFY-SPEAK-009\n  status: DISCHARGED\n  evidence: [one]\n"
    second = "- id: FALSIFY-SPEAK-009\n  status: FUNCTIONAL\n  evidence: [one]\n"
    stage.land("twice", {CONTRACT_PATH: CONTRACT.partition("falsification_tests:\n")[0] + first + second + rest})
    branch(stage)
    stage.land(
        "flip",
        {
            CONTRACT_PATH: (stage.repo.folder / CONTRACT_PATH)
            .read_text()
            .replace(second, second.replace("FUNCTIONAL", "DISCHARGED"))
        },
    )

    assert rules(stage) >= {"evidence/unwarranted", "contract/evidence-missing"}
    assert head


def test_what_stood_is_a_notice_also_where_its_rule_is_graver(stage: Stage) -> None:
    """A comment fails nothing, whatever the contract named before that was not there."""
    named = CONTRACT + "# evidence/gone/log.txt\n"
    stage.land(
        "name it", {CONTRACT_PATH: named, CONFIG_PATH: KEYED + "rules: {severity: {contract/dangling: error}}\n"}
    )
    branch(stage)
    stage.land("a comment", {CONTRACT_PATH: named + "# a comment\n"})

    assert rules(stage) == set()


def test_a_broken_configuration_at_the_base_lets_nobody_choose_the_rules(stage: Stage) -> None:
    """The newest one that can be read acts."""
    stage.land("break it", {CONFIG_PATH: KEYED + "bogus: 1\n"})
    branch(stage)
    stage.land("mend it, mildly", {CONFIG_PATH: KEYED + 'rules: {severity: {"**": "off"}}\n', CONTRACT_PATH: FLIPPED})

    assert "evidence/unwarranted" in rules(stage)


def test_taking_the_configuration_away_is_an_error(stage: Stage) -> None:
    """Nothing would be asked of anybody after it."""
    branch(stage)
    stage.repo.git("rm", "--quiet", CONFIG_PATH)
    stage.repo.git("commit", "--quiet", "-m", "away")

    assert rules(stage) == {"config/gone"}


MOVED = "docs/record.md"


def point(stage: Stage, path: str) -> None:
    """Have the change's own configuration name another file as the spec."""
    stage.land("point", {CONFIG_PATH: KEYED.replace(SPEC_PATH, path)})


def test_a_spec_that_moves_is_still_the_same(stage: Stage) -> None:
    """A renamed file hides neither a figure that moved nor a section without a version."""
    branch(stage)
    stage.repo.git("mv", SPEC_PATH, MOVED)
    text = SPEC + "\n## §2. Invented (2026-05-04)\n\nCoverage tally: 20+20 → **48+0**.\n"
    stage.land("move and add", {MOVED: text})
    point(stage, MOVED)

    assert rules(stage) == {"spec/version-unmoved", "spec/tally-chain"}


def test_a_spec_that_moves_with_all_its_sections_passes(stage: Stage) -> None:
    """Where the configuration follows; else the file is gone."""
    branch(stage)
    stage.repo.git("mv", SPEC_PATH, MOVED)
    stage.land("move", {})
    assert rules(stage) == {"spec/gone", "config/invalid"}
    point(stage, MOVED)

    assert rules(stage) == set()


def test_a_spec_does_not_go_by_naming_another_file(stage: Stage) -> None:
    """Neither under its name nor under a new one; a spec that is only left out is a warning."""
    branch(stage)
    stage.land("readme", {"README.md": "# About\n\nVersion: 2.4.0\n"})
    point(stage, "README.md")
    assert rules(stage) == {"spec/gone"}

    stage.repo.git("rm", "--quiet", SPEC_PATH)
    stage.land("rename", {CONFIG_PATH: KEYED.replace(SPEC_PATH, "README.md").replace("name: speak", "name: about")})
    assert "spec/gone" in rules(stage)

    stage.land(
        "leave out",
        {SPEC_PATH: SPEC, CONFIG_PATH: KEYED.replace(SPEC_PATH, "README.md").replace("name: speak", "name: about")},
    )
    found = stage.ask("check", "--base", "main", "--head", "side", "--json").data["findings"]
    assert [f["severity"] for f in found if f["rule"] == "spec/gone"] == ["warning"]
