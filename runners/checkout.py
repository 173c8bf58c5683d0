"""The files of one commit in a folder, and no repository: git itself writes them, from its own store alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Complaint
from evidence.model import Absent
from runners.run import execute

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
_FIXED = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C.UTF-8"}
_SECONDS = 300.0
_BYTES = 1 << 16


def check_out(source: Path, commit: str, folder: Path) -> None:
    """Write the files of *commit* into *folder*.

    Args:
        source: a folder in a git repository that holds every file of the commit; no network is asked for one.
        commit: a full hash.
        folder: an empty folder.

    Raises:
        Complaint: there is no such commit there, a file of it is missing, or the disk is full.
    """
    git_dir, _, found = _git("-C", str(source), "rev-parse", "--absolute-git-dir", f"{commit}^{{commit}}").partition(
        "\n"
    )
    if found.strip() != commit:
        raise Complaint(f"{commit[:12]} is no commit")
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), "GIT_WORK_TREE": str(folder)}
        where = ("--git-dir", git_dir)
        _git(*where, "read-tree", commit, env=env)
        _git(*where, "checkout-index", "--all", f"--prefix={folder}/", env=env)


def find_head(folder: Path) -> str:
    """Return the full hash of the commit that a repository is at.

    Raises:
        Complaint: there is no repository, or no commit in it.
    """
    return _git("-C", str(folder), "rev-parse", "--verify", "HEAD^{commit}").strip()


def _git(*args: str, env: Mapping[str, str] | None = None) -> str:
    """Run one git command; what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    name = next(word for word in args[2:] if not word.startswith("-"))
    argv = ("git", *_SETTINGS, *args)
    seen = execute("git", argv, cwd=Path("/"), env={**kept, **_FIXED, **(env or {})}, timeout=_SECONDS, limit=_BYTES)
    if isinstance(seen, Absent):
        raise Complaint(f"git {name} did not run: {seen.reason}", mend="Install git and try again")
    if seen.failure or seen.exit:
        said = seen.failure or (seen.stderr.strip().splitlines() or ["no message"])[-1][:300]
        raise Complaint(f"git {name} failed: {said}")
    return seen.stdout
