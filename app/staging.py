"""What is staged in a checkout, checked before it is committed: a commit that no branch and no tag names."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.check import inspect
from app.history import Repository
from contracts.error import Complaint

if TYPE_CHECKING:
    from contracts.finding import Finding

_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Discharge"), ("EMAIL", "discharge@localhost"), ("DATE", "@0 +0000"))
}
"""Who commits what no branch names: always the same, so that the same is staged twice as one commit."""


class Staging(Repository):
    """A checkout with an index."""

    def head(self) -> str | None:
        """Return the commit that is checked out, None before the first one."""
        found = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return found.decode().strip() if found else None

    def commit_staged(self, parent: str | None) -> str:
        """Return a commit of what is staged. Index, branches and work tree stay as they are; twice gives the same.

        Raises:
            Complaint: a conflict is not resolved.
        """
        with tempfile.TemporaryDirectory() as scratch:
            copy, index = Path(scratch) / "index", self._index()
            if index.is_file():
                shutil.copyfile(index, copy)
            tree = self._run("write-tree", env={"GIT_INDEX_FILE": str(copy)}).decode().strip()
        after = ("-p", parent) if parent else ()
        return self._run("commit-tree", tree, *after, "-m", "What is staged", env=_NOBODY).decode().strip()

    def _index(self) -> Path:
        """Return the index: git names it to its hooks where it commits another one than the usual (`git commit -a`)."""
        named = os.environ.get("GIT_INDEX_FILE")
        return Path(named) if named else Path(self._run("rev-parse", "--git-path", "index").decode().rstrip("\n"))


def check(folder: Path, base: str | None, head: str | None, branch: str | None = None) -> tuple[Finding, ...]:
    """Return what the rules find in what is staged, as a change against *base*, by default what is checked out.

    Before the first commit everything is new.

    Raises:
        Complaint: a head is named, too, or a conflict is not resolved.
        Unreadable: no repository, or no such commit.
    """
    if head is not None:
        raise Complaint("what is staged has no other head", mend="Leave --head or --staged out")
    staging = Staging(folder)
    current = staging.head()
    before = staging.commit(base) if base else current
    name = branch or (staging.default_branch() if current else "HEAD")
    return inspect(staging, name, before, staging.commit_staged(current))
