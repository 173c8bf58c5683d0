"""One amendment of a spec, from what landed to the branch: gather, decide, carry out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.backfill import Backfill
from app.backfill import gather as gather_late
from app.glob import matches, select
from app.landing import Choice, find_landing, find_since, gather
from app.pickup import Scope
from app.plan import AmendmentFacts, decide_amendment
from app.record import Telling
from app.retinue import gather as gather_followers
from app.shell import Watch, Written, carry_out, now
from app.ship import Computed
from app.staleness import find as find_stale
from app.wish import Wishes
from app.workspace import Workspace, demand_agreement, open_workspace
from contracts.document import readable
from contracts.error import Complaint, Unreadable
from contracts.progress import ShipDeclared, weigh
from spec import colophon
from spec.document import read as read_spec
from spec.model import Stale
from spec.title import read_branch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from app.schema import ModelConfig, SpecConfig
    from app.staleness import Cause
    from contracts.document import Document
    from contracts.model import Contract
    from spec.document import Spec


LACKING = 3
"""For how many sections the commit that they landed as is looked up; there is one, unless amendments raced."""
STANDING = 200
"""So many recorded contracts are read to propose what comes next; of a larger record only what moved is proposed."""


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
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Recorded(Written):
    """What was written, and what earlier sections forgot; *found* is None where nobody asked for that."""

    found: Backfill | None = None


def amend(request: AmendRequest, watch: Watch) -> Recorded:
    """Record what landed as the spec's next § section, on a branch.

    Raises:
        Complaint: see `open_workspace`, `decide_amendment`, `Repository.write`.
    """
    workspace = open_workspace(request.folder, branch=request.branch)
    demand_agreement(workspace)
    chosen = find_spec(workspace, request.spec)
    if workspace.repository.shallow and not request.since:
        mend = "Fetch the history with git fetch --unshallow, or name the start with --since REV"
        raise Complaint("this clone is shallow: what landed before it is not known", mend=mend)
    watch(f"reading what landed since {chosen.path} was last amended")
    since = workspace.repository.commit(request.since) if request.since else ""
    if request.backfill:
        watch("looking through the earlier sections for what they do not name")
    wishes = Wishes(request.title or "", request.ships, backfill=request.backfill)
    facts = gather_facts(workspace, chosen, wishes, since=since)
    facts = replace(add_standing(workspace, chosen, facts), others=_standing(workspace, chosen.path))
    done = carry_out(workspace.repository, decide_amendment(facts), dry_run=request.dry_run)
    found = Backfill(facts.telling.late, facts.telling.left) if request.backfill else None
    return Recorded(done.plan, done.commits, done.diff, found)


def gather_facts(
    workspace: Workspace,
    chosen: SpecConfig,
    wishes: Wishes,
    *,
    since: str = "",
    labels: Mapping[int, Collection[str]] | None = None,
) -> AmendmentFacts:
    """Return what the next amendment of a spec is decided from, but for the branches that are open.

    *since* is the commit where the stretch begins, empty for the one that last changed the spec's version.
    *labels* are those of landed pull requests by number, where GitHub was asked; git does not know them.

    Raises:
        Complaint: the spec or a declared percentage cannot be read.
    """
    start = since or find_since(workspace, chosen.path)
    spec = workspace.spec(workspace.commit, chosen.path)
    filled = _fill(workspace, spec)
    choice = Choice(chosen.cadence.paths, chosen.cadence.labels, labels or {})
    window = gather(workspace, start, chosen.records, choice)
    known = {change.landed.number for change in window.changes}
    found = gather_late(workspace, spec, chosen.records, choice, known) if wishes.backfill else Backfill()
    telling = replace(
        _tell(workspace, chosen, wishes),
        since=since[:9],
        computed=tuple(_compute(workspace, start)),
        late=found.late,
        left=found.left,
        filled=filled is not spec,
    )
    return AmendmentFacts(
        window=window,
        spec=filled,
        ladder=workspace.configured.config.ladder,
        telling=telling,
        commit=workspace.commit,
        others=(),
        following=gather_followers(workspace, workspace.commit, [chosen.path]),
    )


def add_standing(workspace: Workspace, chosen: SpecConfig, facts: AmendmentFacts) -> AmendmentFacts:
    """Return the facts with the recorded contracts as they stand, where none of them moved: they say what comes next.

    Only an amendment that is written needs them: they are not read to find out whether one is due.
    """
    paths = select(workspace.contract_paths, chosen.records)
    if len(paths) > STANDING or any(change.moves for change in facts.window.changes):
        return facts
    standing = tuple(_contracts(workspace.read(workspace.commit, paths).values()))
    return replace(facts, telling=replace(facts.telling, scope=replace(facts.telling.scope, standing=standing)))


def _tell(workspace: Workspace, chosen: SpecConfig, wishes: Wishes) -> Telling:
    """Return what is asked for and configured, whatever landed."""
    models = workspace.configured.config.models
    return Telling(
        name=chosen.name,
        date=now().date().isoformat(),
        title=wishes.title,
        ships=tuple(ShipDeclared.parse(text) for text in wishes.ships),
        models=tuple(models),
        base_url=workspace.repository.url(),
        wishes=wishes,
        scope=Scope(tuple((name, _globs(model)) for name, model in models.items())),
        stale=tuple(_list_stale(workspace, chosen.records)),
        targets=tuple((name, model.target) for name, model in models.items()),
    )


def _list_stale(workspace: Workspace, records: Sequence[str]) -> Iterator[Stale]:
    """Yield what is stale of the contracts that a spec records; what one change did is told at once."""
    told: dict[Cause, dict[str, None]] = {}
    for one in find_stale(workspace):
        if matches(one.bound.path, records):
            told.setdefault(one.cause, {})[one.bound.falsifier] = None
    yield from (Stale(tuple(ids), cause.commit, cause.pull, cause.path) for cause, ids in told.items())


def _fill(workspace: Workspace, spec: Spec) -> Spec:
    """Return the spec with the commits that its sections landed as, where they could not know them."""
    text = spec.text
    lacking = [one for one in colophon.read(spec.text) if not one.known][:LACKING]
    for one in reversed(lacking):  # from the end, so that no other place moves
        landed = find_landing(workspace, spec.file, text[one.start : one.end])
        text = colophon.fill(text, one, *landed) if landed else text
    return spec if text == spec.text else read_spec(text, spec.file)


def _compute(workspace: Workspace, start: str | None) -> Iterator[Computed]:
    """Yield the percentage of each model that has weights, from its contracts at both ends of the stretch."""
    for name, model in workspace.configured.config.models.items():
        if model.ship == "declared":
            continue
        old = _read(workspace, start, model.ship.contracts) if start else {}
        new = _read(workspace, workspace.commit, model.ship.contracts)
        broken = next((path for side in (new, old) for path, one in side.items() if isinstance(one, Unreadable)), "")
        weights = model.ship.weights
        before, after = (weigh(_contracts(side.values()), weights) for side in (old, new))
        yield Computed(name, before, after, f"{broken} cannot be read" if broken else "")


def _read(workspace: Workspace, commit: str, globs: tuple[str, ...]) -> dict[str, Document | Unreadable]:
    """Return the contracts of the configuration that a percentage is computed from, as they stood at a commit."""
    paths = select(workspace.repository.paths(commit), workspace.configured.config.contracts)
    return workspace.read(commit, select(paths, globs))


def _contracts(documents: Iterable[Document | Unreadable]) -> Iterator[Contract]:
    return (one.contract for one in map(readable, documents) if one and one.contract)


def _globs(model: ModelConfig) -> tuple[str, ...]:
    """Return the globs of the contracts that speak of a model, those that its percentage is computed from too."""
    return (*model.contracts, *(() if model.ship == "declared" else model.ship.contracts))


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


def find_spec(workspace: Workspace, name: str | None) -> SpecConfig:
    """Return the spec of that name, or the only one there is.

    Raises:
        Complaint: there is none, or several, or none of that name.
    """
    specs = workspace.configured.config.specs
    found = [spec for spec in specs if name in (None, spec.name)]
    known = ", ".join(spec.name for spec in specs) or "none"
    if len(found) == 1:
        return found[0]
    if found:
        raise Complaint(f"the configuration has {len(found)} specs", mend=f"Say which with --spec NAME: {known}")
    what = f"no spec is called “{name[:80]}”" if name else "the configuration names no spec"
    raise Complaint(what, mend=f"The configuration has: {known}" if name else "Add it under `specs:`")
