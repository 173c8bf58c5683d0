"""One run of a smoke, from the ids that a person names to the branch: gather, decide, carry out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from app.discharge import Terms, draft
from app.dossier import Case, choose_folder, joins, lay
from app.ledger import read_levers
from app.leg import Bench, find_device, observe
from app.plan import decide_discharge
from app.registration import fingerprint, refuse_late
from app.scene import RunRequest, Scene, set_scene
from app.selection import select
from app.shell import carry_out, now
from app.story import Discharge
from app.validation import validate
from app.workspace import open_workspace
from contracts.error import Complaint
from evidence.host import HostFacts
from evidence.judge import judge as judge_promise
from evidence.model import Absent, Held, NotMeasured
from evidence.redact import redact
from runners.host import facts

if TYPE_CHECKING:
    from pathlib import Path

    from app.leg import Observed
    from app.shell import Watch, Written
    from evidence.model import Promise, Verdict
    from runners.smoke import Smoke


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: the verdicts, what was moved, what was written, where copies were kept."""

    case: Case
    discharge: Discharge | None
    written: Written
    kept: str
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
    plan = decide_discharge(discharge, scene.base)
    kept = _keep(scene, case, discharge, terms)
    written = carry_out(scene.workspace.repository, plan, dry_run=request.dry_run)
    return Outcome(case, discharge, written, kept, scene.passed)


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
        host=_host(scene) if ran else HostFacts(),
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


def _host(scene: Scene) -> HostFacts:
    """Return the facts of this machine; its name is told unless the configuration takes it out of logs."""
    known = facts()
    return replace(known, name=redact(known.name, scene.workspace.configured.config.redact.hosts).text)


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
