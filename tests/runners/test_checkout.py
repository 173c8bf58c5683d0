"""The files of a commit, as git's own store has them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from contracts.error import Complaint
from runners.checkout import check_out

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runners.source import Source


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_a_folder_gets_the_files_and_no_repository(source: Source, target: Path) -> None:
    """Modes and folders as they were committed."""
    commit = source.commit(**{"docs/a note.md": "a note\n"})

    check_out(source.folder, commit, target)

    assert sorted(str(path.relative_to(target)) for path in target.rglob("*")) == ["docs", "docs/a note.md", "speak.sh"]
    assert (target / "speak.sh").stat().st_mode & 0o111
    assert not (target / "docs/a note.md").stat().st_mode & 0o111


def test_a_checkout_may_be_asked_for_from_a_folder_inside_it(tmp_path: Path, source: Source, target: Path) -> None:
    """All of the commit comes, not only what lies below."""
    commit = source.commit(**{"docs/note.md": "a note\n"})
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(source.folder), str(clone)], check=True)

    check_out(clone / "docs", commit, target)

    assert (target / "speak.sh").exists()


@pytest.mark.parametrize("commit", ["ab" * 20, "main", "--help"])
def test_a_commit_that_is_not_there_is_a_sentence(source: Source, target: Path, commit: str) -> None:
    """So is what is no full hash."""
    source.commit()

    with pytest.raises(Complaint):
        check_out(source.folder, commit, target)
    assert list(target.iterdir()) == []


def test_a_folder_that_is_no_repository_is_a_sentence(tmp_path: Path, target: Path) -> None:
    """The sentence is git's, and so is the one about a folder that is not there."""
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(Complaint, match="git rev-parse failed"):
            check_out(folder, "ab" * 20, target)


def test_a_file_that_is_missing_is_never_fetched(tmp_path: Path, source: Source, target: Path) -> None:
    """A partial clone that lacks a file asks no network for it: the run has no credentials, and says so."""
    commit = source.commit()
    part = tmp_path / "part.git"
    git = ["git", "-C", str(source.folder), "config", "uploadpack.allowFilter", "true"]
    subprocess.run(git, check=True)
    clone = ["git", "clone", "--quiet", "--bare", "--filter=blob:none", source.folder.as_uri(), str(part)]
    subprocess.run(clone, check=True)

    with pytest.raises(Complaint, match="git checkout-index failed"):
        check_out(part, commit, target)


def test_without_git_there_is_a_sentence(source: Source, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine lacks a program, and that is no fault of the leg."""
    commit = source.commit()
    monkeypatch.setenv("PATH", str(target))

    with pytest.raises(Complaint, match="git rev-parse did not run: `git` was not found"):
        check_out(source.folder, commit, target)
