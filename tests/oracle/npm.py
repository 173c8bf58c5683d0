"""Packages of npm for the tests: installed once into a cache folder, and kept for the next time."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache"
FOLDER = CACHE / "second-client"
PATIENCE = 120
"""How long npm may take, in seconds."""


def install() -> str:
    """Install the packages; what npm says if it cannot."""
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"it took longer than {PATIENCE} s"
    return "" if done.returncode == 0 else done.stderr.strip()[-300:] or "it did not say why"


@pytest.fixture(scope="session")
def modules() -> Path:
    """The folder with the packages."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm and node are not installed: nothing of GitHub's for Node was tried")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    wanted = (HERE / "package.json").read_text()
    kept = FOLDER / "installed.json"
    if not kept.is_file() or kept.read_text() != wanted:
        shutil.copy(HERE / "package.json", FOLDER)
        said = install()
        if said:
            pytest.skip(f"npm could not install GitHub's packages: {said}")
        kept.write_text(wanted)
    return FOLDER
