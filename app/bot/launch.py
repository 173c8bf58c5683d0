"""The start of a run: which commit, which falsifiers, which legs; and what is written before a machine starts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.action.record import REMOTE
from app.bot.identity import Identity
from app.bot.notice import draft_check, enter, stop, wait
from app.bot.seal import vouch
from app.bot.step import Step
from app.bot.trust import demand_free, demand_listed, demand_measured
from app.budget import Day, Item, demand_affordable, tell
from app.case import set_bench
from app.effect import StartSmoke, WriteCheck
from app.ledger import read_chain
from app.leg import plan
from app.note import Note, write
from app.plan import name_branch
from app.registration import fingerprint, refuse_late
from app.scene import RunRequest, Scene, find_base, needed, settle
from app.staleness import find as find_stale
from app.workspace import demand_agreement
from contracts.error import Complaint
from contracts.group import group
from contracts.model import FalsifierId, Version
from runners.bench import argv_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.bot.site import Site
    from app.effect import Effect
    from app.github import Pull, Role
    from app.workspace import Workspace
    from runners.job import Job
    from runners.smoke import Smoke

STALE = "stale"
"""The word that means all that is stale."""
MOST = 10
"""How many falsifiers one command starts; for more, the answer is the plan."""
_NONCE, _LONGEST = "discharge:nonce v1", 100
_TRUSTED: tuple[Role, ...] = ("maintain", "admin")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a run: who asks for what, where, and when; *run* is what the run will be called.

    *drafted* are the runs that the same plan starts before it, which no book knows yet.
    """

    run: str
    asker: str
    comment: int
    command: str
    words: tuple[str, ...]
    date: str
    sha: str = ""
    repeat: int | None = None
    drafted: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Launch:
    """A run that could start: what was settled, its identity, its job, and who is before it in the queue.

    *job* is None where no leg has to run, because nothing that was asked for can be measured. *legs* are the
    command lines as they will run; *late* says of each falsifier why it cannot be judged at this commit, empty if
    it can. *budget* is how the day stands with the run, empty where none is set.
    """

    scene: Scene
    identity: Identity
    job: Job | None
    legs: tuple[tuple[str, tuple[str, ...]], ...]
    late: tuple[tuple[str, str], ...]
    place: int
    budget: str


def find_commit(pull: Pull, default: str, sha: str, role: Role) -> str:
    """Return the commit that a command on *pull* is about: what it became on the default branch, else its head.

    Raises:
        Complaint: the pull request is closed or merged elsewhere, *sha* is another commit, or the head stands in a
            fork and nobody who may has named it.
    """
    if pull.landed and pull.base != default:
        raise Complaint(f"this was merged into {pull.base}, and only commits on {default} can be discharged")
    if pull.landed is None and pull.state == "CLOSED":
        raise Complaint("this pull request was closed without a merge, so there is no commit to test")
    target = pull.landed or pull.head
    if sha and not target.startswith(sha.lower()):
        kind = "merge commit" if pull.landed else "head"
        raise Complaint(f"sha={sha} is not the {kind} of this pull request, which is {target}")
    if pull.landed is None and pull.fork:
        _demand_named(target, sha, role)
    return target


def _demand_named(head: str, sha: str, role: Role) -> None:
    """Demand that a maintainer names the head of a fork: whoever can push there must not run code here unseen.

    Raises:
        Complaint: with the line to paste.
    """
    if role not in _TRUSTED or not sha:
        what = "this pull request comes from a fork, so its head runs only when a maintainer names it"
        raise Complaint(what, mend=f"Read the code, then add sha={head} to the command")


def gather(site: Site, asked: Asked, role: Role) -> Launch:
    """Settle a run.

    Raises:
        Complaint: see `find_commit` and `app.scene.settle`; another run does the same; nothing is stale.
    """
    workspace = site.workspace
    tested = find_commit(site.pull, workspace.branch, asked.sha, role)
    words = name_stale(workspace) if asked.words == (STALE,) else asked.words
    request = RunRequest(Path(), words, rev=tested, asker=asked.asker, typed=asked.command)
    return _prepare(site, asked, settle(workspace, request, site.heads))


