"""Whether a discharge may begin: in a repository that is served, and writing where it would is wanted and honest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.warrant import gather
from contracts.error import Complaint
from contracts.group import group

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.plan import Base
    from app.workspace import Workspace
    from contracts.document import Document


def demand_measured(workspace: Workspace, base: Base, contract: str) -> None:
    """Refuse to build on a branch on which somebody moved a status by hand: merging it would say what nobody saw.

    Raises:
        Complaint: with the falsifiers, and why a receipt on the branch does not count.
    """
    repository = workspace.repository
    fork = repository.fork(workspace.commit, base.commit) if base.branch else None
    if fork is None:
        return
    before, after = (_read_statuses(workspace.document(commit, contract)) for commit in (fork, base.commit))
    moved = {(contract, id_, status) for id_, status in after.items() if before.get(id_) != status}
    touched = repository.changed(fork, base.commit) if moved else ()
    warrants = gather(workspace, fork, base.commit, touched)
    lacking = sorted(id_ for _, id_, _ in moved - warrants.held - warrants.fallen)
    if lacking:
        why = f": {warrants.refused[0]}" if warrants.refused else ""
        what = f"on the branch {base.branch} the status of {group(lacking)} moved without a measurement{why}"
        raise Complaint(what, mend="Take that commit off the branch, or close its pull request, and ask again")


def demand_listed(repository: str, listed: Collection[str]) -> None:
    """Refuse to start a machine for a repository that the operator does not serve.

    Args:
        repository: its `owner/name`.
        listed: those that are served, in small letters, each `owner/name` or `owner/*`; none: all of them.

    Raises:
        Complaint: it is not among them.
    """
    name = repository.lower()
    if listed and not {name, f"{name.partition('/')[0]}/*"} & set(listed):
        what = f"this app starts no machines for {repository}: it is not among the repositories that its operator lists"
        raise Complaint(what, mend="Ask the operator to add it to DISCHARGE_REPOSITORIES")


def demand_free(workspace: Workspace, branch: str) -> None:
    """Refuse to begin a branch that stands: its pull request was closed, or somebody else opened it.

    Raises:
        Complaint: with what to do about the branch.
    """
    if branch in workspace.repository.branches(branch):
        what = f"the branch {branch} stands without an open pull request of this app"
        raise Complaint(what, mend="Merge or delete it, and ask again")


def _read_statuses(document: Document) -> dict[str, str | None]:
    falsifiers = document.contract.falsifiers if document.contract else ()
    return {falsifier.id.text: falsifier.status for falsifier in falsifiers}
