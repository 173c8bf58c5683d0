"""Real git repositories for the stories: each is made by git itself, in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
HASH = re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b…?|(?<=sha256 )\d{7,64}…?")
EPOCH = 1_777_900_000
"""2026-05-04 13:06:40 UTC: the day of the stories."""


class Repo:
    """A git repository that a story writes into, commit by commit."""

    def __init__(self, folder: Path) -> None:
        """Make an empty repository whose default branch is main."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = EPOCH
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "A Tester")
        self.git("config", "user.email", "tester@example.org")

    def git(self, *args: str) -> str:
        """Run git; its output."""
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": "A Tester", f"GIT_{role}_EMAIL": "tester@example.org"}
            env |= {f"GIT_{role}_DATE": f"{self.clock} +0000"}
        done = subprocess.run(["git", *args], cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, files: dict[str, str | bytes]) -> None:
        """Write files into the work tree."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str, files: dict[str, str | bytes]) -> str:
        """Write *files* and commit them; the new hash."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.clock += 60
        return self.git("rev-parse", "HEAD")

    def show(self, rev: str, path: str) -> str:
        """Return a file at a commit, every byte of it."""
        done = subprocess.run(["git", "show", f"{rev}:{path}"], cwd=self.folder, capture_output=True, check=True)
        return done.stdout.decode()

    def message(self, rev: str) -> str:
        """Return the message of a commit."""
        return self.git("log", "-1", "--format=%B", rev)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text that people read with the one that was approved; UPDATE_GOLDEN=1 approves it anew."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        text = HASH.sub("<hash>", text.rstrip()) + "\n"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository."""
    return Repo(tmp_path / "repo")


@pytest.fixture(scope="session")
def new_repo() -> type[Repo]:
    """How to make an empty repository in a folder."""
    return Repo


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus of real documents; a newcomer has no such folder."""
    if not CORPUS.is_dir():
        pytest.skip(f"the corpus of real documents is not at {CORPUS.name}/ beside the checkout")
    return CORPUS
