"""The real history of one contract, 1.18.0 to 1.22.0, played again: what it forgot is told, what was right passes."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from app.check import check
from tests.app.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from contracts.finding import Finding
    from tests.app.conftest import Repo

VERSIONS = ("1.18.0", "1.19.0", "1.20.0", "1.21.0", "1.22.0")
CONTRACT = "contracts/claude-code-parity-apr-v1.yaml"
SPEC = "docs/specifications/claude-code-parity-apr-poc.md"
PIN = "contracts/pin.lock"
CONFIG = f"""\
version: 1
contracts: ["contracts/*.yaml"]
specs:
- name: ccpa
  path: {SPEC}
  followers:
  - path: {SPEC}
    pattern: '`claude-code-parity-apr-v1` \\*\\*v(?P<version>\\d+\\.\\d+\\.\\d+)\\*\\*'
    of: {CONTRACT}
  - {{path: {SPEC}, pattern: '^\\*\\*Version\\*\\*: (?P<version>\\d+\\.\\d+\\.\\d+)', of: {CONTRACT}}}
followers:
- {{path: README.md, pattern: 'badge/contract-v(?P<version>\\d+\\.\\d+\\.\\d+)-', of: {CONTRACT}}}
- {{path: README.md, pattern: 'Contract at v(?P<version>\\d+\\.\\d+\\.\\d+)', of: {CONTRACT}}}
- {{path: {PIN}, pattern: '^contract_sha256: +(?P<sha256>[0-9a-f]{{64}})$', of: {CONTRACT}}}
"""
SMOKE = f"""\
tally: {{partial: [PARTIAL_ALGORITHM_LEVEL, FUNCTIONAL, PLANNED_M1]}}
smokes:
  roundtrip:
    contract: {CONTRACT}
    subject: {{binary: roundtrip.sh}}
    timeout: 20s
    legs: {{default: ["{{binary}}"]}}
    predictions: {{FALSIFY-CCPA-001: [{{leg: default, contains: "round trip"}}]}}
