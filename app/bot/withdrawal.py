"""A discharge that a run spoke against: the branch that takes it back, for people to merge or to close."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.branch import draft as draft_branch
from app.bot.branch import find, name_mark
from app.bot.trust import demand_measured
from app.case import compose, set_terms, tell
from app.ledger import read_chain
from app.rung import find as find_rung
from app.scene import find_base
from app.staleness import gather as gather_bounds
from app.trailer import RUN, thank
from app.withdrawal import draft
from contracts.error import Complaint
from evidence.model import Falsified

if TYPE_CHECKING:
    from app.bot.branch import Branch, Result
    from app.bot.site import Site
    from app.scene import Scene


def gather(site: Site, scene: Scene, result: Result) -> tuple[Branch | None, str]:
    """Return the branch that takes back what was falsified, or why there is none; the words are empty for no reason."""
    falsified = [verdict.falsifier for verdict in result.verdicts if isinstance(verdict, Falsified)]
    if not falsified or scene.base.trial:
        return None, ""
    try:
        if done := find(site, scene, name_mark(site, result.identity), "undischarge"):
            return done, ""
        rungs = _find_rungs(scene, falsified)
        if not rungs or result.barred:
            return None, result.barred if rungs else ""
        return _draft(site, scene, result, rungs)
    except Complaint as complaint:
        return None, str(complaint)


def _find_rungs(scene: Scene, falsified: list[str]) -> dict[str, str]:
    """Return the discharged falsifiers that this run speaks against, and the step that each goes back to.

    A run at an older commit than the one where a falsifier held last says nothing of it: that was before.
    """
    workspace, path = scene.workspace, scene.smoke.contract
    done = workspace.configured.config.ladder.discharged
    contract = workspace.document(workspace.commit, path).contract
    wanted = [f.id.text for f in contract.at(done) if f.id.text in falsified] if contract else []
    held = (
        {bound.falsifier: bound.measured.commit for bound in gather_bounds(workspace, (scene.smoke,))} if wanted else {}
    )
    repository = workspace.repository
    newer = [id_ for id_ in wanted if id_ not in held or repository.contains(scene.tested, held[id_])]
    return {id_: find_rung(workspace, path, id_) for id_ in newer}


def _draft(site: Site, scene: Scene, result: Result, rungs: dict[str, str]) -> tuple[Branch | None, str]:
    """Draft the branch; one that is open already is joined, and what it takes back is not taken back twice."""
    workspace, path, identity = scene.workspace, scene.smoke.contract, result.identity
    base = find_base(workspace, path, scene.tested, site.heads, "undischarge")
    demand_measured(workspace, base, path)
    there = replace(scene, base=base, chain=read_chain(workspace, path, base.commit))
    observed = result.observed
    case = replace(compose(there, observed, result.verdicts, observed.host), judged_by="app")
    terms = set_terms(there, case, "undischarge")
    made = draft(case.document, result.verdicts, terms, rungs)
    if made is None:
        return None, f"{base.branch} takes it back already" if base.branch else ""
    trailers = ((RUN, name_mark(site, identity)), *thank(identity.asker))
    return draft_branch(site, there, replace(tell(there, case, terms, made, execute=False), trailers=trailers))
