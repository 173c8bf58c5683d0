"""Why GitHub does not let the app do something about runs, as clauses for people: permission, group, or file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.hub.workflow import FILE
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.github import Refused
    from app.hub.workshop import Home

_ABSENT = 404


def explain_mint(refusals: Sequence[tuple[Home, Refused]], group: int) -> str:
    """Return why no runner can be registered, neither with the organization nor with the repository."""
    said = "; ".join(f"of the {home}: {_quote(refused)}" for home, refused in refusals)
    return (
        f"no runner can be registered ({said}). The App needs “Self-hosted runners: write” of the organization, or "
        f"“Administration: write” of the repository, and runner group {group} must admit the repository"
    )


def explain_dispatch(refused: Refused) -> str:
    """Return why the workflow cannot be dispatched."""
    said = _quote(refused)
    if refused.status == _ABSENT:
        return f"GitHub finds no workflow {code(f'.github/workflows/{FILE}')} on the default branch: {said}"
    return f"the workflow {code(FILE)} cannot be dispatched; the App needs “Actions: write”: {said}"


def explain_look(refused: Refused, *, registered: bool) -> str:
    """Return why it cannot be seen how it stands with a run."""
    also = " and “Self-hosted runners: read” of the organization or “Administration: read”" if registered else ""
    return f"GitHub does not let the App follow the run; it needs “Actions: write”{also}: {_quote(refused)}"


def _quote(refused: Refused) -> str:
    return f"{code(refused.said)} ({refused.status})"
