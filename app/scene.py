"""What is settled before a smoke runs: whom it is about, by which smoke, at which commit, on which base."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.discharge import move
from app.ledger import read_chain
from app.plan import Base, under
from app.retinue import find_foreign
from app.selection import select
from app.ship import demand_declared
from app.workspace import demand_agreement, open_workspace
from contracts.changelog import number
from contracts.error import Complaint
from contracts.model import Part
from contracts.progress import ShipDeclared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.discharge import Kind
    from app.selection import Chosen
    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.model import Falsifier
    from contracts.progress import Chain
    from runners.smoke import Smoke


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What `discharge run` was asked."""

    folder: Path
    words: tuple[str, ...]
    legs: tuple[tuple[str, Path], ...] = ()
    ships: tuple[str, ...] = ()
    rev: str | None = None
    branch: str | None = None
    keep: Path | None = None
    dry_run: bool = False
    asker: str = ""
    """Who asks; empty for whoever git knows on this machine."""
    typed: str = ""
    """The command as it was typed, empty for one at this terminal."""

    @property
    def command(self) -> str:
        """The command as a person types it, for the authorisation note; files by their names alone."""
        if self.typed:
            return self.typed
        legs = [word for name, path in self.legs for word in ("--leg", f"{name}={path.name}")]
        ships = [word for ship in self.ships for word in ("--ship", ship)]
        rev = ["--rev", self.rev] if self.rev else []
        return shlex.join(["discharge", "run", *self.words, *legs, *ships, *rev])


@dataclass(frozen=True, slots=True)
class Scene:
    """What is settled before anything runs: who is asked about, by which smoke, at which commit, on which base.

    *chain* is what the record states there, and *ships* how the operator moves it; *passed* are
    falsifiers that a pattern caught and no smoke speaks of.
    """

    workspace: Workspace
    request: RunRequest
    ids: tuple[str, ...]
    smoke: Smoke
    tested: str
    base: Base
    chain: Chain
    ships: tuple[ShipDeclared, ...]
    passed: tuple[str, ...]


def set_scene(request: RunRequest) -> Scene:
    """Settle what a run is about; whatever can be refused is refused here, before a machine spends its time.

    Raises:
        Complaint: see `run`.
    """
    demand_room(request.keep)
    return settle(open_workspace(request.folder, branch=request.branch), request)


def settle(workspace: Workspace, request: RunRequest, pulls: Mapping[str, str] | None = None) -> Scene:
    """Settle what a run is about in a workspace.

    Args:
        workspace: the default branch as it stands.
        request: what was asked.
        pulls: branch → head of our open pull requests, where somebody knows; None to tell from the branches.

    Raises:
        Complaint: see `run`.
    """
    demand_agreement(workspace)
    _demand_once(request.legs)
    chosen, passed = _promised(workspace, select(request.words, workspace.contracts), request.words)
    smoke = find_smoke(workspace, chosen)
    tested = workspace.commit if request.rev is None else workspace.repository.commit(request.rev)
    ids = tuple(c.falsifier.id.text for c in chosen)
    base = find_base(workspace, smoke.contract, tested, pulls)
    chain = read_chain(workspace, smoke.contract, base.commit)
    ships = tuple(ShipDeclared.parse(text) for text in request.ships)
    models = workspace.configured.config.models
    demand_declared({name for name, model in models.items() if model.ship != "declared"}, ships)
    for declared in ships:
        move(declared, chain)
    return Scene(workspace, request, ids, smoke, tested, base, chain, ships, passed)


def _promised(
    workspace: Workspace, chosen: tuple[Chosen, ...], words: tuple[str, ...]
) -> tuple[tuple[Chosen, ...], tuple[str, ...]]:
    """Return whom a smoke predicts something about, and whom a pattern caught that none does."""
    known = {p.falsifier for smoke in workspace.configured.smokes.values() for p in smoke.promises}
    promised = tuple(c for c in chosen if c.falsifier.id.text in known)
    if not promised or len(chosen) <= len(words):
        return chosen, ()
    return promised, tuple(c.falsifier.id.text for c in chosen if c not in promised)


