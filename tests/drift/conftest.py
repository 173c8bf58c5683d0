"""What the drifts have: real documents, in a repository in which they agree."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.app.conftest import Repo, corpus, new_repo

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus", "new_repo"]

FLAGSHIP, SOFTMAX, CCPA = (
    f"contracts/{name}.yaml"
    for name in ("apr-cpu-vs-gpu-output-parity-v1", "softmax-kernel-v1", "claude-code-parity-apr-v1")
)
SPEC, README, PIN, CONFIG = "docs/ship-two-models-spec.md", "README.md", "contracts/pin.lock", ".github/discharge.yml"
SOURCES = {
    FLAGSHIP: "aprender/apr-cpu-vs-gpu-output-parity-v1.yaml",
    SOFTMAX: "provable-contracts/contracts/softmax-kernel-v1.yaml",
    CCPA: "ccpa/contract/v1.22.0.yaml",
    SPEC: "aprender/ship-two-models-spec.md",
    README: "ccpa/README.md",
    PIN: "ccpa/pin.lock",
}
EVIDENCE = "evidence/ship-007-layer-0-oracle-bisection-2026-05-03/"
SETTINGS = f"""\
version: 1
contracts: ["contracts/**/*.yaml"]
specs:
- name: ship-two-models
  path: {SPEC}
  records: ["contracts/apr-*.yaml"]
  followers:
  - {{path: {README}, pattern: 'contract-v(?P<version>[0-9.]+)-green', of: {CCPA}}}
  - {{path: {PIN}, pattern: 'contract_sha256: +(?P<sha256>[0-9a-f]{{64}})', of: {CCPA}}}
smokes:
  cpu-gpu:
    contract: {FLAGSHIP}
    legs: {{default: [apr, run]}}
    predictions:
      FALSIFY-CPU-GPU-004: [{{leg: default, contains: "2 + 2"}}]
rules: {{severity: {{contract/version-places: notice}}}}
"""
LANDED = (1427, 1428, 1430, 1431, 1433, 1436, 1438, 1439)


@pytest.fixture(scope="session")
def documents(corpus: Path) -> dict[str, str]:
    """The real documents, where the real README had forgotten its badge that is mended."""
    files = {path: (corpus / source).read_bytes().decode() for path, source in SOURCES.items()}
    files[README] = files[README].replace("contract-v1.7.0-green", "contract-v1.22.0-green")
    assert hashlib.sha256(files[CCPA].encode()).hexdigest() in files[PIN]
    files |= {f"{EVIDENCE}findings-v5-gpu-path-confirmed.md": "ampie\n"}
    files |= {f"{EVIDENCE}findings-v6-parity-gate-fires-but-fallback-is-silent.md": "silent\n"}
    return {**files, CONFIG: SETTINGS}


@pytest.fixture(scope="session")
def base(documents: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository whose default branch has the documents, and in which the pull requests that they name landed."""
    repo = Repo(tmp_path_factory.mktemp("drift") / "repo")
    for number in LANDED:
        repo.commit(f"feat: a part (#{number})", {})
    repo.commit("the documents", dict(documents))
    return repo
