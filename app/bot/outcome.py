"""The end of a run: what was seen is judged here, and what held becomes a pull request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app import renewal
from app.bot import withdrawal
from app.bot.branch import RENEWS, Branch, Result, name_mark
from app.bot.branch import draft as draft_branch
from app.bot.branch import find as find_branch
from app.bot.explanation import preview
from app.bot.notice import Offer, draft_check, enter, judge, stop
from app.bot.step import Step
from app.bot.trust import demand_measured
from app.case import compose, conclude, judge_all, judge_promise, set_bench, set_terms, tell
from app.comment import command as grammar
from app.effect import ForgetSmoke, OpenPull, WriteCheck, name_pull
from app.ledger import read_chain
from app.leg import Observed, assemble, read_receipts
from app.proposal import find_lacking, land, propose
from app.registration import refuse_late
from app.scene import RunRequest, Scene, find_base
from app.staleness import find as find_stale
from app.trailer import RUN, thank
from contracts.error import Complaint
from contracts.progress import ShipDeclared
from evidence.model import Held
from spec.escape import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bot.identity import Identity
    from app.bot.site import Site
    from app.effect import Effect
    from app.github import Pull
    from app.schema import PullRequestsConfig
    from evidence.model import Verdict
    from runners.bundle import Bundle
    from runners.job import Job


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended and was judged: what it came to, and the branch that it discharges on, None for no discharge.

    *refused* says why nothing is discharged although something held, empty if nothing needs saying. *shown* is
    what a dry run would have written, None where it is no dry run. *fallen* is the branch that takes discharges back
    which this run spoke against, and *kept* why there is none although it did.
    """

    identity: Identity
    verdicts: tuple[Verdict, ...]
    offer: Offer
    branch: Branch | None
    refused: str
    shown: tuple[str, ...] | None = None
    fallen: Branch | None = None
    kept: str = ""


def gather(site: Site, identity: Identity, job: Job | None, bundle: Bundle | None, barred: str = "") -> Ended:
    """Judge what a runner sent, and draft what follows from it.

    *job* and *bundle* are None where no leg had to run. *barred* says why nothing may be discharged, if so.

    Raises:
        Complaint: the smoke or a falsifier is gone from the default branch, so that nobody can say what was promised.
    """
    scene = _set_scene(site, identity)
    observed = assemble(set_bench(scene), job, bundle) if job and bundle else Observed(({},), None, (), "")
    late = {id_: refuse_late(scene.workspace, scene.smoke, id_, scene.tested) for id_ in scene.ids}
    verdicts = judge_all(scene, late, observed)
    offer = Offer() if scene.base.trial else _offer(scene, observed)
    result = Result(identity, observed, verdicts, barred)
    branch, refused = _settle(site, scene, result)
    fallen, kept = withdrawal.gather(site, scene, result)
    if not _is_dry(identity):
        return Ended(identity, verdicts, offer, branch, refused, None, fallen, kept)
    writes = tuple(one.write for one in (branch, fallen) if one and one.write)
    return Ended(identity, verdicts, offer, None, refused, tuple(preview(site, writes)), kept=kept)


def _settle(site: Site, scene: Scene, result: Result) -> tuple[Branch | None, str]:
    """Return the branch that the run discharges on, or why it discharges nothing."""
    try:
        if done := find_branch(site, scene, name_mark(site, result.identity)):
            _demand_same(scene, done)
            return done, ""
        return (None, result.barred) if result.barred else _draft(site, scene, result)
    except Complaint as complaint:
        return None, str(complaint)


def _demand_same(scene: Scene, branch: Branch) -> None:
    """Demand that nobody moved a status on the branch since this run wrote it: a crash lies in between.

    Raises:
        Complaint: see `app.bot.trust.demand_measured`.
    """
    if not branch.merged:
        base = replace(scene.base, branch=branch.name, commit=branch.head)
        demand_measured(scene.workspace, base, scene.smoke.contract)


def _is_dry(identity: Identity) -> bool:
    """Return whether a run was asked for that writes nothing."""
    asked = next(iter(grammar.read(identity.command)), None)
    return isinstance(asked, grammar.Discharge) and asked.dry_run


def _set_scene(site: Site, identity: Identity) -> Scene:
    """Settle the run anew, as the default branch stands now."""
    workspace = site.workspace
    smoke = workspace.smoke(identity.smoke)
    base = find_base(workspace, smoke.contract, identity.commit, site.heads)
    request = RunRequest(
        Path(), identity.ids, (), identity.ships, identity.commit, asker=identity.asker, typed=identity.command
    )
    ships = tuple(ShipDeclared.parse(text) for text in identity.ships)
    chain = read_chain(workspace, smoke.contract, base.commit)
    return Scene(workspace, request, identity.ids, smoke, identity.commit, base, chain, ships, ())


def _draft(site: Site, scene: Scene, result: Result) -> tuple[Branch | None, str]:
    """Return the branch that the run discharges on, or why it discharges nothing.

    Raises:
        Complaint: the contract cannot be amended exactly, or would not be valid; its branch stands already.
    """
    demand_measured(scene.workspace, scene.base, scene.smoke.contract)
    verdicts, observed = result.verdicts, result.observed
    case = replace(compose(scene, observed, verdicts, observed.host), judged_by="app")
    terms = set_terms(scene, case)
    trailers = ((RUN, name_mark(site, result.identity)), *thank(result.identity.asker))
    discharge = conclude(scene, case, terms, trailers=trailers, execute=False)
    if discharge is None and not scene.base.trial:
        made = renewal.draft(case.document, verdicts, terms, _list_stale(scene, verdicts))
        discharge = replace(tell(scene, case, terms, made, execute=False), trailers=trailers) if made else None
    return draft_branch(site, scene, discharge)