def _demand_once(legs: tuple[tuple[str, Path], ...]) -> None:
    names = [name for name, _ in legs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Complaint(f"two logs are given for leg {twice}", mend="Give one")


def demand_room(folder: Path | None) -> None:
    """Make the folder that the evidence shall be kept in.

    Raises:
        Complaint: it cannot be made.
    """
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        mend = "Name a folder that can be written to with --keep DIR"
        raise Complaint(f"{folder} cannot be made: {error.strerror}", mend=mend) from None


def find_smoke(workspace: Workspace, chosen: Sequence[Chosen]) -> Smoke:
    """Return the one smoke that has predictions about all of *chosen*.

    Raises:
        Complaint: they belong to several contracts, or no smoke speaks of them all.
    """
    paths = sorted({c.contract.path for c in chosen})
    if len(paths) != 1:
        raise Complaint(f"these falsifiers belong to {len(paths)} contracts", mend="Discharge one contract at a time")
    smokes = [smoke for smoke in workspace.configured.smokes.values() if smoke.contract == paths[0]]
    found = [smoke for smoke in smokes if all(smoke.promise(c.falsifier.id.text) for c in chosen)]
    if found:
        return found[0]
    lacking = [c.falsifier.id for c in chosen if not any(s.promise(c.falsifier.id.text) for s in smokes)]
    if lacking:
        mend = f"`discharge draft {lacking[0].short}` proposes one; land it before the commit that it shall judge"
        raise Complaint(f"no smoke predicts anything about {', '.join(map(str, lacking))}", mend=mend)
    raise Complaint("these falsifiers need different smokes", mend="Run them one after the other")


def find_base(
    workspace: Workspace,
    contract: str,
    tested: str,
    pulls: Mapping[str, str] | None = None,
    kind: Kind = "discharge",
) -> Base:
    """Return what a discharge builds on: the contract's open branch of that kind, else the default branch.

    A branch is open while its pull request is; where nobody knows of pull requests, while the default
    branch neither contains it nor states its version.
    """
    document = workspace.document(workspace.commit, contract)
    name = document.contract.name if document.contract else ""
    if pulls is None:
        found = _find_ahead(workspace, document, name)
    else:
        prefix = under(name, kind)
        found = next(((branch, tip) for branch, tip in pulls.items() if branch.startswith(prefix)), None)
    branch, commit = found or (None, workspace.commit)
    if branch:
        _demand_ours(workspace, branch, commit, contract)
    contains = workspace.repository.contains(workspace.commit, tested)
    trial = "" if contains else f"{tested[:12]} is not on {workspace.branch}"
    return Base(commit, branch, frozenset(workspace.repository.paths(commit)), trial)


def _find_ahead(workspace: Workspace, document: Document, name: str) -> tuple[str, str] | None:
    """Return (branch, tip) of the contract's newest branch that the default branch does not have yet."""
    repository = workspace.repository
    open_ = {
        stated: (branch, tip)
        for branch, tip in repository.branches(under(name)).items()
        if (stated := number(branch.rpartition("/v")[2])) and not repository.contains(workspace.commit, tip)
    }
    least = number(document.contract.version) if document.contract else None
    bumps = workspace.configured.config.floor.discharge is not Part.NONE
    ahead = [v for v in open_ if least is None or v > least or (v == least and not bumps)]
    return open_[max(ahead)] if ahead else None


def _demand_ours(workspace: Workspace, branch: str, commit: str, contract: str) -> None:
    """Refuse to build on a branch that holds anything but discharges of this contract.

    Raises:
        Complaint: it does not come from the default branch, touches other files than followers that say what they
            should, or rewords a promise.
    """
    mend = f"Look at it with git log {branch}, then merge or delete it"
    fork = workspace.repository.fork(workspace.commit, commit)
    if fork is None or find_foreign(workspace, contract, fork, commit):
        raise Complaint(f"the branch {branch} holds more than discharges of {contract}", mend=mend)
    if _words(workspace.document(fork, contract)) != _words(workspace.document(commit, contract)):
        raise Complaint(f"the branch {branch} rewords a promise of {contract}", mend=mend)


def _words(document: Document) -> list[Falsifier]:
    """Return the falsifiers without what a discharge changes of them."""
    falsifiers = document.contract.falsifiers if document.contract else ()
    return [replace(falsifier, status=None, evidence=(), line=0) for falsifier in falsifiers]


def needed(smoke: Smoke, ids: Sequence[str]) -> tuple[str, ...]:
    """Return the legs that the promises about these falsifiers look at, each once, in order."""
    promises = [promise for id_ in ids if (promise := smoke.promise(id_))]
    return tuple(dict.fromkeys(leg for promise in promises for leg in promise.legs))
