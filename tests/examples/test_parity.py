"""The example about logits: parity holds for the right network, and is falsified for one that is broken."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import check
from app.config import read as read_config
from app.verification import verify
from tests.app.conftest import Repo
from tests.app.stage import Said, say

PARITY = Path(__file__).resolve().parents[2] / "examples" / "parity"
CONTRACT = "contracts/network-parity-v1.yaml"
CONFIG = ".github/discharge.yml"
Ask = Callable[..., tuple[Said, Repo]]


@pytest.fixture
def ask(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Return a function that runs FALSIFY-NET-001 in a copy of the example with some of its words changed."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def run(*changes: tuple[str, str], program: tuple[str, str] = ("", "")) -> tuple[Said, Repo]:
        repo = Repo(tmp_path / "net")
        text = (PARITY / CONFIG).read_text(encoding="utf-8").replace("models/checkpoint20.npz", str(weights))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        source = (PARITY / "network.py").read_text(encoding="utf-8")
        assert program[0] in source
        repo.write({"network.py": source.replace(*program), "g2p.py": "# not run here\n"})
        shutil.copymode(PARITY / "network.py", repo.folder / "network.py")
        contract = (PARITY / CONTRACT).read_text(encoding="utf-8")
        repo.commit("Start", {CONFIG: text, CONTRACT: contract})
        repo.commit("docs: a note (#1)", {"note.md": "a note\n"})
        return say("run", "NET-001", "--repo", str(repo.folder)), repo

    return run


def folder_of(repo: Repo, target: Path) -> Path:
    """Return the evidence folder that stands on the discharge's branch, as files."""
    (branch,) = repo.git("branch", "--list", "discharge/*", "--format=%(refname:short)").splitlines()
    repo.git("checkout", "--quiet", branch)
    (folder,) = (repo.folder / "evidence").iterdir()
    return folder


def test_the_right_network_is_discharged_with_numbers_and_a_picture(ask: Ask, tmp_path: Path) -> None:
    """Held: the page has the numbers, the picture is beside it, the receipt says the same, and all of it verifies."""
    said, repo = ask()

    assert said.status == 0, said.out + said.err
    folder = folder_of(repo, tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert {"float-smoke.logits.json", "exact-smoke.logits.json", "float-smoke.against-exact.strict.svg"} <= names
    page = (folder / "findings.md").read_text(encoding="utf-8")
    assert "## Parity\n\n`float` against `exact`, tier `strict`: **match**" in page
    assert "![KL and centred cosine at every position](float-smoke.against-exact.strict.svg)" in page
    receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    (row,) = receipt["falsifiers"][0]["measurements"]
    assert (row["match"], row["parity"]["verdict"], row["parity"]["positions"]) == ("yes", "match", 24)
    assert [one.rule for one in verify(folder).findings if one.severity == "error"] == []
    for name in ("float-smoke.logits.json", "float-smoke.against-exact.strict.svg"):  # whoever touches one is found
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        data = (copy / name).read_bytes()
        (copy / name).write_bytes(data.replace(b"1", b"2", 1))
        assert [one.rule for one in verify(copy).findings if one.severity == "error"]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [("scale", "norm ratio is 1.05"), ("late", "the top id differs beyond a near-tie, worst at position")],
)
def test_a_broken_network_is_falsified(ask: Ask, fault: str, seen: str) -> None:
    """A factor that cosine and argmax do not see, and a step that is late: falsified, with what and where."""
    said, _ = ask(('"{out}"]\n    predictions', f'"{{out}}", "--inject", "{fault}"]\n    predictions'))

    assert said.status == 1
    assert "falsified" in said.out
    assert "mismatch: " in said.out
    assert seen in said.out


def test_another_word_is_no_comparison(ask: Ask) -> None:
    """A changed prompt would look like a broken kernel: it is not measured, and says why."""
    said, _ = ask(('"{out}"]\n    predictions', '"{out}", "--word", "winner"]\n    predictions'))

    assert said.status == 3
    assert "invalid comparison: the sides have different input ids" in said.out


def test_a_silent_fallback_is_not_measured(ask: Ask) -> None:
    """Where a GPU is asked for, logits of a CPU prove nothing, however well they agree."""
    said, _ = ask(("tier: strict, device: cpu", "tier: strict, device: cuda"))

    assert said.status == 3
    assert "no proof of the device: the subject was computed on `cpu`, not on cuda" in said.out


def test_a_lie_about_the_device_is_found_by_its_memory(ask: Ask) -> None:
    """A file that claims a GPU which never held the weights is not believed."""
    lie = '"device": "cuda", "memory_peak": "512", "weights_bytes": "3339560",'
    said, _ = ask(("tier: strict, device: cpu", "tier: strict"), program=('"device": "cpu",', lie))

    assert said.status == 3
    assert "it did not compute" in said.out


def test_a_nan_names_its_first_position(ask: Ask) -> None:
    """One number that is none, planted in position 7: falsified, and the position is said."""
    said, _ = ask(program=("    about = {", "    if not asked.exact:\n        logits[7, 3] = np.nan\n    about = {"))

    assert said.status == 1
    assert "in 1 position the subject is NaN or infinite, first at position 7" in said.out


def test_a_leg_that_writes_nothing_is_not_measured(ask: Ask) -> None:
    """No file is no agreement, also where an earlier leg left one."""
    said, _ = ask(program=("    write(asked", "    if asked.exact:\n        write(asked"))

    assert said.status == 3
    assert "leg float gave no logits: it wrote no {out}/logits.safetensors" in said.out


def test_the_configuration_is_read_without_a_finding() -> None:
    """Both smokes of the example are what the program knows."""
    configured = read_config((PARITY / CONFIG).read_text(encoding="utf-8"))
    paths = [path.relative_to(PARITY).as_posix() for path in PARITY.rglob("*") if path.is_file()]

    assert check(configured, paths, {CONTRACT: ("FALSIFY-NET-001", "FALSIFY-NET-002")}) == []
