"""The seed, replayed on the real contract, the real logs and the spec's real shape; transitions.json is the oracle."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.amendment import AmendRequest, amend
from app.effect import Refuse
from app.run import Outcome, judge, run
from app.scene import RunRequest
from contracts.document import read as read_contract
from evidence.model import Held
from evidence.receipt import read as read_receipt
from spec.document import read as read_spec

if TYPE_CHECKING:
    from pathlib import Path

    from app.shell import Written
    from tests.app.conftest import Repo

CONTRACT = "contracts/apr-cpu-vs-gpu-output-parity-v1.yaml"
SPEC = "docs/specifications/ship-two-models-spec.md"
BRANCH = "discharge/apr-cpu-vs-gpu-output-parity-v1/v1.4.0"
CONFIG = r"""
version: 1
contracts: ["contracts/**/*.yaml"]
specs:
  - {name: ship-two-models, path: docs/specifications/ship-two-models-spec.md}
smokes:
  cpu-gpu:
    contract: contracts/apr-cpu-vs-gpu-output-parity-v1.yaml
    subject: {binary: target/release/apr}
    extract: 'Output:\n(?P<output>.*?)\n\nCompleted'
    needs: {model: {path: /models/qwen2.5-coder-7b-instruct-q4k.apr}}
    legs:
      default: ["{binary}", run, "{model}", --prompt, "What is 2+2?", --max-tokens, "8", --temperature, "0.0"]
      no-gpu: ["{binary}", run, "{model}", --prompt, "What is 2+2?", --max-tokens, "8", --temperature, "0.0", --no-gpu]
    device: {leg: default, pattern: 'Backend: (wgpu|CUDA)'}
    predictions:
      FALSIFY-CPU-GPU-001:
        holds: if_fails
        all:
          - {leg: default, contains: "CPU argmax: 334 | GPU argmax: 8127"}
          - {leg: default, capture: 'Cosine similarity: (-?[\d.]+)', below: 0.98}
      FALSIFY-CPU-GPU-002:
        holds: if_fails
        all:
          - {leg: default, capture: 'Cosine similarity: (-?[\d.]+)', below: 0.98}
          - {leg: default, capture: 'cosine vs CPU = (-?[\d.]+)', below: 0.99}
      FALSIFY-CPU-GPU-003:
        - {leg: default, in_order: ["CUDA path rejected", "Backend: wgpu", "wgpu path rejected"]}
      FALSIFY-CPU-GPU-004:
        - {leg: no-gpu, never: ["[trueno#243]", "[PMAT-082]"]}
        - {leg: no-gpu, output: "2 + 2 equals 4."}
      FALSIFY-CPU-GPU-005:
        - {leg: default, capture: 'wgpu .*cosine vs CPU = (-?[\d.]+)', below: 0.99}
        - {leg: default, output: "2 + 2 equals 4."}
"""
LEXICON = """\
metadata:
  version: 1.0.0
  description: distillation
  references:
  - 'a paper'

falsification_tests:
- id: FALSIFY-APR-DISTILL-TRAIN-005
  rule: precompute is deterministic
  prediction: two runs give the same bytes
  if_fails: caches cannot be shared
- id: FALSIFY-APR-DISTILL-TRAIN-006
  rule: a resumed run ends where a whole one does
  prediction: equal weights
  if_fails: runs cannot be resumed
