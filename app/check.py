"""The rules of all packages, composed into one list of findings about a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import custody, family, leniency, staleness
from app.change import Way, open_change
from app.history import Repository
from app.reading import refuse
from app.shell import now
from contracts.error import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from app.change import Change
    from contracts.finding import Finding

_ORDER = {"error": 0, "warning": 1, "notice": 2}


def check(folder: Path, base: str | None, head: str | None, branch: str | None = None) -> tuple[Finding, ...]:
    """Return what the rules find in the change from *base* to *head*, errors first.

    Without a base, everything at *head* is looked at as if it were new. With one, only files
    that the change touches since it left *base* are read, and only what it introduces is an error.
    The configuration at *base* acts.

    Raises:
        Unreadable: no repository, or no such commit.
    """
    repository = Repository(folder)
    name = branch or repository.default_branch()
    after = repository.commit(head or branch or f"refs/heads/{name}")
    return inspect(repository, name, repository.commit(base) if base else None, after)


def inspect(repository: Repository, branch: str, onto: str | None, after: str) -> tuple[Finding, ...]:
    """Return what the rules find in the change from where it left *onto* to *after*."""
    before = (repository.fork(onto, after) or onto) if onto else None
    try:
        change = open_change(repository, Way(branch, before, after, onto))
    except Unreadable as error:
        return refuse(error)
    return check_change(change)


def check_change(change: Change) -> tuple[Finding, ...]:
    """Return the findings about a change, errors first, each once; what is borne with is a notice."""
    found = (
        *family.check_contracts(change),
        *family.check_discharges(change),
        *custody.check(change),
        *family.check_references(change),
        *family.check_followers(change),
        *family.check_specs(change),
        *family.check_configuration(change),
        *staleness.check(change.workspace, change.before, change.touched),
    )
    borne = leniency.apply(found, change.workspace.configured.config.rules, now().date().isoformat())
    return tuple(sorted(dict.fromkeys(borne), key=_rank))


def _rank(finding: Finding) -> tuple[int, bool, str, int, str]:
    """Return what findings are ordered by: the grave ones first, then by place."""
    place = finding.place
    return _ORDER[finding.severity], finding.stood, place.file, place.line, finding.rule
