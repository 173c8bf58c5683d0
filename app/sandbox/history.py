"""What a repository holds: objects, lines of commits, what changed between two; read from git's own answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.sandbox.commit import Change, Commit, TreeEntry, read_changes, read_commit, read_tree
from app.sandbox.program import Program

if TYPE_CHECKING:
    from pathlib import Path

_CHAIN = 100


class History(Program):
    """The reading half of a repository. Objects never change, so what was read once is remembered."""

    def __init__(self, folder: Path) -> None:
        """Read the repository in *folder*."""
        super().__init__(folder)
        self._commits: dict[str, Commit] = {}

    def read(self, name: str) -> tuple[str, str, bytes] | None:
        """Return id, kind and content of an object; None if there is none of that name.

        Args:
            name: An id or any expression of git's: `main:path`, `refs/heads/main`, `HEAD~2`.
        """
        if not name or "\n" in name or "\0" in name or name.startswith("-"):
            return None
        with self._lock:
            if self._reader is None:
                self._reader = self._open("cat-file", "--batch-command", "--buffer")
            source, answer = self._reader.stdin, self._reader.stdout
            assert source is not None
            assert answer is not None
            source.write(b"contents " + name.encode("utf-8", "surrogateescape") + b"\nflush\n")
            source.flush()
            head = answer.readline().rsplit(b" ", 2)
            if len(head) != 3 or not head[2].strip().isdigit():  # noqa: PLR2004 - id, kind, size; else `missing`
                return None
            data = answer.read(int(head[2]) + 1)[:-1]
        return head[0].decode(), head[1].decode(), data

    def commit(self, name: str) -> Commit | None:
        """Return the commit that a name stands for, None if there is none."""
        if name in self._commits:
            return self._commits[name]
        found = self.read(f"{name}^{{commit}}")
        if found is None:
            return None
        commit = self._commits[found[0]] = read_commit(found[0], found[2])
        return commit

    def tree(self, name: str) -> tuple[TreeEntry, ...] | None:
        """Return the entries of the tree that a name stands for, one level deep."""
        found = self.read(f"{name}^{{tree}}") if ":" not in name else self.read(name)
        return read_tree(found[2]) if found and found[1] == "tree" else None

    def walk(self, tree: str) -> list[TreeEntry]:
        """Return all entries below a tree, folders before what is in them."""
        entries = []
        for entry in self.tree(tree) or ():
            entries.append(entry)
            if entry.kind == "tree":
                inner = self.walk(entry.sha)
                entries += [TreeEntry(e.mode, e.kind, e.sha, f"{entry.path}/{e.path}") for e in inner]
        return entries

    def find(self, commit: str, path: str) -> TreeEntry | None:
        """Return the entry at a path of a commit, None if there is none."""
        tree, _, rest = commit, "", path
        while True:
            name, _, rest = rest.partition("/")
            entry = next((e for e in self.tree(tree) or () if e.path == name), None)
            if entry is None or not rest:
                return TreeEntry(entry.mode, entry.kind, entry.sha, path) if entry else None
            tree = entry.sha

    def _chain(self, tip: str) -> list[str]:
        """Return *tip* and its ancestors as far as they are in one line: up to a merge, the beginning, or a bound."""
        chain = [tip]
        while len(chain) < _CHAIN:
            commit = self.commit(chain[-1])
            if commit is None or len(commit.parents) != 1:
                break
            chain.append(commit.parents[0])
        return chain

    def base(self, one: str, other: str) -> str | None:
        """Return the merge base of two commits; git is asked only where lines do not tell."""
        known = set(self._chain(one))
        near = next((sha for sha in self._chain(other) if sha in known), None)
        return near or self._recall("merge-base", one, other, ends=(0, 1)).decode().strip() or None

    def reaches(self, tip: str, commit: str) -> bool:
        """Say whether *commit* is *tip* or one of its ancestors."""
        return tip == commit or self.base(tip, commit) == commit

    def log(self, tip: str, without: str | None = None, limit: int = 250) -> list[str]:
        """Return the ids of commits that *tip* reaches and *without* does not, newest first."""
        if without is not None:
            chain, known = self._chain(tip), set(self._chain(without))
            place = next((place for place, sha in enumerate(chain) if sha in known), None)
            if place is not None:
                return chain[: min(place, limit)]
        args = ("rev-list", f"--max-count={limit}", "--topo-order", tip, *([f"^{without}"] if without else []))
        return self._recall(*args).decode().split()

    def names(self, before: str | None, after: str) -> dict[str, list[str]]:
        """Return the paths that were added, removed and modified between two trees or commits, renames as both."""
        found: dict[str, list[str]] = {"added": [], "removed": [], "modified": []}
        self._compare(before, after, "", found)
        return {word: sorted(paths) for word, paths in found.items()}

    def _compare(self, before: str | None, after: str | None, at: str, found: dict[str, list[str]]) -> None:
        old, new = ({e.path: e for e in (self.tree(name) if name else None) or ()} for name in (before, after))
        for name in old.keys() | new.keys():
            one, two = old.get(name), new.get(name)
            if one and two and (one.sha, one.mode) == (two.sha, two.mode):
                continue
            trees = [each.sha if each and each.kind == "tree" else None for each in (one, two)]
            if any(trees):
                self._compare(trees[0], trees[1], f"{at}{name}/", found)
            one, two = (each if each and each.kind != "tree" else None for each in (one, two))
            if one or two:
                found["modified" if one and two else "added" if two else "removed"].append(at + name)

    def changes(self, before: str | None, after: str) -> tuple[Change, ...]:
        """Return the changed files between two commits; before None: all files are new."""
        ends = (before, after) if before else ("--root", after)
        args = ("diff-tree", "-r", "-z", "-M", "--raw", "--numstat", "--no-abbrev", "--no-commit-id", *ends)
        return read_changes(self._recall(*args))

    def patch(self, before: str | None, after: str, path: str) -> str:
        """Return the hunks of one changed file; nothing for a binary one."""
        ends = (before, after) if before else ("--root", after)
        raw = self._recall("diff-tree", "-p", "-M", "--no-commit-id", *ends).decode("utf-8", "replace")
        part = next((p for p in re.split(r"^diff --git ", raw, flags=re.MULTILINE) if f" b/{path}\n" in p[:5000]), "")
        return part[part.index("\n@@") + 1 :].rstrip("\n") if "\n@@" in part else ""

    def merge(self, ours: str, theirs: str) -> str | None:
        """Return the tree of a merge of two commits, None if they conflict."""
        ahead = self.commit(theirs)
        if ahead is not None and self.reaches(theirs, ours):
            return ahead.tree
        told = self._recall(
            "merge-tree", "--write-tree", "--allow-unrelated-histories", "-z", ours, theirs, ends=(0, 1)
        )
        return told.split(b"\0", 1)[0].decode().strip() or None
