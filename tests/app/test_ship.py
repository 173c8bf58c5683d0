"""Ship percentages: computed by weights at both ends of a stretch, never declared then, and contradictions told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.model import Contract, Falsifier, FalsifierId
from contracts.progress import weigh
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, SPEC, SPEC_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

WEIGHTS = "{DISCHARGED: 1, FUNCTIONAL: 0.75, PARTIAL_ALGORITHM_LEVEL: 0.5}"
COMPUTED = f"{CONFIG}models: {{MODEL-2: {{ship: {{weights: {WEIGHTS}, contracts: [contracts/speak-*.yaml]}}}}}}\n"
RAISED = CONTRACT.replace("status: FUNCTIONAL", "status: DISCHARGED")


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A model whose percentage is computed, and one that is declared."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: COMPUTED})
    return stage


def record(stage: Stage, *words: str) -> str:
    """Return the section that would be written."""
    said = stage.ask("amend", "--dry-run", "--json", *words)
    assert said.status == 0, said.err
    return "\n".join(line[1:] for line in said.data["diff"].splitlines() if line.startswith("+"))


def test_a_percentage_is_computed_at_both_ends(stage: Stage) -> None:
    """0.5 + 0.75 + 0 of three is 41.7; with the second one discharged it is 50, and the sum is shown."""
    start = stage.repo.git("rev-parse", "HEAD")
    stage.land("feat: discharge (#2)", {CONTRACT_PATH: RAISED})

    section = record(stage, "--since", start)

    words = "computed from weights: 1 DISCHARGED × 1 + 1 PARTIAL_ALGORITHM_LEVEL × 0.5 of 3 falsifiers"
    assert f"- **MODEL-2**: 41.7% → **50%** — {words}" in section
    assert "- **MODEL-1**: unchanged at **87%**" in section
    assert "Contradiction" not in section


def test_a_percentage_that_did_not_move_is_unchanged(stage: Stage) -> None:
    """The sum stands there all the same."""
    start = stage.repo.git("rev-parse", "HEAD")
    stage.land("docs: more (#2)", {"x": "y"})

    assert "- **MODEL-2**: unchanged at **41.7%** — computed from weights: " in record(stage, "--since", start)


def test_what_is_computed_cannot_be_declared(stage: Stage) -> None:
    """Neither in an amendment nor with a run: a sentence says why, and where the weights stand."""
    said = "the ship percentage of MODEL-2 is computed from the statuses of its contracts"
    stage.land("docs: more (#2)", {"x": "y"})

    assert said in stage.refuse("amend", "--ship", "MODEL-2 +1 because I say so")
    assert said in stage.refuse("run", "speak-001", "--ship", "MODEL-2 +1 because I say so")


def test_a_statement_that_the_weights_do_not_make_is_told(stage: Stage) -> None:
    """The statuses win, and what somebody wrote is not hidden."""
    start = stage.repo.git("rev-parse", "HEAD")
    stage.land("feat: x (#2)\n\n- MODEL-2 ship %: 41.7% → 60% (a feeling)\n", {"x": "y"})

    section = record(stage, "--since", start)

    assert "- **MODEL-2**: unchanged at **41.7%**" in section
    assert "- **Contradiction**: 60% is stated of MODEL-2, and its statuses make 41.7% by their weights" in section
    assert "a feeling" not in section


def test_what_cannot_be_computed_is_said(stage: Stage) -> None:
    """A contract that cannot be read makes no percentage: none is guessed from the others."""
    stage.land("chore: break it (#2)", {"contracts/speak-v2.yaml": "a: [\n"})

    section = record(stage)

    words = "- **Contradiction**: the ship percentage of MODEL-2 cannot be computed: contracts/speak-v2.yaml"
    assert f"{words} cannot be read" in section
    assert "- **MODEL-2**" not in section


def test_a_move_that_two_sections_claim_is_told_by_the_next(repo: Repo) -> None:
    """§1 and §2 both say 86 → 87: the next amendment shows it."""
    stage = Stage(repo)
    moved = SPEC.replace("87% — a start", "86% → 87% — a start")
    stage.set({SPEC_PATH: f"{moved}\n## §2. Again (2026-04-02)\n\n- **MODEL-1**: 86% → **87%** — the same\n"})

    section = record(stage)

    assert "- **Contradiction**: §2 moves MODEL-1 86% → 87%, as §1 did already" in section
    assert "Tally and percentages follow" not in stage.ask("amend", "--dry-run", "--json").data["plan"][0]["message"]


STATUS = st.sampled_from([None, "DISCHARGED", "FUNCTIONAL", "WITHDRAWN", "PARTIAL_ALGORITHM_LEVEL"])


@given(st.lists(STATUS, max_size=30), st.dictionaries(st.sampled_from(["DISCHARGED", "FUNCTIONAL"]), st.floats(0, 1)))
def test_a_computed_percentage_is_one(statuses: list[str | None], weights: dict[str, float]) -> None:
    """It lies between 0 and 100, is 100 only if all weigh one, and does not depend on the order."""
    ids = [FalsifierId(f"FALSIFY-X-{n}") for n in range(len(statuses))]
    contract = Contract("x.yaml", None, None, tuple(map(Falsifier, ids, statuses)))
    turned = Contract("y.yaml", None, None, tuple(map(Falsifier, ids, reversed(statuses))))

    share = weigh([contract], weights)

    assert (share is None) == (not statuses)
    if share:
        assert 0 <= share.percent <= 100
        assert share == weigh([turned], weights)
        assert any(status not in weights for status in statuses) <= (share.percent < 100 or len(statuses) > 2000)
