"""One amendment of a spec, from what landed to the branch: gather, decide, carry out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.landing import find_since, gather
from app.plan import AmendmentFacts, decide_amendment
from app.record import Telling
from app.workspace import Workspace, demand_agreement, open_workspace
from contracts.error import Complaint
from contracts.progress import ShipDeclared
from spec.title import read_branch

if TYPE_CHECKING:
    from pathlib import Path

    from app.schema import SpecConfig
from app.shell import Watch, Written, carry_out, now


@dataclass(frozen=True, slots=True)
class AmendRequest:
    """What `discharge amend` was asked."""

    folder: Path
    spec: str | None
    since: str | None
    ships: tuple[str, ...]
    title: str | None
    branch: str | None
    dry_run: bool


def amend(request: AmendRequest, watch: Watch) -> Written:
    """Record what landed as the spec's next § section, on a branch.

    Raises:
        Complaint: see `open_workspace`, `decide_amendment`, `Repository.write`.
    """
    workspace = open_workspace(request.folder, branch=request.branch)
    demand_agreement(workspace)
    chosen = _spec(workspace, request.spec)
    if workspace.repository.shallow and not request.since:
        mend = "Fetch the history with git fetch --unshallow, or name the start with --since REV"
        raise Complaint("this clone is shallow: what landed before it is not known", mend=mend)
    document = workspace.spec(workspace.commit, chosen.path)
    watch(f"reading what landed since {chosen.path} was last amended")
    since = workspace.repository.commit(request.since) if request.since else find_since(workspace, chosen.path)
    window = gather(workspace, since, chosen.records)
    telling = Telling(
        name=chosen.name,
        date=now().date().isoformat(),
        title=request.title or "",
        ships=tuple(ShipDeclared.parse(text) for text in request.ships),
        models=tuple(workspace.configured.config.models),
        base_url=workspace.repository.url(),
        since=since[:9] if request.since and since else "",
    )
    standing = _standing(workspace, chosen.path)
    facts = AmendmentFacts(window, document, workspace.configured.config.ladder, telling, workspace.commit, standing)
    return carry_out(workspace.repository, decide_amendment(facts), dry_run=request.dry_run)


def _standing(workspace: Workspace, path: str) -> tuple[str, ...]:
    """Return the branches of amendments of the spec at *path* that did not land yet.

    One whose version the default branch states by now was squashed.
    """
    repository = workspace.repository
    stated = workspace.spec(workspace.commit, path).version
    found = []
    for name, tip in repository.branches("spec/").items():
        fork = repository.fork(workspace.commit, tip)
        if not read_branch(name) or fork is None or path not in repository.changed(fork, tip):
            continue
        ahead = workspace.spec(tip, path).version
        if ahead and stated and ahead.version > stated.version:
            found.append(name)
    return tuple(found)


def _spec(workspace: Workspace, name: str | None) -> SpecConfig:
    specs = workspace.configured.config.specs
    found = [spec for spec in specs if name in (None, spec.name)]
    known = ", ".join(spec.name for spec in specs) or "none"
    if len(found) == 1:
        return found[0]
    if found:
        raise Complaint(f"the configuration has {len(found)} specs", mend=f"Say which with --spec NAME: {known}")
    what = f"no spec is called “{name[:80]}”" if name else "the configuration names no spec"
    raise Complaint(what, mend=f"The configuration has: {known}" if name else "Add it under `specs:`")
