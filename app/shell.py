"""Gather, decide, carry out: the commands as they run on a git checkout."""

from __future__ import annotations

import datetime as dt
import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.landing import find_since, gather
from app.plan import AmendmentFacts, Plan, Refuse, WriteBranch, decide_amendment
from app.record import Telling
from app.workspace import Workspace, demand_agreement, open_workspace
from contracts.error import Complaint
from contracts.progress import ShipDeclared

if TYPE_CHECKING:
    from pathlib import Path

    from app.history import Repository
    from app.schema import SpecConfig

Watch = Callable[[str], None]
"""Is told, in one line, what happens now."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was carried out: (branch, hash) of every commit, none in a dry run; and what the plan changes."""

    plan: Plan
    commits: tuple[tuple[str, str], ...]
    diff: str


def carry_out(repository: Repository, plan: Plan, *, dry_run: bool) -> Written:
    """Carry a plan out; the only place where anything is written to a repository.

    A branch that holds the very commit already counts as written: twice equals once.
    """
    commits, diffs = [], []
    for effect in plan:
        match effect:
            case WriteBranch():
                diffs.append(_diff(repository, effect))
                author = repository.identity(f"{int(now().timestamp())} +0000")
                if not dry_run:
                    new = repository.write(effect.branch, effect.parent, dict(effect.files), effect.message, author)
                    commits.append((effect.branch, new))
            case Refuse():
                pass
    return Written(plan, tuple(commits), "".join(diffs))


def _diff(repository: Repository, effect: WriteBranch) -> str:
    """Return what a commit would change, as a unified diff."""
    old = repository.read(effect.parent, [path for path, _ in effect.files])
    diffs = []
    for path, content in effect.files:
        before = old.get(path, b"").decode(errors="replace").splitlines(keepends=True)
        after = content.decode(errors="replace").splitlines(keepends=True)
        lines = difflib.unified_diff(before, after, f"a/{path}" if path in old else "/dev/null", f"b/{path}")
        diffs.append("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
    return "".join(diffs)


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
    facts = AmendmentFacts(window, document, workspace.configured.config.ladder, telling, workspace.commit)
    return carry_out(workspace.repository, decide_amendment(facts), dry_run=request.dry_run)


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


def now() -> dt.datetime:
    """Return the time, or the one that SOURCE_DATE_EPOCH states, as reproducible builds do."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    known = stated.isascii() and stated.isdigit() and len(stated) <= 11  # noqa: PLR2004 - the years that there are
    return dt.datetime.fromtimestamp(int(stated), dt.UTC) if known else dt.datetime.now(dt.UTC)
