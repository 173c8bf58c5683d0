"""The git store: real objects, read and written with few processes, each move compared with what stood there."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sandbox.commit import (
    Commit,
    Edit,
    Signature,
    possible,
    read_changes,
    read_commit,
    read_tree,
    write_commit,
)
from app.sandbox.git import Store
from app.sandbox.program import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHO = Signature("A Tester", "tester@example.org", 1_777_900_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty repository."""
    made = Store(tmp_path / "one.git")
    yield made
    made.close()


def _write(store: Store, parent: str | None, *edits: Edit, message: str = "m") -> str:
    top = store.commit(parent) if parent else None
    parents = (parent,) if parent else ()
    return store.write(Commit("", top.tree if top else "", parents, WHO, WHO, message), edits)


def test_what_is_written_is_what_git_reads(store: Store) -> None:
    """Odd names, modes and bytes arrive in git as they were given."""
    names = ['a "quoted" name.txt', "back\\slash", "ü/ñ.txt", "line\nbreak", "run.sh"]
    sha = _write(store, None, *(Edit(n, n.encode(), mode="100755" if n == "run.sh" else "100644") for n in names))
    store.move(("refs/heads/main", sha, None))

    done = subprocess.run(
        ["git", "--git-dir", str(store.folder), "ls-tree", "-rz", "main"], capture_output=True, check=True
    )

    told = dict(line.split("\t")[::-1] for line in done.stdout.decode().split("\0") if line)
    assert {name: told[name][:6] for name in names} == {n: "100755" if n == "run.sh" else "100644" for n in names}
    assert sorted(e.path for e in store.walk(sha) if e.kind == "blob") == sorted(names)
    assert store.read(f"{sha}:back\\slash") is not None


def test_a_move_is_compared(store: Store) -> None:
    """A ref moves only from where it is said to stand; several move together or not at all."""
    one = _write(store, None, Edit("a", b"1"))
    two = _write(store, one, Edit("a", b"2"))
    store.move(("refs/heads/main", one, None))

    with pytest.raises(GitError):
        store.move(("refs/heads/main", two, two))
    with pytest.raises(GitError):
        store.move(("refs/heads/new", two, None), ("refs/heads/main", two, None))
    with pytest.raises(GitError):
        store.move(("refs/heads/a b", two, None))
    store.move(("refs/heads/main", two, one), ("refs/heads/new", one, None))
    store.move(("refs/heads/new", None, one))

    assert store.refs == {"refs/heads/main": two}
    assert store.refresh() == store.refs
    assert store.reaches(two, one)
    assert not store.reaches(one, two)


def test_conflicts_are_found(store: Store) -> None:
    """Two changes of one line have no merge; two changes of two files have one."""
    one = _write(store, None, Edit("a", b"1\n"), Edit("b", b"1\n"))
    mine, theirs, other = (_write(store, one, Edit(*each)) for each in (("a", b"2\n"), ("a", b"3\n"), ("b", b"2\n")))

    assert store.merge(mine, theirs) is None
    tree = store.merge(mine, other)
    assert tree is not None
    assert {e.path for e in store.walk(tree)} == {"a", "b"}


def test_changes_are_told(store: Store) -> None:
    """Added, removed, changed, renamed and binary files, with counts and hunks."""
    text = "".join(f"{n}\n" for n in range(20)).encode()
    one = _write(store, None, Edit("kept", b"1\n"), Edit("old name", text), Edit("gone", b"g\n"))
    edits = [Edit("kept", b"2\n"), Edit("old name"), Edit("new name", text), Edit("gone"), Edit("bin", b"\0\1")]
    two = _write(store, one, *edits)

    found = {change.path: change for change in store.changes(one, two)}

    assert {path: change.status for path, change in found.items()} == {
        "kept": "M", "new name": "R", "gone": "D", "bin": "A",
    }  # fmt: skip
    assert found["new name"].before == "old name"
    assert (found["kept"].added, found["kept"].removed, found["bin"].added) == (1, 1, 0)
    assert store.patch(one, two, "kept") == "@@ -1 +1 @@\n-1\n+2"
    assert store.patch(one, two, "bin") == ""
    assert [change.status for change in store.changes(None, one)] == ["A", "A", "A"]


def test_names_that_are_none_find_nothing(store: Store) -> None:
    """Whatever a request names, git is asked for one object, or for none."""
    assert [store.read(name) for name in ("", "nope", "a\nb", "--batch", "a\0b", "0" * 40)] == [None] * 6
    assert (store.commit("main"), store.tree("main"), store.find("main", "a"), store.tip("main")) == (None,) * 4
    assert store.walk("0" * 40) == []
    with pytest.raises(GitError, match="malformed path"):
        _write(store, None, Edit("a/../b", b""))
    with pytest.raises(GitError):
        store.log("nowhere")


