"""The demo tells the whole story: a discharge for real, a promise that needs a GPU, an amendment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `make demo` prints, run on a copy of the examples, so that nobody's build folder is touched."""
    copy = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "examples", copy / "examples")
    done = subprocess.run(
        [sys.executable, copy / "examples/demo.py"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_falsifier_is_discharged_for_real(told: str) -> None:
    """The program ran on its real weights, and its answer is in the log that was judged."""
    assert "FALSIFY-CPU-GPU-004 held" in told
    assert "-  version: 1.3.0\n+  version: 1.4.0\n" in told
    assert "-  status: FUNCTIONAL\n+  status: DISCHARGED\n" in told
    assert "`R AH1 N ER0`" in told


def test_a_promise_that_needs_a_gpu_is_measured_or_said_not_to_be(told: str) -> None:
    """Exit status 3 and the reason without a GPU; a verdict with one."""
    without = "FALSIFY-CPU-GPU-002 not measured: no proof of the device" in told and "exit status 3" in told

    assert without or "exit status 0: a GPU is here, and it was measured" in told


def test_the_spec_gets_its_next_section(told: str) -> None:
    """Three landings and the discharge are one section, with tally and percentages moved."""
    assert "+**Version:** 2.88.0" in told
    assert "+### 43.1 What landed" in told
    assert [f"#10{n}" in told for n in (1, 2, 3, 4)] == [True] * 4
    assert "+Coverage tally: 15 + 33 → **16 + 34**" in told
