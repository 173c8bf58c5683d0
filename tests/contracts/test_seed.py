"""The changes that the idea comes from, made again: under the default configuration the rules have nothing to say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.check import check as check_all
from contracts.document import read
from contracts.model import Ladder
from contracts.policy import Policy
from contracts.rules import check, check_change
from tests.app.conftest import Repo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from contracts.finding import Finding

FLAGSHIP = "aprender/apr-cpu-vs-gpu-output-parity-v1.yaml"
DISTILL = """\
metadata:
  kind: schema
  version: 1.0.0
  status: ACTIVE
falsification_tests:
- id: FALSIFY-APR-DISTILL-TRAIN-004
  rule: the student's loss goes down
  prediction: the loss after 100 steps is at most 0.9 of the first
  test: cargo test distill
  if_fails: nothing is learned
  algorithm_evidence:
    status: PARTIAL_ALGORITHM_LEVEL
    last_verified: '2026-05-02'
    test_locations:
    - crates/train/tests/distill.rs
- id: FALSIFY-APR-DISTILL-TRAIN-005
  rule: the precomputed logits are the same bytes every time
  prediction: two runs write files of the same digest
  test: cargo test precompute
  if_fails: a cache cannot be trusted
- id: FALSIFY-APR-DISTILL-TRAIN-006
  rule: training goes on where it stopped
  prediction: a resumed run ends with the weights of an uninterrupted one
  test: cargo test resume
  if_fails: a crash costs the whole run
"""
BLOCK = """\
  algorithm_evidence:
    status: PARTIAL_ALGORITHM_LEVEL
    last_verified: '2026-05-03'
    test_locations:
    - crates/train/tests/{0}.rs
    notes: |
      Two unit tests, local and remote.
"""


def changed(before: str, after: str) -> tuple[Finding, ...]:
    """Return what the rules find in a change, under the default policy and ladder."""
    return check_change(read(before, "c.yaml"), read(after, "c.yaml"), Policy(), Ladder())


def discharge(text: str, ids: list[str], versions: tuple[str, str], said: str) -> str:
    """Return a contract in which somebody discharged falsifiers by hand, as it was done then."""
    for id_ in ids:
        head, _, tail = text.partition(f"- id: {id_}\n")
        body, mark, rest = (
            tail.partition("\n- id: ") if "\n- id: " in tail else tail.partition("\nobligation_coverage:")
        )
        status = next(line for line in body.split("\n") if line.startswith("  status: "))
        body = body.replace(status, "  status: DISCHARGED").rstrip("\n") + f'\n  - "LIVE 2026-05-04: {said}"\n'
        text = f"{head}- id: {id_}\n{body}{mark}{rest}"
    old, new = versions
    text = text.replace(f"  version: {old}\n", f"  version: {new}\n", 1)
    return text.replace("  changelog:\n", f"  changelog:\n  - '{new} — 2026-05-04 — {said}'\n", 1)


def test_the_two_discharges_of_the_flagship_pass(corpus: Callable[[str], str]) -> None:
    """#1445 and #1446: 1.3.0 → 1.4.0 with 005, then 1.5.0 with the other four."""
    text = corpus(FLAGSHIP)
    steps = json.loads(corpus("aprender/transitions.json"))["steps"][:2]

    for step in steps:
        old, _, new = step["contract"].partition(" -> ")
        after = discharge(text, step["discharged"], (old, new), "the smoke showed what was predicted")
        assert changed(text, after) == ()
        text = after

    contract = read(text).contract
    assert contract is not None
    assert {falsifier.status for falsifier in contract.falsifiers} == {"DISCHARGED"}


@pytest.mark.parametrize(("number", "test"), [("005", "precompute"), ("006", "resume")])
def test_a_promise_that_is_bound_to_tests_passes_without_a_bump(number: str, test: str) -> None:
    """#1438 and #1439: unbound → partial with a block of evidence, and the version stayed."""
    before, mark, after = DISTILL.partition(f"- id: FALSIFY-APR-DISTILL-TRAIN-{number}\n")
    body, following, rest = after.partition("- id: ")

    assert check(read(DISTILL), Ladder()) == ()
    assert changed(DISTILL, f"{before}{mark}{body}{BLOCK.format(test)}{following}{rest}") == ()


def test_a_status_that_was_claimed_without_its_block_is_told() -> None:
    """Drift: two of that contract's promises were called partial, and had no evidence in it."""
    bare = DISTILL + "  status: PARTIAL_ALGORITHM_LEVEL\n"

    found = changed(DISTILL, bare)

    assert [(f.severity, f.rule, f.place.line) for f in found] == [
        ("warning", "contract/partial-without-evidence", 26),
        ("error", "contract/version-floor", 3),
    ]
    assert found[0].message == "FALSIFY-APR-DISTILL-TRAIN-006 claims PARTIAL_ALGORITHM_LEVEL, and has no evidence"


def test_the_whole_check_passes_the_two_discharges(corpus: Callable[[str], str], tmp_path: Path) -> None:
    """With their evidence, in git, under the smallest configuration: without keys the receipts are missed mildly."""
    path, text, repo = "contracts/apr-cpu-vs-gpu-output-parity-v1.yaml", corpus(FLAGSHIP), Repo(tmp_path / "repo")
    repo.commit("Begin", {".github/discharge.yml": 'version: 1\ncontracts: ["contracts/*.yaml"]\n', path: text})
    for step in json.loads(corpus("aprender/transitions.json"))["steps"][:2]:
        old, _, new = step["contract"].partition(" -> ")
        folder = f"evidence/cpu-gpu-v{new}-live-discharge-2026-05-04"
        text = discharge(text, step["discharged"], (old, new), f"see {folder}/findings.md")
        repo.commit(f"discharge v{new}", {path: text, f"{folder}/findings.md": "# Findings\n"})

        found = check_all(repo.folder, "HEAD~1", "HEAD", "main")

        brought = {(f.severity, f.rule) for f in found if not f.stood and f.severity != "notice"}
        assert brought == {("warning", "evidence/unwarranted")}


def test_code_alone_is_nothing_to_the_rules(corpus: Callable[[str], str], tmp_path: Path) -> None:
    """#1440: a helper and its tests."""
    repo = Repo(tmp_path / "repo")
    config = 'version: 1\ncontracts: ["contracts/*.yaml"]\n'
    repo.commit("Begin", {".github/discharge.yml": config, "contracts/parity-v1.yaml": corpus(FLAGSHIP)})
    repo.commit("a helper (#1440)", {"src/cosine.rs": "pub fn cosine() {}\n"})

    assert check_all(repo.folder, "HEAD~1", "HEAD", "main") == ()