"""


@pytest.fixture
def oracle(corpus: Path) -> list[dict[str, Any]]:
    """What really happened."""
    steps: list[dict[str, Any]] = json.loads((corpus / "aprender/transitions.json").read_text())["steps"]
    return steps


@pytest.fixture
def logs(corpus: Path) -> dict[str, Path]:
    """The two real logs, by leg."""
    return {"default": corpus / "aprender/wgpu-smoke.log", "no-gpu": corpus / "aprender/no-gpu-smoke.log"}


@pytest.fixture
def seeded(repo: Repo, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The contract at 1.3.0 and a spec that states 15+37 and 89 %, with the promises registered before the head."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1777900000")
    spec = (corpus / "aprender/ship-two-models-spec.md").read_text(encoding="utf-8")
    spec = spec.replace("15+33", "15+37").replace("15 + 33", "15 + 37")
    spec = re.sub(r"86%\D+87%(\*\*)?", "88% → **89%**", spec)
    contract = (corpus / "aprender/apr-cpu-vs-gpu-output-parity-v1.yaml").read_text(encoding="utf-8")
    repo.commit("Start", {CONTRACT: contract, SPEC: spec, ".github/discharge.yml": CONFIG})
    repo.commit("docs: a note (#1444)", {"docs/note.md": "a note\n"})
    return repo


def ask(repo: Repo, *words: str, ship: str = "", **legs: Path) -> Outcome:
    """Run `discharge run` as a person would."""
    pairs = tuple((name.replace("_", "-"), path) for name, path in legs.items())
    ships = (ship,) if ship else ()
    return run(RunRequest(repo.folder, words, pairs, ships, None, None, None, dry_run=False), lambda _: None)


def test_all_five_hold_on_the_real_logs(seeded: Repo, logs: dict[str, Path]) -> None:
    """What people judged by hand is what the judge says."""
    verdicts = judge(seeded.folder, "cpu-gpu", (), tuple(logs.items()), None)

    assert [(v.falsifier[-3:], type(v)) for v in verdicts] == [(n, Held) for n in ("001", "002", "003", "004", "005")]
    seen = {v.falsifier[-3:]: [m.observed for m in v.measurements] for v in verdicts}
    assert "-0.005190" in seen["002"][0]
    assert "0.766079" in seen["002"][1]


def test_the_sweep_is_the_real_one(
    seeded: Repo, logs: dict[str, Path], oracle: list[dict[str, Any]], golden: Any
) -> None:
    """1.3.0 → 1.4.0 with 005, then → 1.5.0 with the other four, on one branch, the first log reused."""
    first = ask(seeded, "CPU-GPU-005", ship="MODEL-1 +1 because the wgpu loophole is closed", default=logs["default"])
    second = ask(
        seeded,
        "cpu-gpu-00[1234]",
        ship="MODEL-1 +1 because the contract is complete",
        no_gpu=logs["no-gpu"],
    )

    drafts = [o.discharge.draft for o in (first, second) if o.discharge]
    for step, draft in zip(oracle[:2], drafts, strict=True):
        assert step["contract"] == " -> ".join(draft.versions)
        assert {f.falsifier.text: f.before for f in draft.flips} == step["from_status"]
        assert draft.tally is not None
        assert [t.write() for t in draft.tally] == step["tally"]
        assert [[s.before, s.after] for s in draft.ships] == [step["MODEL-1"]]
    assert [branch for o in (first, second) for branch, _ in o.written.commits] == [BRANCH, BRANCH]
    assert seeded.git("log", "--format=%s", f"main..{BRANCH}").splitlines() == [
        "discharge(apr-cpu-vs-gpu-output-parity-v1): 5/5 sweep close — FALSIFY-CPU-GPU-001/002/003/004 → DISCHARGED",
        "discharge(apr-cpu-vs-gpu-output-parity-v1): FALSIFY-CPU-GPU-005 PARTIAL → DISCHARGED via recorded wgpu smoke",
    ]
    golden("sweep-first.txt", seeded.message(f"{BRANCH}~1"))
    golden("sweep-second.txt", seeded.message(BRANCH))


def test_the_second_discharge_adds_to_the_folder_and_overwrites_nothing(seeded: Repo, logs: dict[str, Path]) -> None:
    """One folder holds both runs; the first's files stay what they were, and the reused log is stored once."""
    ask(seeded, "CPU-GPU-005", default=logs["default"])
    ask(seeded, "CPU-GPU-004,CPU-GPU-003", no_gpu=logs["no-gpu"])

    folder = "evidence/cpu-gpu-005-live-discharge-2026-05-04"
    changes = seeded.git("diff", "--name-status", f"{BRANCH}~1", BRANCH).splitlines()
    assert changes == [
        f"M\t{CONTRACT}",
        f"A\t{folder}/findings-v1.5.0.md",
        f"A\t{folder}/no-gpu-smoke.log",
        f"A\t{folder}/receipt-v1.5.0.json",
    ]
    receipt = read_receipt(seeded.show(BRANCH, f"{folder}/receipt-v1.5.0.json"))
    assert {(leg.leg, leg.origin) for leg in receipt.legs} == {("default", "reused"), ("no-gpu", "recorded")}
    assert seeded.show(BRANCH, f"{folder}/default-smoke.log") == logs["default"].read_text()


def test_nothing_but_the_intended_lines_of_the_contract_changes(seeded: Repo, logs: dict[str, Path]) -> None:
    """One status, one version; one evidence line and one changelog entry more."""
    ask(seeded, "CPU-GPU-005", default=logs["default"])

    diff = seeded.git("diff", "-U0", "main", BRANCH, "--", CONTRACT).splitlines()
    removed = [line[1:].strip() for line in diff if line.startswith("-") and not line.startswith("---")]
    added = [line[1:].strip()[:34] for line in diff if line.startswith("+") and not line.startswith("+++")]
    assert removed == ["version: 1.3.0", "status: PARTIAL_ALGORITHM_LEVEL"]
    assert added == [
        "version: 1.4.0",
        "- '1.4.0 — 2026-05-04 — FALSIFY-CPU-GPU"[:34],
        "status: DISCHARGED",
        '- "Recorded smoke 2026-05-04: what `wgpu'[:34],
    ]
    document = read_contract(seeded.show(BRANCH, CONTRACT), CONTRACT)
    assert document.contract is not None
    assert document.contract.version == "1.4.0"