def _list_stale(scene: Scene, verdicts: tuple[Verdict, ...]) -> set[str]:
    """Return what held, was stale, and was measured now with the change that had made it so."""
    held = {verdict.falsifier for verdict in verdicts if isinstance(verdict, Held)}
    stale = find_stale(scene.workspace) if held else ()
    mine = [one for one in stale if one.bound.smoke.name == scene.smoke.name and one.bound.falsifier in held]
    repository = scene.workspace.repository
    return {one.bound.falsifier for one in mine if repository.contains(scene.tested, one.cause.commit)}


def _offer(scene: Scene, observed: Observed) -> Offer:
    """Judge every other registered promise of the smoke on the same logs; nothing is discharged by that."""
    contract = scene.workspace.document(scene.base.commit, scene.smoke.contract).contract
    done = scene.workspace.configured.config.ladder.discharged
    also, needs = [], []
    for promise in scene.smoke.promises:
        falsifier = contract.falsifier(promise.falsifier) if contract else None
        asked = promise.falsifier in scene.ids or falsifier is None or falsifier.status in done
        if asked or refuse_late(scene.workspace, scene.smoke, promise.falsifier, scene.tested):
            continue
        missing = tuple(leg for leg in promise.legs if leg not in observed.repeats[0])
        if missing:
            needs.append((promise.falsifier, missing, _seconds(scene, missing)))
        elif isinstance(judge_promise(scene.smoke, promise, observed), Held):
            also.append(promise.falsifier)
    return Offer(tuple(also), tuple(needs))


def _seconds(scene: Scene, legs: tuple[str, ...]) -> float | None:
    """Return what these legs took when they ran last, None if evidence does not say it of every one."""
    took = {
        ran.leg: ran.seconds
        for kept in read_receipts(set_bench(scene), scene.smoke)
        for ran in kept.receipt.legs
        if ran.seconds is not None
    }
    return sum(took[leg] for leg in legs) if set(legs) <= set(took) else None


def decide(ended: Ended, key: bytes, config: PullRequestsConfig, base: str, pulls: Sequence[Pull]) -> Step:
    """Decide what a judged run comes to: commits, pull requests, check, and the entry in the status comment.

    *pulls* are ours that are open. One that takes a discharge back is never merged by itself.
    """
    notice = judge(ended.identity, ended.verdicts, ended.offer, _tell(ended))
    by_itself = config.model_copy(update={"auto_merge": None})
    effects = [
        *_open(ended.branch, config, base, pulls),
        *_open(ended.fallen, by_itself, base, pulls),
    ]
    check = WriteCheck(draft_check(ended.identity, notice, key))
    return Step(
        (*effects, check), (enter(ended.identity, notice),), (ForgetSmoke(ended.identity.run),), (), ended.verdicts
    )


def _open(branch: Branch | None, config: PullRequestsConfig, base: str, pulls: Sequence[Pull]) -> list[Effect]:
    """Return what writes a branch and opens its pull request, or brings it up to date; nothing for one that landed."""
    if branch is None or branch.merged:
        return []
    pull = next((one for one in pulls if one.branch == branch.name), None)
    title, body = propose(branch.messages)
    labels = find_lacking(pull, config.labels)
    opened = OpenPull(branch.name, base, title, body, labels, pull.number if pull else None)
    return [*([branch.write] if branch.write else []), *land(opened, config.auto_merge, branch.head)]


def _tell(ended: Ended) -> list[str]:
    """Return what became of a run: the pull requests, or why there is none."""
    if ended.shown is not None:
        head = "- This was a dry run: nothing is written. It would be:"
        told = [head, *ended.shown] if ended.shown else []
    elif ended.branch is None:
        told = []
    else:
        told = [f"- {_name(ended.branch)}"]
    if ended.refused and not told and any(isinstance(verdict, Held) for verdict in ended.verdicts):
        told = [f"- Nothing is discharged: {inline(ended.refused)}"]
    if ended.kept:
        told.append(f"- No discharge is taken back: {inline(ended.kept)}")
    if ended.fallen:
        told.append(f"- {_name_fallen(ended.fallen)}")
    return told


def _name(branch: Branch) -> str:
    renews = branch.messages[-1].startswith(RENEWS)
    what = "Evidence made new" if renews else "Discharged"
    return f"{what}, and merged" if branch.merged else f"{what} by {name_pull(branch.name)}"


def _name_fallen(branch: Branch) -> str:
    if branch.merged:
        return "The discharge was taken back"
    return f"{name_pull(branch.name)} proposes to take the discharge back; it is never merged by itself"


def decide_gone(identity: Identity, reason: str, key: bytes) -> Step:
    """Decide what becomes of a run that ended without a result: not measured, and why."""
    notice = stop(identity, "not measured", f"Not measured: {inline(reason)}", "neutral")
    check = WriteCheck(draft_check(identity, notice, key))
    return Step((check,), (enter(identity, notice),), (ForgetSmoke(identity.run),))