"""
PROGRAM = "#!/bin/sh\necho the round trip is whole\n"


def digest(content: bytes) -> str:
    """Return what `sha256sum` prints."""
    return sha256(content).hexdigest()


@pytest.fixture
def ccpa(corpus: Path) -> Path:
    """The folder of the real documents."""
    return corpus / "ccpa"


def read(ccpa: Path, version: str) -> dict[str, bytes]:
    """Return the files of the repository at a version of the contract.

    The README did not change in all that time. `pin.lock` is kept at 1.22.0 only; its digest was right in every bump.
    """
    contract = (ccpa / f"contract/v{version}.yaml").read_bytes()
    newest = digest((ccpa / f"contract/v{VERSIONS[-1]}.yaml").read_bytes())
    key = b"contract_sha256:      %s"
    pin = (ccpa / "pin.lock").read_bytes()
    assert pin.count(key % newest.encode()) == 1
    return {
        CONTRACT: contract,
        PIN: pin.replace(key % newest.encode(), key % digest(contract).encode()),
        "README.md": (ccpa / "README.md").read_bytes(),
        SPEC: (ccpa / f"spec/at-v{version}.md").read_bytes(),
    }


def recall(ccpa: Path) -> list[dict[str, str]]:
    """Return the real commits that bumped the contract to these versions, the paths that each touched as `paths`."""
    history = json.loads((ccpa / "history.json").read_text(encoding="utf-8"))
    told = [{**commit, "paths": " ".join(file["path"] for file in commit["files"])} for commit in history]
    return [commit for commit in told if CONTRACT in commit["paths"]][-len(VERSIONS) :]


def tell(findings: tuple[Finding, ...]) -> str:
    """Return the findings, a line each; files of another repository and statuses off the ladder are no news."""
    told = [f for f in findings if f.rule not in ("contract/dangling", "contract/status-off-ladder")]
    told.sort(key=lambda f: (f.place.file, f.place.line, f.rule))
    lines = [(f, f.message if f.rule.startswith("follower/") else "") for f in told]
    return "\n".join(f"{f.severity} {f.rule} {f.place.file}:{f.place.line} {words}".rstrip() for f, words in lines)


def test_what_the_real_history_forgot_is_told(ccpa: Path, repo: Repo, golden: Callable[[str, str], None]) -> None:
    """Badge, sentence and spec version stood wrong at the start, and 1.22.0 left the spec's own sentence behind.

    Every bump wrote the new digest into `pin.lock`, and nothing is said of that.
    """
    steps, base = [], None
    for version, commit in zip(VERSIONS, recall(ccpa), strict=True):
        assert PIN in commit["paths"]
        assert "README.md" not in commit["paths"].split()
        head = repo.commit(commit["subject"], {".github/discharge.yml": CONFIG, **read(ccpa, version)})
        findings = check(repo.folder, base, head, "main")
        assert not [f for f in findings if f.place.file == PIN]
        steps.append(f"# {version}, {commit['date'][:10]}\n{tell(findings)}")
        base = head
    golden("ccpa.txt", "\n\n".join(steps))


def test_the_change_that_takes_the_sentence_along_passes(ccpa: Path, repo: Repo) -> None:
    """1.22.0 with the one line that it forgot: no error is left."""
    base = repo.commit("before", {".github/discharge.yml": CONFIG, **read(ccpa, "1.21.0")})
    now = read(ccpa, "1.22.0")
    forgotten = b"`claude-code-parity-apr-v1` **v1.21.0**"
    assert now[SPEC].count(forgotten) == 1
    head = repo.commit("after", {**now, SPEC: now[SPEC].replace(forgotten, forgotten.replace(b"21", b"22"))})

    assert [f for f in check(repo.folder, base, head, "main") if f.severity == "error"] == []


def test_a_pin_that_is_forgotten_is_told(ccpa: Path, repo: Repo) -> None:
    """None of the real bumps did that; whoever does is told the digest that belongs there."""
    was, now = read(ccpa, "1.21.0"), read(ccpa, "1.22.0")
    base = repo.commit("before", {".github/discharge.yml": CONFIG, **was})
    head = repo.commit("after", {**now, PIN: was[PIN]})

    (found,) = (f for f in check(repo.folder, base, head, "main") if f.place.file == PIN)

    assert (found.rule, found.severity, found.place.line) == ("follower/digest", "error", 25)
    assert found.suggestion == f"contract_sha256:      {digest(now[CONTRACT])}"


def test_what_we_bump_ourselves_takes_everything_along(ccpa: Path, repo: Repo) -> None:
    """A discharge: badge, sentences and pin follow in the same commit, and not one other byte of them moves."""
    old = read(ccpa, "1.22.0")
    stage = Stage(repo)
    stage.repo.write({"roundtrip.sh": PROGRAM})
    (stage.repo.folder / "roundtrip.sh").chmod(0o755)
    stage.land("M34", {**old, ".github/discharge.yml": CONFIG + SMOKE})
    stage.land("a note (#42)", {"docs/note.md": "a note\n"})

    said = stage.ask("run", "CCPA-001")

    assert (said.status, said.err) == (0, "")
    branch = "discharge/claude-code-parity-apr-v1/v1.23.0"
    assert [row for row in stage.files(branch) if " evidence/" not in row] == [f"M {path}" for path in sorted(old)]
    new = {path: stage.repo.show(branch, path).encode() for path in old}
    assert b'\nversion: "1.23.0"\n' in new[CONTRACT]
    swaps = {
        "README.md": [(b"contract-v1.7.0-green", b"contract-v1.23.0-green"), (b"at v1.7.0\n", b"at v1.23.0\n")],
        PIN: [(b"      %s" % digest(old[CONTRACT]).encode(), b"      %s" % digest(new[CONTRACT]).encode())],
        SPEC: [(b"` **v1.21.0**\n", b"` **v1.23.0**\n"), (b"**Version**: 0.2.0 (", b"**Version**: 1.23.0 (")],
    }
    for path, pairs in swaps.items():
        expected = old[path]
        for before, after in pairs:
            assert expected.count(before) == 1
            expected = expected.replace(before, after)
        assert new[path] == expected
    found = check(repo.folder, "main", branch, "main")
    assert [f for f in found if f.rule.startswith("follower/")] == []
