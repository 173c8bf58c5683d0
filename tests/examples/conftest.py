"""The example repository under examples/g2p, its program as a module, and the real weights where they are installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

G2P = Path(__file__).resolve().parents[2] / "examples" / "g2p"
Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def g2p() -> Path:
    """Return the folder of the example repository."""
    return G2P


@pytest.fixture(scope="session")
def weights() -> Path:
    """Return the file of the weights, found without importing the package that brings it."""
    try:
        path = Path(str(distribution("g2p-en").locate_file("g2p_en/checkpoint20.npz")))
    except PackageNotFoundError:
        pytest.skip("the weights are not installed: pip install --no-deps g2p-en==2.1.0")
    return path


@pytest.fixture(scope="session")
def program() -> ModuleType:
    """Return speak.py as a module."""
    spec = importlib.util.spec_from_file_location("example_speak", G2P / "speak.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def model(program: ModuleType, weights: Path) -> Any:
    """Return the real weights as speak.py reads them."""
    return program.read(weights)


@pytest.fixture
def speak(tmp_path: Path) -> Program:
    """Return a function that runs speak.py as a user does, with *torch* as the text of the torch that it finds."""

    def run(*args: object, torch: str = "raise ImportError('no torch here')") -> subprocess.CompletedProcess[str]:
        (tmp_path / "torch.py").write_text(f"import sys\nsys.stderr.write('torch was asked for\\n')\n{torch}\n")
        command = [sys.executable, str(G2P / "speak.py"), *map(str, args)]
        env = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""}
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, check=False)

    return run
