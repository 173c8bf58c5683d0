"""A change to a repository, as the rules look at it: what stood before, what stands after, by whose configuration."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.config import PATH, Misconfigured
from app.glob import select
from app.schema import RulesConfig
from app.workspace import Workspace, configure
from contracts.error import Unreadable

if TYPE_CHECKING:
    from app.config import Configured
    from app.history import Repository
    from app.schema import SpecConfig
    from contracts.document import Document

LOOKS = 20
"""So many changes of a configuration are looked at for one that can be read."""
Documents = dict[str, "Document | Unreadable"]
"""Path → contract file as read, or why it could not be."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One spec in the configuration that acts and in the change's own; None where one of them does not name it."""

    acting: SpecConfig | None
    proposed: SpecConfig | None

    @property
    def configs(self) -> tuple[SpecConfig, ...]:
        """What both say of it, the one that acts first."""
        return tuple(one for one in (self.acting, self.proposed) if one)


@dataclass(frozen=True)
class Change:
    """The change from *before* (None: from nothing) to the commit of *workspace*.

    The workspace has the configuration that acts: the one at the base, so that no change brings in the setting that
    lets it pass; where none stands there, the change's own. *proposed* is the change's own, None where the change
    takes it away, or where it cannot be read, and *broken* then says why. *own* is a public key whose receipts count
    beside the configured ones, the app's.
    """

    workspace: Workspace
    before: str | None
    proposed: Configured | None
    broken: Unreadable | None = None
    own: str = ""
    based: bool = False
    """Whether the configuration that acts is the one at the base."""

    @property
    def repository(self) -> Repository:
        """The repository."""
        return self.workspace.repository

    @property
    def after(self) -> str:
        """The commit after the change."""
        return self.workspace.commit

    @cached_property
    def touched(self) -> tuple[str, ...]:
        """The paths that differ between the two commits; every path where there is nothing before."""
        return self.repository.changed(self.before, self.after) if self.before else self.workspace.paths

    @cached_property
    def gone(self) -> frozenset[str]:
        """The paths that the change takes away."""
        return frozenset(self.touched) - frozenset(self.workspace.paths)

    @cached_property
    def contract_paths(self) -> tuple[str, ...]:
        """The touched paths that either configuration calls a contract."""
        return select(sorted(self.touched), self.globs)

    @property
    def globs(self) -> tuple[str, ...]:
        """The patterns of contracts, of both configurations."""
        both = (self.workspace.configured, self.proposed)
        return tuple(dict.fromkeys(glob for one in both if one for glob in one.config.contracts))

    @cached_property
    def specs(self) -> tuple[SpecConfig, ...]:
        """The specs of both configurations, each path once."""
        both = (self.workspace.configured, self.proposed)
        found = {spec.path: spec for one in reversed(both) if one for spec in one.config.specs}
        return tuple(found.values())

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The specs of both configurations: the same one by name, else by path."""
        acting = list(self.workspace.configured.config.specs)
        if self.proposed is None:
            return tuple(Pair(one, one) for one in acting)
        proposed, found = list(self.proposed.config.specs), list[Pair]()
        for same in (lambda one: (one.name, one.path), lambda one: one.name, lambda one: one.path):
            for spec in tuple(acting):
                other = next((one for one in proposed if same(one) == same(spec)), None)
                if other is not None:
                    acting.remove(spec)
                    proposed.remove(other)
                    found.append(Pair(spec, other))
        return (*found, *(Pair(spec, None) for spec in acting), *(Pair(None, spec) for spec in proposed))

    @cached_property
    def old(self) -> Documents:
        """The touched contract files before the change."""
        return self.workspace.read(self.before, self.contract_paths) if self.before else {}

    @cached_property
    def new(self) -> Documents:
        """The touched contract files after the change."""
        return self.workspace.read(self.after, self.contract_paths)

    @cached_property
    def moved(self) -> dict[str, str]:
        """New path → old path of the contracts that moved: the one that is gone and shares most falsifiers with it."""
        gone = {path: _ids(self.old[path]) for path in sorted(set(self.old) - set(self.new))}
        found: dict[str, str] = {}
        for path in sorted(set(self.new) - set(self.old)):
            ids = _ids(self.new[path])
            near = max(gone, key=lambda old: len(ids & gone[old]), default="")
            if near and ids & gone[near]:
                found[path] = near
                del gone[near]
        return found

    def stood(self, path: str) -> Document | Unreadable | None:
        """Return a touched contract before the change, under another path where it moved; None where it is new."""
        return self.old.get(self.moved.get(path, path))


def _ids(document: Document | Unreadable) -> set[str]:
    sites = () if isinstance(document, Unreadable) else document.sites
    return {site.falsifier.id.text for site in sites}


@dataclass(frozen=True, slots=True)
class Way:
    """From which commit to which: *before* (None: from nothing) to *after*, on the way to the default *branch*.

    *onto* is the commit whose configuration acts: the one that the change would be merged into, which may have moved
    on since the change began; *before* where it is None.
    """

    branch: str
    before: str | None
    after: str
    onto: str | None = None


def open_change(repository: Repository, way: Way, own: str = "") -> Change:
    """Return a change; *own* is a public key whose receipts count beside the configured ones, the app's.

    Raises:
        Unreadable, Misconfigured: no configuration of the two can be read.
    """
    base = way.onto or way.before
    based = _configure(repository, base) if base and way.before else None
    try:
        proposed, bare = configure(repository, way.after, needs_config=False)
    except (Misconfigured, Unreadable) as broken:
        if based is None:
            raise
        workspace = Workspace(repository, way.branch, way.after, based, bare=False)
        return Change(workspace, way.before, None, broken, own, based=True)
    if based is None and base and way.before and repository.read(base, [PATH]):
        based = _take_rules_out(proposed)
    workspace = Workspace(repository, way.branch, way.after, based or proposed, bare and based is None)
    return Change(workspace, way.before, None if bare and based else proposed, None, own, based is not None)


def _configure(repository: Repository, commit: str) -> Configured | None:
    """Return the configuration at a base, None where there is none.

    Where the one that stands there cannot be read, the newest readable one before it acts.
    """
    try:
        configured, bare = configure(repository, commit, needs_config=False)
    except Unreadable:
        return _look_back(repository, commit)
    return None if bare else configured


def _look_back(repository: Repository, commit: str) -> Configured | None:
    for later in repository.touching(PATH, commit)[:LOOKS]:
        parent = repository.parent(later)
        try:
            configured, bare = configure(repository, parent or later, needs_config=False)
        except Unreadable:
            continue
        if not bare:
            return configured
    return None


def _take_rules_out(proposed: Configured) -> Configured:
    """Return a configuration without what it bears with: a change must not bring that in for itself."""
    acting = copy(proposed)
    acting.config = proposed.config.model_copy(update={"rules": RulesConfig()})
    return acting
