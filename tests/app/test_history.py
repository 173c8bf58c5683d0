"""A git repository read as facts, and written to without touching the work tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.history import Author, Repository
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Repo

AUTHOR = Author("A Tester", "tester@example.org", "1777900000 +0000")


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    """The sentence names the folder and the option."""
    with pytest.raises(Unreadable, match=r"is in no git repository\. Name a git checkout with --repo DIR"):
        Repository(tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A misspelt folder is told from a folder without a repository."""
    with pytest.raises(Unreadable, match="is no folder"):
        Repository(tmp_path / "nowhere")


def test_files_are_read_from_the_commit_and_not_from_the_work_tree(repo: Repo) -> None:
    """What is not committed does not exist."""
    first = repo.commit("one", {"a.txt": "committed\n", "ü/b c.txt": "ö\n"})
    repo.write({"a.txt": "dirty\n", "new.txt": "new\n"})

    read = Repository(repo.folder).read(first, ["a.txt", "new.txt", "ü/b c.txt", "ü"])

    assert read == {"a.txt": b"committed\n", "ü/b c.txt": "ö\n".encode()}


def test_the_default_branch_is_what_origin_calls_so(repo: Repo, tmp_path: Path) -> None:
    """A clone knows its default branch; without one, main comes first."""
    repo.commit("one", {"a": "1"})
    repo.git("branch", "trunk")
    repo.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    repo.git("clone", "--quiet", str(repo.folder), str(tmp_path / "clone"))

    assert Repository(repo.folder).default_branch() == "main"
    assert Repository(tmp_path / "clone").default_branch() == "trunk"


def test_the_log_is_first_parent_and_oldest_first(repo: Repo) -> None:
    """Commits of a merged branch are not the default branch's own."""
    first = repo.commit("one (#1)", {"a": "1"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"b": "1"})
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #2 from x/side\n\nThe title", "side")
    repo.commit("three (#3)\n\nbody with \x02 and ünï", {"c": "1"})

    log = Repository(repo.folder).log(first, "main")

    assert [c.subject for c in log] == ["Merge pull request #2 from x/side", "three (#3)"]
    assert log[0].body.strip() == "The title"
    assert "ünï" in log[1].body


def test_a_commit_is_written_without_touching_the_work_tree(repo: Repo) -> None:
    """The checked-out branch, the index and a dirty file stay as they are."""
    first = repo.commit("one", {"a.txt": "1\n", "run.sh": "#!/bin/sh\n"})
    (repo.folder / "run.sh").chmod(0o755)
    first = repo.commit("two", {})
    repo.write({"a.txt": "dirty\n"})
    repository = Repository(repo.folder)

    new = repository.write("discharge/x", first, {"b/c.txt": b"new\n", "run.sh": b"#!/bin/sh\ntrue\n"}, "say\n", AUTHOR)

    assert repo.git("rev-parse", "discharge/x") == new
    assert repo.show(new, "b/c.txt") == "new\n"
    assert repo.git("ls-tree", new, "run.sh").startswith("100755")
    assert repo.git("status", "--porcelain") == "M a.txt"
    assert repo.git("branch", "--show-current") == "main"


def test_a_branch_that_moved_is_not_overwritten(repo: Repo) -> None:
    """Two writers cannot lose each other's work."""
    first = repo.commit("one", {"a": "1"})
    repository = Repository(repo.folder)
    repository.write("discharge/x", first, {"b": b"1"}, "first", AUTHOR)

    with pytest.raises(Complaint, match="exists and is not what this commit builds on"):
        repository.write("discharge/x", first, {"b": b"2"}, "second", AUTHOR)
    assert repo.show("discharge/x", "b") == "1"


def test_the_checked_out_branch_is_never_moved(repo: Repo) -> None:
    """A person's work tree would suddenly look dirty."""
    first = repo.commit("one", {"a": "1"})

    with pytest.raises(Complaint, match="is checked out"):
        Repository(repo.folder).write("main", first, {"b": b"1"}, "no", AUTHOR)


def test_a_commit_that_changes_nothing_is_refused(repo: Repo) -> None:
    """An empty commit would claim work that was not done."""
    first = repo.commit("one", {"a": "1"})

    with pytest.raises(Complaint, match="would change nothing"):
        Repository(repo.folder).write("discharge/x", first, {"a": b"1"}, "no", AUTHOR)


@pytest.mark.parametrize("rev", ["nowhere", "--all", "-n1", "main:a"])
def test_a_revision_that_is_no_commit_is_refused(repo: Repo, rev: str) -> None:
    """Also one that git would take for an option."""
    repo.commit("one", {"a": "1"})

    with pytest.raises(Unreadable, match="is no commit of this repository"):
        Repository(repo.folder).commit(rev)


def test_credentials_of_the_remote_are_never_told(repo: Repo) -> None:
    """A token in the remote's address stays in git's configuration."""
    repo.git("remote", "add", "origin", "https://user:secret@example.org/o/r.git")

    assert Repository(repo.folder).url() == "https://example.org/o/r"


def test_an_export_has_the_files_and_no_repository(repo: Repo, tmp_path: Path) -> None:
    """A leg gets the files of the commit, and cannot reach the history through them."""
    first = repo.commit("one", {"a/b.txt": "1\n"})
    repo.commit("two", {"a/b.txt": "2\n"})
    (tmp_path / "out").mkdir()

    Repository(repo.folder).export(first, tmp_path / "out")

    assert [str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*")] == ["a", "a/b.txt"]
    assert (tmp_path / "out/a/b.txt").read_text() == "1\n"


def test_a_root_commit_has_a_patch_too(repo: Repo) -> None:
    """The first commit is compared with nothing."""
    first = repo.commit("one", {"a.txt": "1\n2\n"})

    assert "+++ b/a.txt" in Repository(repo.folder).patch(first)
