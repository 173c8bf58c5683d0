"""The demos tell the whole story: a discharge for real, a promise that needs a GPU, an amendment."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GPU = "`no-gpu` never prints `[gpu#1]`, `[g2p-parity]` nor `Backend: CUDA`"


def _tell(folder: Path, name: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a demo on a copy of the examples, so that nobody's build folder is touched."""
    if not (folder / "examples").is_dir():
        shutil.copytree(ROOT / "examples", folder / "examples")
    command = [sys.executable, str(folder / "examples" / name), *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demos play."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(folder: Path) -> str:
    """What `make demo` prints."""
    done = _tell(folder, "demo.py")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def typed(folder: Path) -> str:
    """What `make demo-terminal` prints."""
    done = _tell(folder, "terminal.py")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_comment_becomes_a_merged_pull_request(told: str) -> None:
    """The eyes come first, then check, comment, run, commit, pull request; GitHub merges it once its check passes."""
    step = told.partition("/discharge CPU-GPU-004 ──")[2].partition("\n4. ")[0]
    steps = [
        "👀",
        "“discharge smoke cpu-gpu”: queued",
        "💬",
        "the smoke begins",
        "a commit of 7 files",
        "pull request, opened",
    ]
    steps += [
        "to be merged once its checks pass",
        "“discharge smoke cpu-gpu”: success",
        "pull_request #105 closed",
        "✂",
    ]

    assert all(words in step for words in steps), step
    assert [step.index(words) for words in steps] == sorted(step.index(words) for words in steps)
    assert "FALSIFY-CPU-GPU-004 held" in told
    assert GPU in told
    assert re.search(r"^│ -  version: 1\.3\.0 +│\n│ \+  version: 1\.4\.0 +│$", told, re.MULTILINE)


def test_what_cannot_be_measured_and_a_slip_are_told(told: str) -> None:
    """Without a GPU the check is neutral and says why; with one there is a verdict. A misspelt command is answered."""
    without = "cpu-gpu”: neutral" in told and "FALSIFY-CPU-GPU-002 not measured**: no proof of the device" in told

    assert without or "FALSIFY-CPU-GPU-002 held" in told
    assert "`/dischrage` is no command." in told
    assert "Perhaps you mean `/discharge`" in told


def test_the_amendments_land_and_the_evidence_is_verified(told: str) -> None:
    """Three landings are a section, the discharge the next. What was signed can be verified."""
    section = told.partition("\n6. ")[2]

    assert "#104 merged by itself, because nothing in it is open: spec(g2p): v2.88.0 — §43" in told
    assert "#106 (closed): spec(g2p): v2.89.0 — §44" in section
    assert "/pull/105)" in section
    assert "15+35 → **16+34**" in section
    assert "receipt.json  signed, of origin app; it says FALSIFY-CPU-GPU-004 held" in section
    assert "everything agrees" in section


def test_speaking_to_a_demo_that_ended_is_a_sentence(told: str, folder: Path) -> None:
    """Nothing is left running, and that is said."""
    done = _tell(folder, "demo.py", "--say", "103", "/status")

    assert (done.returncode, done.stderr) == (1, "no demo is running; start one with: make demo KEEP=1\n")


def test_the_terminal_tells_the_same(typed: str) -> None:
    """One falsifier is discharged for real, one needs a GPU, and the spec gets its next section."""
    without = "FALSIFY-CPU-GPU-002 not measured: no proof of the device" in typed and "exit status 3" in typed

    assert "FALSIFY-CPU-GPU-004 held" in typed
    assert "-  version: 1.3.0\n+  version: 1.4.0\n" in typed
    assert "-  status: FUNCTIONAL\n+  status: DISCHARGED\n" in typed
    assert "`R AH1 N ER0`" in typed
    assert without or "exit status 0: a GPU is here, and it was measured" in typed
    assert "+**Version:** 2.88.0" in typed
    assert [f"#10{n}" in typed for n in (1, 2, 3, 4)] == [True] * 4
    assert "+Coverage tally: 15 + 33 → **16 + 34**" in typed
