"""The repository around a folder on a disk, if there is one: where the folder stands in it, which keys count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workspace import open_workspace
from contracts.error import Complaint

if TYPE_CHECKING:
    from pathlib import Path

    from app.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a folder.

    *place* is the folder's path in its repository, as given where it is in none. *workspace* has the configuration
    of the base, *commit* is where contracts are looked up; both are None where *reason* says why nothing is known.
    """

    place: str
    workspace: Workspace | None
    commit: str | None
    reason: str


def look(folder: Path, base: str | None, rev: str | None) -> Surroundings:
    """Return the surroundings of *folder*.

    Args:
        folder: an existing folder.
        base: the revision whose configuration counts; None for the head of the default branch.
        rev: the revision whose contracts are looked at; None for what is checked out.

    Raises:
        Unreadable: *base* or *rev* was named, and the repository or that revision cannot be read.
    """
    real = folder.resolve()
    root = next((one for one in (real, *real.parents) if (one / ".git").exists()), None)
    if root is None:
        return Surroundings(str(folder), None, None, "no git repository here")
    place = real.relative_to(root).as_posix()
    try:
        workspace = open_workspace(root, branch=base, needs_config=False)
        return Surroundings(place, workspace, workspace.repository.commit(rev or "HEAD"), "")
    except Complaint as error:
        if base or rev:
            raise
        return Surroundings(place, None, None, f"the repository cannot be read: {error.what}")
