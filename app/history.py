"""A git repository as facts: files at a commit, what landed, branches; and the one place that writes commits.

Everything is read from commits, never from the work tree; everything is written to branches
that are not checked out, through a temporary index.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from app import touch
from app.git import Git
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIELDS = "%H%x00%aI%x00%s%x00%b%x00%an <%ae>"
_PERSON = re.compile(r"(.+) <([^<>]*)> \d+ [+-]\d{4}$", re.MULTILINE)
_SHORT = 9
BLOB_LIMIT = 16 << 20
"""No single file of a repository above this size is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its message as written, its date as ISO 8601 text, its author as `Name <address>`."""

    hash: str
    date: str
    subject: str
    body: str
    author: str

    @property
    def short(self) -> str:
        """The beginning of the hash, of one length: git's own grows with the repository, and with what it has seen."""
        return self.hash[:_SHORT]

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


class Repository(Git):
    """A git repository on this machine, read from its commits."""

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
        listed = self._recall((commit,), "rev-list", "--parents", "-n1", commit, "--").decode().split()
        return listed[1] if len(listed) > 1 else None

    def contains(self, branch: str, commit: str) -> bool:
        """Return whether *commit* is *branch* or an ancestor of it."""
        return self._relate(commit, branch, "--is-ancestor") is not None

    def fork(self, one: str, other: str) -> str | None:
        """Return the commit where two lines of history parted, None where they have nothing in common."""
        found = self._relate(one, other)
        return found.decode().strip() if found else None

    @property
    def shallow(self) -> bool:
        """Whether the clone lacks older history."""
        return self._run("rev-parse", "--is-shallow-repository").strip() == b"true"

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

    def name(self) -> str:
        """Return `owner/name` of the remote origin, or an empty text."""
        return "/".join(self.url().split("/")[3:])

    def identity(self, date: str) -> Author:
        """Return who commits here, as git knows it from variables or configuration; no name where it does not."""
        env = {name: value for name, value in os.environ.items() if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_"))}
        found = self._call(("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"), b"", env)
        person = _PERSON.match(found.stdout.decode(errors="replace")) if found.returncode == 0 else None
        return Author(person[1], person[2], date) if person else Author("", "", date)

    def paths(self, commit: str) -> tuple[str, ...]:
        """Return the path of every regular file at *commit*; links and submodules are left out."""
        return tuple(self._blobs(commit))

    def _blobs(self, commit: str) -> Mapping[str, str]:
        """Return path → blob of every regular file; a path that is no UTF-8 keeps its bytes as surrogates."""
        return _read_tree(self._recall((commit,), "ls-tree", "-r", "-z", commit))

    def changed(self, base: str, head: str) -> tuple[str, ...]:
        """Return the paths that differ between two commits."""
        listed = self._recall((base, head), "diff", "--no-renames", "--name-only", "-z", base, head, "--")
        return tuple(os.fsdecode(path) for path in listed.split(b"\0") if path)

    def read(self, commit: str, paths: Sequence[str], *, large: int = 0) -> dict[str, bytes]:
        """Return path → content of those of *paths* that exist at *commit*.

        Args:
            commit: any revision.
            paths: as git lists them.
            large: files above this size (bytes) are left out; 0: files above `BLOB_LIMIT` are refused.

        Raises:
            Unreadable: a file is larger than `BLOB_LIMIT`.
        """
        blobs = self._blobs(commit)
        wanted = {path: blobs[path] for path in paths if path in blobs}
        found = self._contents(wanted.values(), large or BLOB_LIMIT)
        left = [path for path, hash_ in wanted.items() if hash_ not in found]
        if left and not large:
            raise Unreadable(f"{left[0]} is larger than {BLOB_LIMIT >> 20} MiB", mend="Leave it out of the patterns")
        return {path: found[hash_] for path, hash_ in wanted.items() if hash_ in found}

    def log(self, since: str | None, until: str) -> tuple[Commit, ...]:
        """Return the first-parent commits after *since* up to *until*, oldest first."""
        span = f"{since}..{until}" if since else until
        args = ("log", "--first-parent", "--reverse", "-z", f"--format={_FIELDS}", span, "--")
        known = (since, until) if since else (until,)
        values = self._recall(known, *args).decode(errors="replace").split("\0")
        return tuple(Commit(*values[n : n + 5]) for n in range(0, len(values) - 4, 5))

    def touching(self, path: str, until: str) -> tuple[str, ...]:
        """Return the first-parent commits that changed *path*, newest first."""
        told = self._recall((until,), "log", "--first-parent", "--format=%H", until, "--", path)
        return tuple(told.decode().split())

    def line(self, until: str, limit: int = -1) -> tuple[str, ...]:
        """Return the first-parent commits up to *until*, newest first, at most *limit* of them; all for -1."""
        return tuple(self._recall((until,), "rev-list", "--first-parent", f"-n{limit}", until, "--").decode().split())

    def subjects(self, until: str, limit: int) -> tuple[str, ...]:
        """Return the subjects of at most *limit* first-parent commits up to *until*, newest first."""
        args = ("log", "--first-parent", f"--max-count={limit}", "-z", "--format=%s", until, "--")
        return tuple(self._recall((until,), *args).decode(errors="replace").split("\0"))

    def touches(self, since: str, until: str, places: Sequence[str]) -> tuple[touch.Touch, ...]:
        """Return what the first-parent commits after *since* changed in *places*, files and folders, newest first."""
        args = ("--first-parent", "--diff-merges=first-parent", "--raw", "--no-abbrev", "--no-renames", "-z")
        span = (f"--format={touch.FORMAT}", f"{since}..{until}", "--", *places)
        env = {"GIT_LITERAL_PATHSPECS": "1"}
        return tuple(touch.read(self._recall((since, until), "log", *args, *span, env=env)))

    def patch(self, commit: str) -> str:
        """Return what *commit* changed against its first parent, as a unified diff without context."""
        parent = self.parent(commit) or self._run("hash-object", "-t", "tree", "--stdin").decode().strip()
        args = ("diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", parent, commit, "--")
        return self._recall((parent, commit), *args).decode(errors="replace")

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
        tree = self._tree(parent, files)
        self._demand(tree, parent, files)
        if tree == self._tree_of(parent):
            raise Complaint(f"the commit for {branch} would change nothing")
        if self._try("symbolic-ref", "--quiet", f"refs/heads/{branch}") is not None:
            raise Complaint(f"the branch {branch} is only another name of a branch", mend="Delete it, and try again")
        standing = self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        tip = standing.decode().strip() if standing else ""
        if tip and self.parent(tip) == parent and self._tree_of(tip) == tree:
            return tip
        if tip not in ("", parent):
            what = f"the branch {branch} exists and is not what this commit builds on"
            raise Complaint(what, mend=f"Look at it with git log {branch}, then merge or delete it")
        if branch in self.checked_out():
            raise Complaint(f"the branch {branch} is checked out", mend="Check out another branch, and try again")
        env = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _signature(author)}
        args = ("commit-tree", tree, "-p", parent, "-F", "-")
        new = self._run(*args, data=message.encode(), env=env).decode().strip()
        self._run("update-ref", "--no-deref", "-m", "discharge", f"refs/heads/{branch}", new, tip or "0" * len(new))
        return new

    def _tree_of(self, commit: str) -> str:
        return self._recall((commit,), "rev-parse", f"{commit}^{{tree}}").decode().strip()

    def _demand(self, tree: str, parent: str, files: Mapping[str, bytes]) -> None:
        """Demand that a tree holds every file, and lost none: git leaves out odd paths, and says nothing.

        Raises:
            Complaint: a path is none, or stands in the way of another.
        """
        new, old = set(self._blobs(tree)), set(self._blobs(parent))
        odd = sorted(set(files) - new) or sorted((old - new) - set(files))
        if odd:
            raise Complaint(f"“{odd[0][:200]}” cannot be written: it is no path, or a file stands in its way")

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


@lru_cache(maxsize=4)
def _read_tree(listed: bytes) -> Mapping[str, str]:
    """Return path → blob of what `git ls-tree -r -z` lists; both sides of a change are asked for again and again."""
    rows = (row.partition(b"\t") for row in listed.split(b"\0") if row.startswith(b"100"))
    return {os.fsdecode(path): head.split(b" ")[2].decode() for head, _, path in rows}


def _signature(author: Author) -> tuple[tuple[str, str], ...]:
    """Return the parts of a signature; the program's own name where nobody is known."""
    known = (author.name, author.email) if author.name else ("Discharge", "discharge@localhost")
    return (("NAME", known[0]), ("EMAIL", known[1]), ("DATE", author.date))
