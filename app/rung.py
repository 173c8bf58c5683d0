"""The step of the ladder that a discharged falsifier stood on before, as the contract's history tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.workspace import Workspace
    from contracts.model import Ladder

LOOK = 50
"""So many of the newest commits that touched the contract are looked at."""
_USUAL = "FUNCTIONAL"


def find(workspace: Workspace, path: str, falsifier: str) -> str:
    """Return the status that a falsifier goes back to: its last one below discharged, else the usual one.

    Raises:
        Complaint: no step stands below discharged.
    """
    ladder = workspace.configured.config.ladder
    stood = next((status for status in _list(workspace, path, falsifier) if status not in ladder.discharged), None)
    return stood if stood is not None and stood in ladder.partial else _choose(ladder)


def _list(workspace: Workspace, path: str, falsifier: str) -> Iterator[str | None]:
    """Yield what the falsifier's status was, newest first; None where it had none, or the contract cannot be read."""
    for commit in workspace.repository.touching(path, workspace.commit)[:LOOK]:
        try:
            contract = workspace.document(commit, path).contract
        except Unreadable:
            contract = None
        found = contract.falsifier(falsifier) if contract else None
        yield found.status if found else None


def _choose(ladder: Ladder) -> str:
    if not ladder.partial:
        mend = "Name the steps below it under `tally: {partial: […]}`"
        raise Complaint("no step of the ladder stands below discharged, so nothing can go back to one", mend=mend)
    return _USUAL if _USUAL in ladder.partial else ladder.partial[-1]