def gather_unasked(site: Site, asked: Asked, smoke: Smoke, tested: str) -> Launch:
    """Settle a run that the configuration asks for: by one smoke, at a commit of the default branch.

    Raises:
        Complaint: the configuration disagrees with the repository, or another run does the same.
    """
    workspace = site.workspace
    demand_agreement(workspace)
    base = find_base(workspace, smoke.contract, tested, site.heads)
    request = RunRequest(Path(), asked.words, rev=tested, asker=asked.asker, typed=asked.command)
    chain = read_chain(workspace, smoke.contract, base.commit)
    scene = Scene(workspace, request, asked.words, smoke, tested, base, chain, (), ())
    return _prepare(site, asked, scene)


def _prepare(site: Site, asked: Asked, scene: Scene) -> Launch:
    """Return a run that was settled, unless something stands in its way."""
    workspace, smoke, tested = scene.workspace, scene.smoke, scene.tested
    demand_listed(site.github.repository, site.listed)
    _demand_engine(site, smoke)
    _demand_way(site, scene, asked.run)
    _demand_alone(site, scene, asked.run)
    late = tuple((id_, refuse_late(workspace, smoke, id_, tested)) for id_ in scene.ids)
    legs = needed(smoke, [id_ for id_, reason in late if not reason])
    repeat = max(asked.repeat or 1, smoke.repeat)  # never less than what stands in the configuration
    identity = _identify(site, asked, scene, len(legs) * repeat)
    job = _plan(site, scene, identity, legs, repeat) if legs else None
    commands = tuple((leg, argv_of(smoke, leg)) for leg in legs)
    return Launch(scene, identity, job, commands, late, site.engine.waiting(), _afford(site, identity, asked.drafted))


def _afford(site: Site, identity: Identity, drafted: tuple[Item, ...]) -> str:
    """Return how the day's budget stands with a run, empty where none is set.

    Raises:
        Complaint: less is left than the run may take.
    """
    limit = site.workspace.configured.config.budget.gpu_minutes_per_day
    if limit is None:
        return ""
    booked = site.account.read(site.github.repository).without(identity.run, *(item.run for item in drafted))
    day = Day((*booked.items, *drafted))
    demand_affordable(day, identity.minutes, limit)
    return tell(Day((*day.items, Item(identity.run, identity.minutes))), limit)


def list_drafted(effects: Iterable[Effect]) -> tuple[Item, ...]:
    """Return what the runs will reserve that these effects start."""
    return tuple(Item(effect.job.run, effect.minutes) for effect in effects if isinstance(effect, StartSmoke))


