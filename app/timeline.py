"""What git knows about a change to a spec: what the default branch merged, what moved since the section before."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.glob import select
from app.landing import find_since
from app.ledger import follow_spec
from contracts.error import Unreadable
from contracts.progress import compare, weigh
from spec.reckoning import read_told
from spec.record import fresh
from spec.revision import Revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.change import Change
    from app.schema import SpecConfig
    from contracts.model import Flip
    from contracts.progress import Chain, Share
    from spec.document import Spec

LIMIT = 500
"""From so many changed contracts on, nobody works out what moved."""
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
    flips = _read_flips(change, config, change.before) if read_told(revision) else None
    return replace(revision, flips=flips, computed=tuple(_compute(change)) if revision.added else ())


def follow(change: Change, config: SpecConfig, revision: Revision) -> Chain | None:
    """Return what spec, changelogs and landed messages state at the base; None where there is no base."""
    if revision.before is None or change.before is None:
        return None
    return follow_spec(replace(change.workspace, commit=change.before), config, revision.before, change.before)


def _read_landed(change: Change, base: str) -> frozenset[int] | None:
    """Return the pull requests that the first-parent commits up to *base* name; None where that is not all of them."""
    subjects = change.repository.subjects(base, COMMITS)
    if len(subjects) >= COMMITS or change.repository.shallow:
        return None
    return frozenset(int(one[1] or one[2]) for subject in subjects for one in _NUMBER.finditer(subject))


def _read_flips(change: Change, config: SpecConfig, base: str) -> tuple[Flip, ...] | None:
    """Return what moved since the spec's version last did, the change itself included; None where that is not known."""
    workspace = change.workspace
    since = find_since(replace(workspace, commit=base), config.path)
    if since is None:
        return None
    changed = change.repository.changed(since, change.after)
    paths = select(select(changed, workspace.configured.config.contracts), config.records)
    old, new = (workspace.read(commit, paths) if len(paths) < LIMIT else {} for commit in (since, change.after))
    if len(paths) >= LIMIT or any(isinstance(one, Unreadable) for side in (old, new) for one in side.values()):
        return None
    sides = ((old.get(path), new.get(path)) for path in paths)
    contracts = (tuple(one.contract if one and not isinstance(one, Unreadable) else None for one in s) for s in sides)
    return tuple(flip for before, after in contracts for flip in compare(before, after))


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