def land_the_chain(repo: Repo, corpus: Path) -> None:
    """Land what #1438–#1440 landed: two bindings and a helper, with their statements."""
    bound = LEXICON
    contract = (corpus / "aprender/apr-cpu-vs-gpu-output-parity-v1.yaml").read_text(encoding="utf-8")
    spec = (corpus / "aprender/ship-two-models-spec.md").read_text(encoding="utf-8")
    files = {"contracts/apr-distill-train-v1.yaml": bound, CONTRACT: contract, SPEC: spec}
    repo.commit("Start", {**files, ".github/discharge.yml": CONFIG})
    for number, id_, model in ((1438, "005", "54% → 55%"), (1439, "006", "55% → 56%")):
        block = '  status: PARTIAL_ALGORITHM_LEVEL\n  algorithm_evidence:\n  - "2 unit tests"\n'
        head, mark, tail = bound.partition(f"TRAIN-{id_}\n")
        entry, dash, rest = tail.partition("- id")
        bound = f"{head}{mark}{entry}{block}{dash}{rest}"
        body = f"Net effect\n- TRAIN-{id_} is bound to 2 unit tests.\n- MODEL-2 ship %: {model} (bound by tests)\n"
        title = f"feat(distill-train): FALSIFY-APR-DISTILL-TRAIN-{id_} PARTIAL_ALGORITHM_LEVEL (#{number})"
        tests = "def test_one() -> None:\n    pass\n\n\ndef test_two() -> None:\n    pass\n"
        repo.commit(f"{title}\n\n{body}", {"contracts/apr-distill-train-v1.yaml": bound, f"tests/test_{id_}.py": tests})
    body = (
        "## Summary\n\nThe cosine is callable without a GPU. More text.\n\n- MODEL-1 ship %: 87% → 88% (cosine lands)\n"
    )
    repo.commit(f"feat(cpu-gpu): `cosine` helper (#1440)\n\n{body}", {"src/cosine.rs": "fn cosine() {}\n"})


def test_the_amendment_is_the_real_one(
    repo: Repo, corpus: Path, oracle: list[dict[str, Any]], golden: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2.87.0 → 2.88.0 with §43: three pull requests, two flips, the tally and both percentages."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1777800000")
    land_the_chain(repo, corpus)

    written = amend(AmendRequest(repo.folder, None, None, (), None, None, dry_run=False), lambda _: None)

    step = oracle[2]
    branch, commit = written.commits[0]
    spec = read_spec(repo.show(commit, SPEC), SPEC)
    chain = spec.chain()
    assert spec.version is not None
    assert f"2.87.0 -> {spec.version.version}" == step["spec"]
    assert spec.newest is not None
    assert spec.newest.number == step["section"]
    assert chain.tally is not None
    assert chain.tally.write() == step["tally"][1]
    assert [chain.ship("MODEL-1"), chain.ship("MODEL-2")] == [step["MODEL-1"][1], step["MODEL-2"][1]]
    section = spec.text[spec.newest.start : spec.newest.end]
    assert [int(n) for n in re.findall(r"^\| #(\d+)", section, re.MULTILINE)] == step["landed"]
    assert branch.startswith("spec/v2-88-")
    golden("amendment.diff", repo.git("diff", "main", branch, "--", SPEC))
    golden("amendment.txt", repo.message(branch))


def test_amending_twice_is_amending_once(repo: Repo, corpus: Path) -> None:
    """The same command again finds its own commit and leaves it alone."""
    land_the_chain(repo, corpus)
    request = AmendRequest(repo.folder, None, None, (), None, None, dry_run=False)

    commits: list[Written] = [amend(request, lambda _: None) for _ in range(2)]

    assert commits[0].commits == commits[1].commits
    assert len(repo.git("for-each-ref", "refs/heads/spec").splitlines()) == 1


def test_a_second_amendment_waits_for_the_first(repo: Repo, corpus: Path) -> None:
    """One open amendment a spec: another title would make a second §43."""
    land_the_chain(repo, corpus)
    amend(AmendRequest(repo.folder, None, None, (), None, None, dry_run=False), lambda _: None)

    written = amend(AmendRequest(repo.folder, None, None, (), "another title", None, dry_run=False), lambda _: None)

    assert written.commits == ()
    assert isinstance(written.plan[0], Refuse)
    assert "stands on the branch spec/v2-88-" in written.plan[0].reason
    assert len(repo.git("for-each-ref", "refs/heads/spec").splitlines()) == 1