def name_stale(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of all stale falsifiers as people type them, for one run.

    Raises:
        Complaint: there is none, or they need several smokes.
    """
    named: dict[str, dict[str, None]] = {}
    for stale in find_stale(workspace):
        name = f"{stale.bound.contract}/{FalsifierId(stale.bound.falsifier).short}"
        named.setdefault(stale.bound.smoke.name, {})[name] = None
    if not named:
        raise Complaint("nothing is stale: no file that a discharge is bound to changed since it was measured")
    if len(named) > 1:
        lines = "; ".join(f"/discharge {' '.join(names)}" for names in named.values())
        raise Complaint(f"what is stale needs {len(named)} smokes", mend=f"Ask for one after the other: {lines}")
    return tuple(next(iter(named.values())))


def _demand_engine(site: Site, smoke: Smoke) -> None:
    """Refuse a smoke that asks for an engine that is not served here.

    Raises:
        Complaint: with those that are.
    """
    if smoke.engine not in site.engines:
        *others, last = site.engines
        served = f"{', '.join(others)} and {last}"
        what = f"the smoke {smoke.name} asks for the engine {smoke.engine}, and here serve {served}"
        raise Complaint(what, mend="Name one of these in runner.engine of the smoke, or ask the operator for it")


def _demand_way(site: Site, scene: Scene, run: str) -> None:
    """Refuse before a machine starts what could not be written after it; a run that began already goes on.

    Raises:
        Complaint: see `app.bot.trust`.
    """
    config = scene.workspace.configured.config
    contract = scene.workspace.document(scene.base.commit, scene.smoke.contract).contract
    falsifiers = [contract.falsifier(id_) for id_ in scene.ids] if contract else []
    writes = any(falsifier and falsifier.status not in config.ladder.discharged for falsifier in falsifiers)
    if scene.base.trial or site.check(run) or not writes:
        return
    demand_measured(scene.workspace, scene.base, scene.smoke.contract)
    if contract and contract.version and scene.base.branch is None:
        version = Version.parse(contract.version).bump(config.floor.discharge)
        demand_free(scene.workspace, name_branch(contract.name, version))


def _plan(site: Site, scene: Scene, identity: Identity, legs: tuple[str, ...], repeat: int) -> Job:
    """Return the job of a run; before it starts, every file of its commit must be brought here.

    Its nonce follows from the run's name and our key: nobody else can tell it in advance, and a second try has the same
    one. It is no secret once the job is out: on GitHub Actions the log shows the job, to whoever can read that.
    """
    job = plan(set_bench(scene), scene.smoke, legs, run=identity.run, repeat=repeat)
    contract = scene.workspace.document(scene.base.commit, scene.smoke.contract).contract
    version = (contract.version or "")[:_LONGEST] if contract else ""
    watchdog = site.workspace.configured.config.budget.queue_watchdog
    note = Note(site.installation, site.github.repository, identity.number, scene.tested, watchdog)
    job = replace(job, note=write(note), version=version, nonce=vouch(_NONCE, identity.run, site.key))
    remote = scene.smoke.engine in REMOTE  # who legs are there is the business of whoever keeps the runner
    return replace(job, confinement=replace(site.confinement, user="") if remote else site.confinement)


def _demand_alone(site: Site, scene: Scene, run: str) -> None:
    """Refuse a run whose every falsifier is being measured at this commit already.

    Raises:
        Complaint: with who asked for that.
    """
    for check in site.survey.checks:
        other = site.identify(check)
        if other is None or check.conclusion or other.run == run or other.commit != scene.tested:
            continue
        if other.smoke == scene.smoke.name and set(scene.ids) <= set(other.ids):
            what = f"{group(scene.ids)} is being measured at this commit: {other.asker} asked with {other.command}"
            raise Complaint(what, mend="Its result will stand in this comment" if other.number == site.number else "")


def _identify(site: Site, asked: Asked, scene: Scene, legs: int) -> Identity:
    """Return who asked for what; *legs* is how many command lines the run takes, repeats counted."""
    smoke, workspace = scene.smoke, scene.workspace
    document = workspace.document(scene.base.commit, smoke.contract)
    return Identity(
        run=asked.run,
        repository=site.github.repository,
        number=site.number or 0,
        comment=asked.comment,
        asker=asked.asker,
        command=asked.command,
        contract=smoke.contract,
        smoke=smoke.name,
        ids=scene.ids,
        commit=scene.tested,
        head=workspace.commit,
        ships=scene.request.ships,
        date=asked.date,
        minutes=math.ceil(smoke.timeout * (legs + len(smoke.build)) / 60),
        registered=tuple((id_, fingerprint(smoke, document, id_)) for id_ in scene.ids),
        repeat=asked.repeat,
        trial=scene.base.trial,
    )


def decide(launch: Launch, job: Job, key: bytes) -> Step:
    """Decide what happens before and when a run starts: a check that says who asked for what, the entry, the job."""
    identity = launch.identity
    notice = wait(identity, launch.legs, launch.place, launch.scene.smoke.labels)
    late = [f"- {id_} will not be measured: {reason}" for id_, reason in launch.late if reason]
    budget = [f"- {launch.budget}"] if launch.budget else []
    notice = replace(notice, lines=(*notice.lines, *budget, *late))
    moved = stop(identity, "not started", "The head of this pull request moved before the launch.", "cancelled")
    check = WriteCheck(draft_check(identity, notice, key))
    instead = WriteCheck(draft_check(identity, moved, key))
    start = StartSmoke(job, minutes=identity.minutes)
    if identity.trial:
        start = replace(start, number=identity.number, otherwise=(instead,))
    return Step((check,), (enter(identity, notice),), (start,), (enter(identity, moved),))
