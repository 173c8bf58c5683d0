"""A git repository as facts: files at a commit, what landed, branches; and the one place that writes commits.

Everything is read from commits, never from the work tree; everything is written to branches
that are not checked out, through a temporary index.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SETTINGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_FIELDS = "%H%x00%h%x00%aI%x00%s%x00%b"
_PERSON = re.compile(r"(.+) <([^<>]*)> \d+ [+-]\d{4}$", re.MULTILINE)
_TIMEOUT = 120.0
BLOB_LIMIT = 16 << 20
"""No single file of a repository above this size is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the default branch: its message as written, its date as ISO 8601 text."""

    hash: str
    short: str
    date: str
    subject: str
    body: str

    @property
    def message(self) -> str:
        """Subject and body as one text."""
        return f"{self.subject}\n\n{self.body}".rstrip() + "\n"


@dataclass(frozen=True, slots=True)
class Author:
    """Who commits, and when: the date is `seconds +0000` as git reads it."""

    name: str
    email: str
    date: str


class Repository:
    """A git repository on this machine."""

    def __init__(self, folder: Path) -> None:
        """Find the repository that *folder* is in.

        Raises:
            Unreadable: *folder* is no folder, or in no git repository, or git is missing.
        """
        if not folder.is_dir():
            raise Unreadable(f"{folder} is no folder", mend="Name the checkout with --repo DIR")
        self._git_dir: Path | None = None
        self._told: dict[tuple[tuple[str, ...], bytes], bytes] = {}
        self.folder = folder
        found = self._try("rev-parse", "--absolute-git-dir")
        if found is None:
            raise Unreadable(f"{folder} is in no git repository", mend="Name a git checkout with --repo DIR")
        self._git_dir = Path(found.decode().strip())

    def _run(self, *args: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run one git command; its standard output.

        Raises:
            Complaint: git ended with an error; the last line of what it said is kept.
        """
        done = self._call(args, data, env)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise Complaint(f"git {args[0]} failed: {said[-1][:300]}")
        return done.stdout

    def _recall(self, commit: str, *args: str, data: bytes = b"") -> bytes:
        """Run one git command about *commit*; once, if that is a full hash, because the answer cannot change."""
        key = (args, data)
        answer = self._told.get(key) or self._run(*args, data=data)
        if _FULL.fullmatch(commit):
            self._told[key] = answer
        return answer

    def _try(self, *args: str) -> bytes | None:
        """Run one git command; None if it ends with an error."""
        done = self._call(args, b"", None)
        return done.stdout if done.returncode == 0 else None

    def _call(
        self, args: tuple[str, ...], data: bytes, env: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        where = ("--git-dir", str(self._git_dir)) if self._git_dir else ("-C", str(self.folder))
        keep = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        command = ["git", *_SETTINGS, *where, *args]
        full = {**keep, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8", **(env or {})}
        try:
            return subprocess.run(command, input=data, capture_output=True, env=full, timeout=_TIMEOUT, check=False)  # noqa: S603 - an argument list, never a shell
        except FileNotFoundError:
            raise Unreadable("git is not installed", mend="Install git and try again") from None
        except subprocess.TimeoutExpired:
            raise Complaint(f"git {args[0]} took longer than {_TIMEOUT:g} s") from None

    def default_branch(self) -> str:
        """Return the name of the default branch: what origin calls so, else main, else master, else HEAD's."""
        remote = self._try("symbolic-ref", "--short", "refs/remotes/origin/HEAD")
        candidates = [remote.decode().strip().removeprefix("origin/")] if remote else []
        for name in (*candidates, "main", "master"):
            if self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{name}"):
                return name
        if self._try("rev-parse", "--verify", "--quiet", "HEAD") is None:
            raise Unreadable(f"{self.folder} has no commit yet", mend="Commit contracts and configuration first")
        head = self._try("symbolic-ref", "--short", "HEAD")
        if head is None:
            raise Unreadable("the repository has no default branch", mend="Name it with --branch NAME")
        return head.decode().strip()

    def checked_out(self) -> frozenset[str]:
        """Return the branches that some work tree of this repository stands on."""
        listed = self._run("worktree", "list", "--porcelain").decode(errors="replace").splitlines()
        return frozenset(line.removeprefix("branch refs/heads/") for line in listed if line.startswith("branch "))

    def commit(self, rev: str) -> str:
        """Return the full hash of *rev*.

        Raises:
            Unreadable: there is no such commit.
        """
        found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        if found is None:
            raise Unreadable(f"“{rev[:80]}” is no commit of this repository", mend="Name a branch, tag or commit hash")
        return found.decode().strip()

    def parent(self, commit: str) -> str | None:
        """Return the first parent, or None for a root commit."""
        listed = self._recall(commit, "rev-list", "--parents", "-n1", commit, "--").decode().split()
        return listed[1] if len(listed) > 1 else None

    def contains(self, branch: str, commit: str) -> bool:
        """Return whether *commit* is *branch* or an ancestor of it."""
        return self._try("merge-base", "--is-ancestor", commit, branch) is not None

    def branches(self, prefix: str) -> dict[str, str]:
        """Return local branch name → hash of the branches below *prefix*."""
        listed = self._run("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", f"refs/heads/{prefix}")
        return {name: hash_ for name, _, hash_ in (line.partition(" ") for line in listed.decode().splitlines())}

    def url(self) -> str:
        """Return `https://host/owner/name` of the remote origin, or an empty text."""
        found = self._try("config", "--get", "remote.origin.url")
        text = found.decode().strip().removesuffix(".git") if found else ""
        if text.startswith("git@"):
            text = "https://" + text.removeprefix("git@").replace(":", "/", 1)
        if not text.startswith(("https://", "http://")):
            return ""
        scheme, _, rest = text.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"  # credentials never leave the configuration

    def identity(self, date: str) -> Author:
        """Return who commits here, as git knows it from variables or configuration; no name where it does not."""
        env = {name: value for name, value in os.environ.items() if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_"))}
        found = self._call(("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"), b"", env)
        person = _PERSON.match(found.stdout.decode(errors="replace")) if found.returncode == 0 else None
        return Author(person[1], person[2], date) if person else Author("", "", date)

    def paths(self, commit: str) -> tuple[str, ...]:
        """Return the path of every regular file at *commit*; links and submodules are left out."""
        listed = self._recall(commit, "ls-tree", "-r", "-z", commit).decode(errors="replace").split("\0")
        return tuple(line.partition("\t")[2] for line in listed if line.startswith("100"))

    def changed(self, base: str, head: str) -> tuple[str, ...]:
        """Return the paths that differ between two commits."""
        listed = self._run("diff", "--no-renames", "--name-only", "-z", base, head, "--").decode(errors="replace")
        return tuple(path for path in listed.split("\0") if path)

    def read(self, commit: str, paths: Sequence[str], *, large: int = 0) -> dict[str, bytes]:
        """Return path → content of those of *paths* that exist at *commit*.

        Args:
            commit: any revision.
            paths: as git lists them.
            large: files above this size (bytes) are left out; 0: files above `BLOB_LIMIT` are refused.

        Raises:
            Unreadable: a file is larger than `BLOB_LIMIT`.
        """
        wanted = [path for path in paths if "\n" not in path]
        asked = "".join(f"{commit}:{path}\n" for path in wanted).encode()
        check = ("cat-file", "--batch-check=%(objecttype) %(objectsize)")
        told = self._recall(commit, *check, data=asked).decode().splitlines() if wanted else []
        sizes = [(path, int(line.split()[1])) for path, line in zip(wanted, told, strict=True) if line[:5] == "blob "]
        for path, size in sizes:
            if size > BLOB_LIMIT and not large:
                raise Unreadable(f"{path} is larger than {BLOB_LIMIT >> 20} MiB", mend="Leave it out of the patterns")
        fitting = [path for path, size in sizes if size <= (large or BLOB_LIMIT)]
        asked = "".join(f"{commit}:{path}\n" for path in fitting).encode()
        return _split(self._recall(commit, "cat-file", "--batch", data=asked), fitting) if fitting else {}

    def log(self, since: str | None, until: str) -> tuple[Commit, ...]:
        """Return the first-parent commits after *since* up to *until*, oldest first."""
        span = f"{since}..{until}" if since else until
        args = ("log", "--first-parent", "--reverse", "-z", f"--format={_FIELDS}", span, "--")
        values = self._run(*args).decode(errors="replace").split("\0")
        return tuple(Commit(*values[n : n + 5]) for n in range(0, len(values) - 4, 5))

    def touching(self, path: str, until: str) -> tuple[str, ...]:
        """Return the first-parent commits that changed *path*, newest first."""
        return tuple(self._run("log", "--first-parent", "--format=%H", until, "--", path).decode().split())

    def patch(self, commit: str) -> str:
        """Return what *commit* changed against its first parent, as a unified diff without context."""
        parent = self.parent(commit) or self._run("hash-object", "-t", "tree", "--stdin").decode().strip()
        args = ("diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", parent, commit, "--")
        return self._run(*args).decode(errors="replace")

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of *commit* into *folder*, without any `.git`."""
        with tempfile.TemporaryDirectory() as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), "GIT_WORK_TREE": str(folder)}
            self._run("read-tree", commit, env=env)
            self._run("checkout-index", "--all", f"--prefix={folder}/", env=env)

    def write(self, branch: str, parent: str, files: Mapping[str, bytes], message: str, author: Author) -> str:
        """Commit *files* on top of *parent* and move *branch* there; return the hash that it stands at.

        The branch moves only if it still stands where it stood (at *parent*, or nowhere), so
        two writers cannot lose each other's work, and only if no work tree stands on it. If it
        stands at such a commit already, that one is returned: twice equals once.

        Raises:
            Complaint: a path leads out of the repository, the branch is checked out, or holds other
                work, or nothing would change.
        """
        for path in files:
            if {"", ".", "..", ".git"} & set(path.casefold().split("/")):  # git would leave it out, and say nothing
                raise Complaint(f"“{path[:200]}” is no path inside a repository")
        tree = self._tree(parent, files)
        if tree == self._tree_of(parent):
            raise Complaint(f"the commit for {branch} would change nothing")
        standing = self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        tip = standing.decode().strip() if standing else ""
        if tip and self.parent(tip) == parent and self._tree_of(tip) == tree:
            return tip
        if tip not in ("", parent):
            what = f"the branch {branch} exists and is not what this commit builds on"
            raise Complaint(what, mend=f"Look at it with git log {branch}, then merge or delete it")
        if branch in self.checked_out():
            raise Complaint(f"the branch {branch} is checked out", mend="Check out another branch, and try again")
        who = {"NAME": author.name, "EMAIL": author.email, "DATE": author.date}
        env = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in who.items()}
        args = ("commit-tree", tree, "-p", parent, "-F", "-")
        new = self._run(*args, data=message.encode(), env=env).decode().strip()
        self._run("update-ref", "-m", "discharge", f"refs/heads/{branch}", new, tip or "0" * len(new))
        return new

    def _tree_of(self, commit: str) -> str:
        return self._recall(commit, "rev-parse", f"{commit}^{{tree}}").decode().strip()

    def _tree(self, parent: str, files: Mapping[str, bytes]) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._run("read-tree", parent, env=env)
            listed = self._run("ls-files", "-s", "-z", "--", *files, env={**env, "GIT_LITERAL_PATHSPECS": "1"})
            modes = {row.partition("\t")[2]: row[:6] for row in listed.decode().split("\0")}
            rows = [f"{modes.get(path, '100644')} {self._blob(data)}\t{path}\0" for path, data in files.items()]
            self._run("update-index", "-z", "--index-info", data="".join(rows).encode(), env=env)
            return self._run("write-tree", env=env).decode().strip()

    def _blob(self, content: bytes) -> str:
        return self._run("hash-object", "-w", "--no-filters", "--stdin", data=content).decode().strip()


def _signature(author: Author) -> tuple[tuple[str, str], ...]:
    """Return the parts of a signature; the program's own name where nobody is known."""
    known = (author.name, author.email) if author.name else ("Discharge", "discharge@localhost")
    return (("NAME", known[0]), ("EMAIL", known[1]), ("DATE", author.date))


def _split(stream: bytes, paths: Sequence[str]) -> dict[str, bytes]:
    """Cut the output of `git cat-file --batch` into path → content."""
    found: dict[str, bytes] = {}
    at = 0
    for path in paths:
        end = stream.index(b"\n", at)
        head = stream[at:end].split(b" ")
        at = end + 1
        if len(head) == 3 and head[1] == b"blob":  # noqa: PLR2004 - hash, type, size
            size = int(head[2])
            found[path] = stream[at : at + size]
            at += size + 1
        elif len(head) == 3 and head[2].isdigit():  # noqa: PLR2004 - a tree: not a file, passed over
            at += int(head[2]) + 1
    return found
