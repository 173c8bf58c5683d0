"""The evidence that was made on a real GPU is whole, and says what its page says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.verification import verify

KEPT = Path(__file__).resolve().parents[2] / "examples" / "evidence-h200"
(FOLDER,) = KEPT.glob("cpu-gpu-*")
KEY = (KEPT / "key.txt").read_text(encoding="utf-8").strip()


def rules(folder: Path) -> list[str]:
    """Return what is found in a folder, without what only the repository of that run could tell."""
    found = verify(folder, keys=[KEY], repository="acme/g2p").findings
    return [finding.rule for finding in found if finding.rule != "evidence/unchecked"]


def test_what_a_real_gpu_said_verifies() -> None:
    """Signature, digests and verdicts agree, with the key beside it."""
    assert rules(FOLDER) == []


@pytest.mark.parametrize("name", ["default-smoke.log", "broken-smoke.log", "findings.md", "receipt.json"])
def test_a_byte_of_it_that_changes_is_found(tmp_path: Path, name: str) -> None:
    """In what was logged, in what people read, in what was signed."""
    copy = tmp_path / FOLDER.name
    shutil.copytree(FOLDER, copy)
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data.replace(b"1", b"2", 1))

    assert rules(copy)


def test_its_page_says_what_the_logs_say() -> None:
    """The numbers of the page are those that the device gave, and the broken path was rejected."""
    page = (KEPT / "README.md").read_text(encoding="utf-8")
    good, broken = ((FOLDER / f"{leg}-smoke.log").read_text(encoding="utf-8") for leg in ("default", "broken"))
    for log, numbers in ((good, ("1.00000000", "5/5", "0.00000381")), (broken, ("0.16743619", "0/5"))):
        assert all(number in log and number in page for number in numbers)
    assert "CUDA path accepted" in good
    assert "CUDA path rejected" in broken
    receipt = json.loads((FOLDER / "receipt.json").read_text(encoding="utf-8"))
    assert [one["verdict"] for one in receipt["falsifiers"]] == ["held"] * 5
