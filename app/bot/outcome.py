"""The end of a run: what was seen is judged here, and what held becomes a pull request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.bot import seal
from app.bot.explanation import preview
from app.bot.notice import Offer, draft_check, enter, judge, stop
from app.bot.step import Step
from app.bot.trust import demand_free, demand_measured
from app.case import compose, conclude, judge_all, judge_promise, set_bench, set_terms
from app.comment import command as grammar
from app.effect import ForgetSmoke, OpenPull, Refuse, WriteBranch, WriteCheck, name_pull
from app.ledger import read_chain
from app.leg import Observed, assemble, read_receipts
from app.plan import decide_discharge, under
from app.proposal import find_lacking, land, propose
from app.registration import refuse_late
from app.scene import RunRequest, Scene, find_base
from app.trailer import RUN, read_trailers, thank
from contracts.error import Complaint
from contracts.progress import ShipDeclared
from evidence.model import Held
from spec.escape import inline

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.site import Site
    from app.effect import Effect
    from app.github import Pull
    from app.schema import PullRequestsConfig
    from evidence.model import Verdict
    from runners.bundle import Bundle
    from runners.job import Job


@dataclass(frozen=True, slots=True)
class Branch:
    """The branch of a discharge: *messages* are those of its commits, oldest first; *write* is what is still to do.

    *merged* says that the commit of this run has landed already.
    """

    name: str
    messages: tuple[str, ...]
    write: WriteBranch | None = None
    head: str = ""
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended and was judged: what it came to, and the branch that it discharges on, None for no discharge.

    *refused* says why nothing is discharged although something held, empty if nothing needs saying. *shown* is
    what a dry run would have written, None where it is no dry run.
    """

    identity: Identity
    verdicts: tuple[Verdict, ...]
    offer: Offer
    branch: Branch | None
    refused: str
    shown: tuple[str, ...] | None = None


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
    try:
        if done := _find_done(site, scene, _mark(site, identity)):
            _demand_same(scene, done)
            return Ended(identity, verdicts, offer, done, "")
        if barred:
            return Ended(identity, verdicts, offer, None, barred)
        branch, refused = _draft(site, scene, identity, observed, verdicts)
    except Complaint as complaint:
        branch, refused = None, str(complaint)
    if not _is_dry(identity):
        return Ended(identity, verdicts, offer, branch, refused)
    write = branch.write if branch else None
    return Ended(identity, verdicts, offer, None, refused, tuple(preview(site, (write,)) if write else ()))


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


def _draft(
    site: Site, scene: Scene, identity: Identity, observed: Observed, verdicts: tuple[Verdict, ...]
) -> tuple[Branch | None, str]:
    """Return the branch that the run discharges on, or why it discharges nothing.

    Raises:
        Complaint: the contract cannot be amended exactly, or would not be valid; its branch stands already.
    """
    demand_measured(scene.workspace, scene.base, scene.smoke.contract)
    case = replace(compose(scene, observed, verdicts, observed.host), judged_by="app")
    terms = set_terms(scene, case)
    trailers = ((RUN, _mark(site, identity)), *thank(identity.asker))
    discharge = conclude(scene, case, terms, trailers=trailers, execute=False)
    for effect in decide_discharge(discharge, scene.base, site.seal):
        if isinstance(effect, WriteBranch):
            if effect.tip is None:
                demand_free(scene.workspace, effect.branch)
            messages = (*_messages(scene, scene.workspace.commit, effect.tip), effect.message)
            return Branch(effect.branch, messages, effect), ""
        if isinstance(effect, Refuse):
            return None, str(Complaint(effect.reason, mend=effect.mend))
    return None, ""


def _messages(scene: Scene, commit: str, tip: str | None) -> tuple[str, ...]:
    """Return the messages of what *tip* has and *commit* does not, oldest first."""
    return tuple(c.message for c in scene.workspace.repository.log(commit, tip)) if tip else ()


def _mark(site: Site, identity: Identity) -> str:
    """Return what the commit of a run is known by: its name stands in its check run, where people could copy it."""
    return seal.name("discharge:commit v1", identity.run, site.key)


def _find_done(site: Site, scene: Scene, mark: str) -> Branch | None:
    """Return where the commit of this run stands already: after a crash the same run is told again.

    Without a pull request that is the tip of a branch of this contract, as a killed process leaves it: nothing that
    somebody put on top of it is taken along.
    """
    repository, head = scene.workspace.repository, scene.workspace.commit
    contract = scene.workspace.document(scene.base.commit, scene.smoke.contract).contract
    prefix = under(contract.name if contract else "")
    for name, tip in site.heads.items() | repository.branches(prefix).items():
        messages = _messages(scene, head, tip) if name.startswith(prefix) else ()
        wanted = messages if name in site.heads else messages[-1:]
        if any(mark in read_trailers(message, RUN) for message in wanted):
            return Branch(name, messages, head=tip)
    for commit in repository.log(scene.tested, head):
        if mark in read_trailers(commit.message, RUN):
            return Branch("", (commit.message,), merged=True)
    return None


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


def decide(ended: Ended, key: bytes, config: PullRequestsConfig, base: str, pull: Pull | None) -> Step:
    """Decide what a judged run comes to: commit, pull request, check, and the entry in the status comment."""
    notice = judge(ended.identity, ended.verdicts, ended.offer, _tell(ended))
    effects: list[Effect] = []
    if ended.branch and not ended.branch.merged:
        title, body = propose(ended.branch.messages)
        effects += [ended.branch.write] if ended.branch.write else []
        labels = find_lacking(pull, config.labels)
        opened = OpenPull(ended.branch.name, base, title, body, labels, pull.number if pull else None)
        effects += land(opened, config.auto_merge, ended.branch.head)
    check = WriteCheck(draft_check(ended.identity, notice, key))
    return Step(
        (*effects, check), (enter(ended.identity, notice),), (ForgetSmoke(ended.identity.run),), (), ended.verdicts
    )


def _tell(ended: Ended) -> list[str]:
    """Return what became of a run: the pull request, or why there is none."""
    if ended.refused and any(isinstance(verdict, Held) for verdict in ended.verdicts):
        return [f"- Nothing is discharged: {inline(ended.refused)}"]
    if ended.shown is not None:
        return ["- This was a dry run: nothing is written. It would be:", *ended.shown] if ended.shown else []
    if ended.branch is None:
        return []
    return ["- Discharged, and merged" if ended.branch.merged else f"- Discharged by {name_pull(ended.branch.name)}"]


def decide_gone(identity: Identity, reason: str, key: bytes) -> Step:
    """Decide what becomes of a run that ended without a result: not measured, and why."""
    notice = stop(identity, "not measured", f"Not measured: {inline(reason)}", "neutral")
    check = WriteCheck(draft_check(identity, notice, key))
    return Step((check,), (enter(identity, notice),), (ForgetSmoke(identity.run),))