def test_few_processes_are_started(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit is one process; reading it, moving to it and merging along a line are none."""
    one = _write(store, None, Edit("a", b"1"))
    store.move(("refs/heads/main", one, None))
    store.read(one)
    started: list[object] = []
    popen = subprocess.Popen

    def count(*args: object, **kwargs: object) -> object:
        started.append(args)
        return popen(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", count)
    two = _write(store, one, Edit("a", b"2"))
    store.move(("refs/heads/main", two, one))
    for _ in range(3):
        store.walk(two)
        store.base(one, two)
        store.merge(one, two)

    assert len(started) == 1


_TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30)
_SIGNATURES = st.builds(
    Signature,
    _TEXT.map(lambda t: t.strip("<> ")),
    _TEXT.map(lambda t: t.replace(" ", "")),
    st.integers(0, 4_000_000_000),
)


@given(_SIGNATURES, st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=60))
@settings(deadline=None, max_examples=100)
def test_a_commit_that_is_written_is_read(who: Signature, message: str) -> None:
    """People, parents and message survive; signs that would break the format are dropped from names."""
    commit = Commit("f" * 40, "a" * 40, ("b" * 40, "c" * 40), who, who, message)

    read = read_commit("f" * 40, write_commit(commit))

    assert (read.tree, read.parents, read.message) == (commit.tree, commit.parents, message)
    assert read.author.when == who.when
    assert read.author.line() == read_commit("", write_commit(read)).author.line()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["100644", "40000", "160000"]), _TEXT.filter(bool), st.binary(min_size=20, max_size=20)
        )
    )
)
@settings(deadline=None, max_examples=100)
def test_any_tree_is_read(entries: list[tuple[str, str, bytes]]) -> None:
    """Trees are read entry by entry, whatever their names and ids hold."""
    raw = b"".join(mode.encode() + b" " + name.encode() + b"\0" + sha for mode, name, sha in entries)

    assert [(e.path, e.sha) for e in read_tree(raw)] == [(name, sha.hex()) for _, name, sha in entries]


def test_dates_are_told_in_both_ways() -> None:
    """GitHub shows UTC; webhooks show the writer's own offset; a broken signature has no date."""
    who = Signature("A", "a@example.org", 1_777_900_000, "-0730")

    assert (who.date, who.local) == ("2026-05-04T13:06:40Z", "2026-05-04T05:36:40-07:30")
    raw = b"tree t\nauthor broken\ncommitter A <a@example.org> 5 +0000\n\nm"
    assert read_commit("s", raw).author == Signature("broken", "", 0)
    assert read_changes(b"") == ()
    assert [possible(path) for path in ("a/b", "a//b", "../a", "a/.git/b", ".GIT", "", "a\0b")] == [True] + [False] * 6


def test_lines_and_merges_are_what_git_says(store: Store) -> None:
    """Merge bases, logs and changed names are git's own, along lines and across merges."""
    root = _write(store, None, Edit("a", b"1"), Edit("d/x", b"1"), Edit("d/y", b"1"))
    left = _write(store, root, Edit("a", b"2"), Edit("d", None, sha=None), message="left")
    right = _write(store, root, Edit("d/z", b"1"), Edit("e/f/g", b"1"), message="right")
    tree = store.merge(left, right)
    assert tree is not None
    both = store.write_commit(Commit("", tree, (left, right), WHO, WHO, "both"))
    tops = [_write(store, both, Edit("a", str(n).encode()), message=f"top {n}") for n in range(3)]

    def git(*args: str) -> list[str]:
        done = subprocess.run(["git", "--git-dir", str(store.folder), *args], capture_output=True, check=False)
        return done.stdout.decode().split()

    every = [root, left, right, both, *tops]
    for one in every:
        for other in every:
            assert [store.base(one, other)] == git("merge-base", one, other)
            assert set(store.log(one, other)) == set(git("rev-list", one, f"^{other}"))
            letters = {"added": "A", "removed": "D", "modified": "MT"}
            told = git("diff-tree", "-r", "--no-renames", "--name-status", one, other)
            wanted = {
                word: sorted(told[1::2][n] for n, s in enumerate(told[::2]) if s in of) for word, of in letters.items()
            }
            assert store.names(one, other) == wanted
    assert store.log(tops[0]) == git("rev-list", "--topo-order", tops[0])
    assert store.names(None, root)["added"] == ["a", "d/x", "d/y"]


def test_a_folder_becomes_a_file_and_back(store: Store) -> None:
    """Names of the same word but another kind are told as removed and added."""
    one = _write(store, None, Edit("d/x", b"1"))
    two = _write(store, one, Edit("d/x"), Edit("d", b"1"))

    assert store.names(one, two) == {"added": ["d"], "removed": ["d/x"], "modified": []}
    assert store.names(two, one) == {"added": ["d/x"], "removed": ["d"], "modified": []}
