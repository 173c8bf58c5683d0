"""What git knows about a change to a spec: what the default branch merged, what moved since the section before."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.glob import select
from app.landing import disown, find_since, is_own
from app.record import follow_landings
from app.touch import fold
from app.window import Landing, Move
from contracts.document import readable
from contracts.error import Unreadable
from contracts.progress import compare, weigh
from spec.model import Landed
from spec.reckoning import read_told
from spec.record import fresh
from spec.revision import Revision
from spec.table import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.change import Change
    from app.history import Commit
    from app.schema import SpecConfig
    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.progress import Share
    from spec.document import Spec

LIMIT = 2000
"""In a stretch of so many commits nobody works out what moved."""
COMMITS = 50_000
"""In a branch of so many commits nobody looks for the pull requests that are merged."""
_NUMBER = re.compile(r"\(#([0-9]{1,9})\)|^Merge pull request #([0-9]{1,9})\b")


def gather(change: Change, config: SpecConfig, was: Spec | None, now: Spec) -> Revision:
    """Return the scene of one spec; history is read only for what the change's own sections state."""
    revision = Revision(was, now, ladder=change.workspace.configured.config.ladder)
    if was is None or change.before is None:
        return revision
    if any(fresh(revision)):
        revision = replace(revision, home=change.repository.name(), landed=_read_landed(change, change.before))
    rows = any(True for one in revision.added for _ in read_rows(now, one, revision.ladder))
    if rows or read_told(revision):
        revision = follow(change, config, revision)
    if rows and revision.flips is not None:
        revision = replace(revision, statuses=_read_statuses(change, config))
    return replace(revision, computed=tuple(_compute(change)) if revision.added else ())


def follow(change: Change, config: SpecConfig, revision: Revision) -> Revision:
    """Return the scene with what moved in the recorded contracts since the section before, the change included."""
    landings = _read_landings(change, config, change.before) if change.before else None
    if landings is None or revision.before is None:
        return revision
    chain, _ = follow_landings(revision.before.chain(), landings, revision.ladder)
    paths = select(select(sorted(change.touched), change.workspace.configured.config.contracts), config.records)
    moves = (_move(change.old.get(path), change.new.get(path)) for path in paths)
    own = tuple(flip for move in moves for flip in compare(*move.contracts))
    flips = (*(flip for landing in landings for flip in landing.landed.flips), *own)
    return replace(revision, flips=flips, own=own, followed=chain)


def _read_statuses(change: Change, config: SpecConfig) -> dict[str, frozenset[str | None]]:
    """Return the statuses of each id in the recorded contracts after the change; several contracts may state it."""
    found: dict[str, set[str | None]] = {}
    paths = select(change.workspace.contract_paths, config.records)
    for document in change.workspace.read(change.after, paths).values():
        for site in () if isinstance(document, Unreadable) else document.sites:
            found.setdefault(site.falsifier.id.text, set()).add(site.falsifier.status)
    return {id_: frozenset(statuses) for id_, statuses in found.items()}


def _read_landed(change: Change, base: str) -> frozenset[int] | None:
    """Return the pull requests that the first-parent commits up to *base* name; None where that is not all of them."""
    subjects = change.repository.subjects(base, COMMITS)
    if len(subjects) >= COMMITS or change.repository.shallow:
        return None
    return frozenset(int(one[1] or one[2]) for subject in subjects for one in _NUMBER.finditer(subject))


def _read_landings(change: Change, config: SpecConfig, until: str) -> tuple[Landing, ...] | None:
    """Return what the commits up to *until* moved in contracts, and their words; None where it is too much to ask.

    Only commits that touch a recorded contract are looked into.
    """
    base, globs = replace(change.workspace, commit=until), change.workspace.configured.config.contracts
    since = find_since(base, config.path)
    commits = change.repository.log(since, until) if since else ()
    if since is None or len(commits) >= LIMIT:
        return None
    touched: dict[str, list[str]] = {}
    for one in change.repository.touches(since, until, fold(globs)) if commits else ():
        touched.setdefault(one.commit, []).append(one.path)
    recorded = {commit: select(select(paths, globs), config.records) for commit, paths in touched.items()}
    landings = ((is_own(base, commit), _land(base, commit, recorded.get(commit.hash, ()))) for commit in commits)
    return tuple(disown(one) if own else one for own, one in landings if one.moves or not own)


def _land(workspace: Workspace, commit: Commit, paths: tuple[str, ...]) -> Landing:
    parent = workspace.repository.parent(commit.hash) if paths else None
    old = workspace.read(parent, paths) if parent else {}
    new = workspace.read(commit.hash, paths) if paths else {}
    moves = tuple(_move(old.get(path), new.get(path)) for path in paths)
    flips = tuple(flip for move in moves for flip in compare(*move.contracts))
    return Landing(Landed(0, commit.subject, "", commit.hash, commit.date, flips=flips), moves, commit.message)


def _move(before: Document | Unreadable | None, after: Document | Unreadable | None) -> Move:
    return Move(readable(before), readable(after))


def _compute(change: Change) -> Iterator[tuple[str, Share]]:
    """Yield the percentage of each model that has weights, as the contracts stand after the change."""
    workspace = change.workspace
    for name, model in workspace.configured.config.models.items():
        if model.ship == "declared":
            continue
        read = workspace.read(change.after, select(workspace.contract_paths, model.ship.contracts))
        contracts = [None if isinstance(one, Unreadable) else one.contract for one in read.values()]
        share = weigh(filter(None, contracts), model.ship.weights)
        if share and not any(isinstance(one, Unreadable) for one in read.values()):
            yield name, share
