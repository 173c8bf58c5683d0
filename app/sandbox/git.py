"""A bare git repository of the sandbox: made, read and written by git itself, with few processes.

`cat-file --batch-command` answers what objects are, and `update-ref --stdin` moves branches, each move compared
with where the branch stood. Everything else is one process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.sandbox.commit import Commit, Edit, Tag, possible, write_edit
from app.sandbox.commit import write_commit as _write_commit
from app.sandbox.commit import write_tag as _write_tag
from app.sandbox.history import History
from app.sandbox.program import GitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FULL = re.compile(r"[0-9a-f]{40}")
NONE = "0" * 40
_CONFIG = """\
[http]
	receivepack = true
	uploadpack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
	allowReachableSHA1InWant = true
[receive]
	hideRefs = refs/pull
	denyDeleteCurrent = ignore
[transfer]
	hideRefs = refs/sandbox
[gc]
	auto = 0
[core]
	fsync = none
[fastimport]
	unpackLimit = 1
"""


class Store(History):
    """One bare repository in a folder of its own; safe to use from several threads."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        """Make an empty repository in *folder*, which must not exist, with *branch* as its default branch."""
        super().__init__(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._call("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}", str(folder), git_dir=False)
        with (folder / "config").open("a", encoding="utf-8") as config:
            config.write(_CONFIG)
        self.refs: dict[str, str] = {}

    # -- writing

    def write_blob(self, data: bytes) -> str:
        """Keep a blob; its id."""
        return self._call("hash-object", "-w", "--stdin", data=data).decode().strip()

    def write_commit(self, commit: Commit) -> str:
        """Keep a commit on a tree that is there already; its id."""
        raw = _write_commit(commit)
        return self._call("hash-object", "-t", "commit", "-w", "--stdin", data=raw).decode().strip()

    def write_tag(self, tag: Tag) -> str:
        """Keep a tag with words of its own; its id. No ref moves."""
        return self._call("hash-object", "-t", "tag", "-w", "--stdin", data=_write_tag(tag)).decode().strip()

    def write(self, commit: Commit, edits: Sequence[Edit]) -> str:
        """Keep a commit whose tree is that of *commit* (empty: none) after *edits*; its id. No branch moves.

        Raises:
            GitError: a path cannot be, or an object that an edit names is not there.
        """
        wrong = next((each.path for each in edits if not possible(each.path)), None)
        if wrong is not None:
            raise GitError(f"malformed path {wrong[:200]!r}")
        lines = [b"commit refs/sandbox/new", b"mark :1"]
        lines += [f"author {commit.author.line()}".encode(), f"committer {commit.committer.line()}".encode()]
        message = commit.message.encode()
        lines += [b"data %d\n%s" % (len(message), message)]
        for word, parent in zip(("from", *["merge"] * len(commit.parents)), commit.parents, strict=False):
            lines.append(f"{word} {parent}".encode())
        lines.append(f'M 040000 {commit.tree} ""'.encode() if commit.tree else b"deleteall")
        lines += [write_edit(edit) for edit in edits]
        stream = b"\n".join([*lines, b"get-mark :1", b"done", b""])
        with self._lock:
            told = self._call("fast-import", "--quiet", "--force", "--done", "--date-format=raw", data=stream)
        return told.decode().strip()

    # -- branches

    def tip(self, branch: str) -> str | None:
        """Return the commit that a branch stands at, None if there is no such branch."""
        return self.refs.get(f"refs/heads/{branch}")

    def move(self, *moves: tuple[str, str | None, str | None]) -> None:
        """Move refs, all or none: (full name, new id or None to delete, id it must have or None if it must not be).

        Raises:
            GitError: one does not stand where it must, or a name cannot be.
        """
        lines = ["start"]
        for ref, new, old in moves:
            lines.append(f"update {ref} {new} {old or NONE}" if new else f"delete {ref} {old or ''}".rstrip())
        if any(re.search(r"[\s\0]", part) for ref, new, old in moves for part in (ref, new or "", old or "")):
            raise GitError("git update-ref: a name with a blank in it")
        with self._lock:
            self._transact("\n".join([*lines, "commit", ""]).encode())
            for ref, new, _ in moves:
                self.refs.pop(ref, None)
                if new:
                    self.refs[ref] = new

    def _transact(self, lines: bytes) -> None:
        if self._mover is None:
            self._mover = self._open("update-ref", "--stdin")
        source, answer = self._mover.stdin, self._mover.stdout
        assert source is not None
        assert answer is not None
        try:
            source.write(lines)
            source.flush()
            told = [answer.readline(), answer.readline()]
        except BrokenPipeError:
            told = []
        if told[1:] != [b"commit: ok\n"]:
            process, self._mover = self._mover, None
            self._end(process)
            raise GitError("git update-ref: a reference is not where it was expected to be, or cannot be named so")

    def refresh(self) -> dict[str, str]:
        """Read all refs anew, after git itself has written some; return those that stood before."""
        with self._lock:
            self._end(self._mover)
            self._mover = None
            before = self.refs
            told = self._call("for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines()
            named = (line.split(" ", 1) for line in told)
            self.refs = {ref: sha for sha, ref in named if not ref.startswith("refs/sandbox/")}
            return before

    def fetch(self, source: Path, *specs: str) -> None:
        """Take objects and refs from another repository on this machine."""
        with self._lock:
            self._call("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(source), *specs)
            self.refresh()
