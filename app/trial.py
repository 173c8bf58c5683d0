"""Gather, decide, carry out for one run of a smoke: from the ids that a person names to the branch."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from app.discharge import Terms, draft, move
from app.dossier import Case, choose_folder, joins, lay
from app.ledger import read_chain, read_levers
from app.leg import Bench, find_device, observe
from app.plan import Base, decide_discharge
from app.registration import fingerprint, refuse_late
from app.selection import select
from app.shell import carry_out, now
from app.story import Discharge
from app.validation import validate
from app.workspace import demand_agreement, open_workspace
from contracts.changelog import number
from contracts.error import Complaint
from contracts.progress import ShipDeclared
from evidence.host import HostFacts
from evidence.judge import judge as judge_promise
from evidence.model import Absent, Held, NotMeasured
from runners.host import facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.leg import Observed
    from app.selection import Chosen
    from app.shell import Watch, Written
    from app.workspace import Workspace
    from contracts.progress import Chain
    from evidence.model import Promise, Verdict
    from runners.smoke import Smoke


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What `discharge run` was asked."""

    folder: Path
    words: tuple[str, ...]
    legs: tuple[tuple[str, Path], ...]
    ships: tuple[str, ...]
    rev: str | None
    branch: str | None
    keep: Path | None
    dry_run: bool

    @property
    def command(self) -> str:
        """The command as a person types it, for the authorisation note; files by their names alone."""
        legs = [word for name, path in self.legs for word in ("--leg", f"{name}={path.name}")]
        ships = [word for ship in self.ships for word in ("--ship", ship)]
        rev = ["--rev", self.rev] if self.rev else []
        return shlex.join(["discharge", "run", *self.words, *legs, *ships, *rev])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: the verdicts, what was moved, what was written, where copies were kept."""

    case: Case
    discharge: Discharge | None
    written: Written
    kept: str
    passed: tuple[str, ...]


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


def run(request: RunRequest, watch: Watch) -> Outcome:
    """Run a smoke for the named falsifiers, judge it, and carry the discharge out on a branch.

    Raises:
        Complaint: ids or configuration do not fit, the record clashes with what was declared, the
            amended contract would not be valid; nothing is written then.
    """
    scene = set_scene(request)
    case = observe_case(scene, watch)
    terms = _terms(scene, case)
    made = None if scene.base.trial else draft(case.document, case.verdicts, terms)
    discharge = None
    if made:
        watch("validating the amended contract")
        valid = validate(scene.workspace, case.document, made.amended, scene.base.commit)
        discharge = Discharge(case, made, terms, valid, read_levers(scene.workspace, scene.smoke.contract))
    repository = scene.workspace.repository
    written = carry_out(repository, decide_discharge(discharge, scene.base), dry_run=request.dry_run)
    return Outcome(case, discharge, written, _keep(scene, case, discharge, terms), scene.passed)


def set_scene(request: RunRequest) -> Scene:
    """Settle what a run is about; whatever can be refused is refused here, before a machine spends its time.

    Raises:
        Complaint: see `run`.
    """
    _demand_room(request.keep)
    workspace = open_workspace(request.folder, branch=request.branch)
    demand_agreement(workspace)
    chosen, passed = _promised(workspace, select(request.words, workspace.contracts), request.words)
    smoke = find_smoke(workspace, chosen)
    tested = workspace.repository.commit(request.rev) if request.rev else workspace.commit
    ids = tuple(c.falsifier.id.text for c in chosen)
    base = find_base(workspace, smoke.contract, tested)
    chain = read_chain(workspace, smoke.contract, base.commit)
    ships = tuple(ShipDeclared.parse(text) for text in request.ships)
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


def _demand_room(folder: Path | None) -> None:
    """Make the folder that the evidence shall be kept in."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        mend = "Name a folder that can be written to with --keep DIR"
        raise Complaint(f"{folder} cannot be made: {error.strerror}", mend=mend) from None


def judge(
    folder: Path, name: str, words: tuple[str, ...], legs: tuple[tuple[str, Path], ...], branch: str | None
) -> tuple[Verdict, ...]:
    """Judge recorded logs against a smoke's predictions.

    Raises:
        Complaint: no such smoke, leg or falsifier; a log that cannot be read.
    """
    workspace = open_workspace(folder, branch=branch)
    smoke = workspace.smoke(name)
    contract = workspace.document(workspace.commit, smoke.contract).contract
    chosen = select(words, [contract]) if contract and words else ()
    promises = [found for c in chosen if (found := smoke.promise(c.falsifier.id.text))] if words else smoke.promises
    if not promises:
        mend = f"It predicts something about {', '.join(p.falsifier for p in smoke.promises) or 'nothing'}"
        raise Complaint(f"smoke {name} predicts nothing about {' '.join(words)}", mend=mend)
    recorded = dict(legs)
    bench = Bench(workspace.repository, workspace.commit, workspace.commit, (), (), lambda _: None)
    observed = observe(bench, smoke, [leg.name for leg in smoke.legs if leg.name in recorded], recorded)
    absent = {leg.name: Absent(leg.name, "no log of it was given") for leg in smoke.legs if leg.name not in recorded}
    given = replace(observed, repeats=tuple({**absent, **repeat} for repeat in observed.repeats))
    return tuple(_judge(smoke, promise, given) for promise in promises)


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


