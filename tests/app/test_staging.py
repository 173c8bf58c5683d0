"""`discharge check --staged`: what is about to be committed, before it is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import CONTRACT, CONTRACT_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

FLIPPED = CONTRACT.replace("status: FUNCTIONAL\n", "status: DISCHARGED\n")


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository in which everything agrees."""
    stage = Stage(repo)
    stage.set()
    return stage


def put(stage: Stage, text: str, *, staged: bool = True) -> None:
    """Write the contract into the work tree, and stage it."""
    (stage.repo.folder / CONTRACT_PATH).write_text(text, encoding="utf-8")
    if staged:
        stage.repo.git("add", CONTRACT_PATH)


def look(stage: Stage) -> dict[str, bytes]:
    """Return every file of `.git` but the objects: index, branches, logs."""
    folder = stage.repo.folder / ".git"
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and "objects" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_is_staged_is_checked_and_nothing_is_changed(stage: Stage) -> None:
    """A flip by hand fails before it is committed; index, branches and work tree are as they were."""
    put(stage, FLIPPED)
    before = look(stage)

    said = stage.ask("check", "--staged", "--json")

    assert said.status == 1
    assert "contract/evidence-missing" in {f["rule"] for f in said.data["findings"]}
    assert look(stage) == before
    assert (stage.repo.folder / CONTRACT_PATH).read_text() == FLIPPED


def test_what_is_not_staged_is_not_looked_at(stage: Stage) -> None:
    """The work tree is not the index: only what would be committed counts."""
    put(stage, CONTRACT + "# a comment\n")
    put(stage, FLIPPED, staged=False)

    said = stage.ask("check", "--staged")

    assert (said.status, said.out) == (0, "no findings\n")


def test_the_index_that_git_names_is_the_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git commit -a` hands its hooks an index of its own."""
    put(stage, FLIPPED)
    other = stage.repo.folder.parent / "other-index"
    shutil.copyfile(stage.repo.folder / ".git" / "index", other)
    stage.repo.git("reset", "--quiet")
    plain = stage.ask("check", "--staged")
    monkeypatch.setenv("GIT_INDEX_FILE", str(other))

    named = stage.ask("check", "--staged")

    assert (plain.status, named.status) == (0, 1)


def test_before_the_first_commit_everything_is_new(repo: Repo) -> None:
    """A repository without a commit can be checked, too."""
    stage = Stage(repo)
    (repo.folder / "contracts").mkdir()
    put(stage, CONTRACT.replace("SPEAK-003", "SPEAK-002"))

    said = stage.ask("check", "--staged", "--json")

    assert said.status == 1
    assert [f["rule"] for f in said.data["findings"]] == ["contract/duplicate-id"]


def test_a_head_and_what_is_staged_are_one_too_many(stage: Stage) -> None:
    """Which of the two is meant cannot be told."""
    said = stage.ask("check", "--staged", "--head", "main")

    assert said.status == 2
    assert "what is staged has no other head" in said.err


def test_a_conflict_that_is_not_resolved_is_told(stage: Stage) -> None:
    """Git makes no tree of it, and says why."""
    base = stage.repo.git("rev-parse", "HEAD")
    ours = stage.repo.commit("ours", {CONTRACT_PATH: CONTRACT.replace("1.2.0\n", "1.3.0\n")})
    stage.repo.git("reset", "--quiet", "--hard", base)
    theirs = stage.repo.commit("theirs", {CONTRACT_PATH: CONTRACT.replace("1.2.0\n", "1.4.0\n")})
    stage.repo.git("read-tree", "-m", base, theirs, ours)

    said = stage.ask("check", "--staged")

    assert said.status == 2
    assert "git write-tree failed" in said.err
