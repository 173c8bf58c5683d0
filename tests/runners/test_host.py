"""The facts of this machine."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from runners.host import facts


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for the vendor's tool alone on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path / "nvidia-smi"


def test_gpus_are_named_by_the_vendors_tool(tool: Path) -> None:
    """Every GPU is named, the driver once."""
    tool.write_text("#!/bin/sh\necho 'NVIDIA GeForce RTX 4090, 550.54'\necho 'NVIDIA H200, SXM, 550.54'\n")
    tool.chmod(0o755)

    found = facts()

    assert (found.gpu, found.driver) == ("NVIDIA GeForce RTX 4090; NVIDIA H200, SXM", "550.54")
    assert found.name == platform.node()
    assert found.system == platform.platform()
    assert found.cpu


def test_a_tool_that_fails_names_nothing(tool: Path) -> None:
    """Without a driver the tool exits non-zero, and its complaint is no GPU."""
    tool.write_text("#!/bin/sh\necho 'Failed, no driver'\nexit 9\n")
    tool.chmod(0o755)

    assert (facts().gpu, facts().driver) == ("", "")


def test_without_the_tool_there_is_no_gpu_to_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed; the rest is still known."""

    def no_file(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "read_text", no_file)

    found = facts()

    assert (found.gpu, found.driver, found.cpu) == ("", "", platform.processor())