def find_base(workspace: Workspace, contract: str, tested: str) -> Base:
    """Return what a discharge builds on: the contract's open branch, else the default branch.

    A branch is open while the default branch neither contains it nor states its version.
    """
    repository = workspace.repository
    document = workspace.document(workspace.commit, contract)
    name = document.contract.name if document.contract else ""
    open_ = {
        stated: (branch, tip)
        for branch, tip in repository.branches(f"discharge/{name}/").items()
        if (stated := number(branch.rpartition("/v")[2])) and not repository.contains(workspace.commit, tip)
    }
    least = number(document.contract.version) if document.contract else None
    ahead = [v for v in open_ if least is None or v > least]
    branch, commit = open_[max(ahead)] if ahead else (None, workspace.commit)
    trial = "" if repository.contains(workspace.commit, tested) else f"{tested[:12]} is not on {workspace.branch}"
    return Base(commit, branch, frozenset(repository.paths(commit)), trial)


def observe_case(scene: Scene, watch: Watch) -> Case:
    """Run, reuse or read the legs that registered promises need, and judge every promise."""
    smoke, request = scene.smoke, scene.request
    redaction = scene.workspace.configured.config.redact
    late = {id_: refuse_late(scene.workspace, smoke, id_, scene.tested) for id_ in scene.ids}
    promises = {id_: promise for id_ in scene.ids if (promise := smoke.promise(id_))}
    legs = dict.fromkeys(leg for id_, promise in promises.items() if not late[id_] for leg in promise.legs)
    repository = scene.workspace.repository
    bench = Bench(repository, scene.tested, scene.base.commit, redaction.hosts, redaction.folders, watch)
    observed = observe(bench, smoke, list(legs), dict(request.legs))
    verdicts = tuple(
        NotMeasured(id_, late[id_]) if late[id_] else _judge(smoke, promise, observed)
        for id_, promise in promises.items()
    )
    return _case(scene, observed, verdicts)


def _judge(smoke: Smoke, promise: Promise, observed: Observed) -> Verdict:
    return judge_promise(promise, observed.repeats, extract=smoke.extract, proof=smoke.proof)


def _case(scene: Scene, observed: Observed, verdicts: tuple[Verdict, ...]) -> Case:
    document = scene.workspace.document(scene.base.commit, scene.smoke.contract)
    device, backend = find_device(scene.smoke, observed)
    legs = [seen for repeat in observed.repeats for seen in repeat.values()]
    ran = any(not isinstance(seen, Absent) and seen.origin == "ran" for seen in legs)
    return Case(
        document=document,
        smoke=scene.smoke,
        verdicts=verdicts,
        repeats=observed.repeats,
        fingerprints={id_: fingerprint(scene.smoke, document, id_) for id_ in scene.ids},
        commit=scene.tested,
        host=facts() if ran else HostFacts(),
        device=device,
        backend=backend,
        binary=observed.binary,
        needs=observed.needs,
        date=now().date().isoformat(),
        asked_by=scene.workspace.repository.identity("").name,
        command=scene.request.command,
        tool=f"discharge {version('discharge')}",
        folder=observed.folder,
    )


def _terms(scene: Scene, case: Case) -> Terms:
    """Return the terms of a discharge; its folder is that of the evidence that it reuses on the open branch."""
    config = scene.workspace.configured.config
    held = tuple(v.falsifier for v in case.verdicts if isinstance(v, Held))
    joined = case.folder if scene.base.branch and joins(case, scene.base.paths) else ""
    return Terms(
        ladder=config.ladder,
        policy=config.floor,
        chain=scene.chain,
        ships=scene.ships,
        date=case.date,
        how=case.how,
        folder=joined or choose_folder(case, held or scene.ids, scene.base.paths),
        joined=bool(joined),
        reused=tuple((seen.leg, seen.source) for seen in case.seen(()) if seen.origin == "reused"),
    )


def _keep(scene: Scene, case: Case, discharge: Discharge | None, terms: Terms) -> str:
    """Copy the evidence to the folder that was asked for, whatever the verdict; return where."""
    if scene.request.keep is None:
        return ""
    target = scene.request.keep / terms.folder.rpartition("/")[2]
    made = discharge.draft if discharge else None
    for path, content in lay(case, made, terms.ladder, terms.folder, frozenset()).items():
        target.mkdir(parents=True, exist_ok=True)
        (target / path.rpartition("/")[2]).write_bytes(content)
    return str(target)
