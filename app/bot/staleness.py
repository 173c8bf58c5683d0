"""Which discharged falsifiers are stale: a file that their smoke is bound to changed since they were measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.glob import select
from app.leg import Bench, read_receipts
from contracts.error import Complaint
from contracts.model import FalsifierId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.workspace import Workspace
    from runners.smoke import Smoke

STALE = "stale"
"""The word that means all of them."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A discharged falsifier: *name* is `CONTRACT/ID` as people type it.

    *when* are the globs of the files that *smoke* is bound to, and *touched* the paths that changed since the commit
    of its newest receipt.
    """

    name: str
    smoke: str
    when: tuple[str, ...]
    touched: tuple[str, ...]


def judge(bounds: Iterable[Bound]) -> dict[str, tuple[str, ...]]:
    """Return smoke → names of its stale falsifiers, in the order of the configuration."""
    stale: dict[str, tuple[str, ...]] = {}
    for bound in bounds:
        if select(bound.touched, bound.when):
            stale[bound.smoke] = (*stale.get(bound.smoke, ()), bound.name)
    return stale


def find(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of all stale falsifiers, for one run.

    Raises:
        Complaint: there is none, or they need several smokes.
    """
    stale = judge(bound for smoke in workspace.configured.smokes.values() for bound in gather(workspace, smoke))
    if not stale:
        raise Complaint("nothing is stale: no file that a discharge is bound to changed since it was measured")
    if len(stale) > 1:
        lines = "; ".join(f"/discharge {' '.join(names)}" for names in stale.values())
        raise Complaint(f"what is stale needs {len(stale)} smokes", mend=f"Ask for one after the other: {lines}")
    return next(iter(stale.values()))


def gather(workspace: Workspace, smoke: Smoke) -> Iterator[Bound]:
    """Yield the discharged falsifiers of a smoke; what was never measured here cannot become stale."""
    config = workspace.configured.config
    contract = next((one for one in workspace.contracts if one.path == smoke.contract), None)
    if contract is None or not smoke.when:
        return
    measured = _measured(workspace, smoke)
    for falsifier in contract.falsifiers:
        commit = measured.get(falsifier.id.text)
        if commit and falsifier.status in config.ladder.discharged and smoke.promise(falsifier.id.text):
            touched = workspace.repository.changed(commit, workspace.commit)
            name = f"{contract.name}/{FalsifierId(falsifier.id.text).short}"
            yield Bound(name, smoke.name, smoke.when, touched)


def _measured(workspace: Workspace, smoke: Smoke) -> dict[str, str]:
    """Return falsifier → commit at which it held last; a commit that this repository does not have is no measure."""
    config, repository = workspace.configured.config, workspace.repository
    keys, accepted = config.public_keys, config.evidence.accept
    bench = Bench(repository, workspace.commit, workspace.commit, (), (), lambda _: None, keys, accepted)
    return {
        judged.falsifier: kept.receipt.commit
        for kept in read_receipts(bench, smoke)
        if repository.contains(workspace.commit, kept.receipt.commit)
        for judged in kept.receipt.falsifiers
        if judged.verdict == "held"
    }
