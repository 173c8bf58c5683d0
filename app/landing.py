"""What landed on the default branch since the spec last moved: pull requests with measured facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from contracts.progress import compare
from spec.landed import read as read_message
from spec.lines import Changed, count, read_patch, tested
from spec.model import Landed, Row

if TYPE_CHECKING:
    from app.history import Commit
    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.model import Contract, Flip
    from spec.lines import Patched

_TEST = re.compile(r"^\s*(#\[(tokio::)?test\]|(async )?def test_\w+|(it|test)\(|func Test\w+|TEST(_F|_P)?\()", re.M)
_OWN = re.compile(r"^Spec-Amendment: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything since the spec's version last moved, oldest first."""

    since: str | None
    landed: tuple[Landed, ...]
    messages: tuple[tuple[str, str], ...]
    """(name, whole message) of every landed pull request, for the chain of tally and percentages."""
    direct: tuple[str, ...]
    """Commits without a pull request."""
    rows: tuple[Row, ...]


def find_since(workspace: Workspace, path: str) -> str | None:
    """Return the commit that last changed the version of the spec at *path*, None if none ever did."""
    commits = workspace.repository.touching(path, workspace.commit)
    for commit in commits:
        parent = workspace.repository.parent(commit)
        if parent is None or _version(workspace, parent, path) != _version(workspace, commit, path):
            return commit
    return commits[-1] if commits else None


def _version(workspace: Workspace, commit: str, path: str) -> str | None:
    try:
        stated = workspace.spec(commit, path).version
    except Unreadable:
        return None
    return str(stated.version) if stated else None
