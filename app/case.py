"""One judged run as a case, and the terms of the discharge that may follow from it."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from app.discharge import Terms, draft
from app.dossier import Case, choose_folder, joins
from app.ledger import read_levers
from app.leg import Bench, find_device
from app.registration import fingerprint
from app.retinue import gather
from app.shell import now
from app.story import Discharge
from app.validation import validate
from evidence.judge import judge
from evidence.model import Falsified, Held, NotMeasured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.discharge import Draft, Kind
    from app.leg import Observed
    from app.scene import Scene
    from evidence.host import HostFacts
    from evidence.model import Promise, Verdict
    from runners.smoke import Smoke


def set_bench(scene: Scene, watch: Callable[[str], None] = lambda _: None) -> Bench:
    """Return where the legs of a run are looked for, and which evidence counts."""
    config = scene.workspace.configured.config
    repository = scene.workspace.repository
    hidden, keys = config.redact, config.public_keys
    accepted = config.evidence.accept
    return Bench(repository, scene.tested, scene.base.commit, hidden.hosts, hidden.folders, watch, keys, accepted)


def judge_promise(smoke: Smoke, promise: Promise, observed: Observed) -> Verdict:
    """Judge one promise on what was seen."""
    return judge(promise, observed.repeats, extract=smoke.extract, proof=smoke.proof)


def judge_all(scene: Scene, late: Mapping[str, str], observed: Observed) -> tuple[Verdict, ...]:
    """Judge every promise that was asked about; *late* says which were registered too late to be measured."""
    promises = {id_: promise for id_ in scene.ids if (promise := scene.smoke.promise(id_))}
    return tuple(
        NotMeasured(id_, late[id_]) if late[id_] else judge_promise(scene.smoke, promise, observed)
        for id_, promise in promises.items()
    )


def compose(scene: Scene, observed: Observed, verdicts: tuple[Verdict, ...], host: HostFacts) -> Case:
    """Return everything that is known about one judged run."""
    document = scene.workspace.document(scene.base.commit, scene.smoke.contract)
    device, backend = find_device(scene.smoke, observed)
    return Case(
        document=document,
        smoke=scene.smoke,
        verdicts=verdicts,
        repeats=observed.repeats,
        fingerprints={id_: fingerprint(scene.smoke, document, id_) for id_ in scene.ids},
        commit=scene.tested,
        host=host,
        device=device,
        backend=backend,
        binary=observed.binary,
        needs=observed.needs,
        date=now().date().isoformat(),
        asked_by=scene.request.asker or scene.workspace.repository.identity("").name,
        command=scene.request.command,
        tool=f"discharge {version('discharge')}",
        folder=observed.folder,
        unsigned=not scene.workspace.configured.config.keys,
        repository=scene.workspace.repository.name(),
    )


def set_terms(scene: Scene, case: Case, kind: Kind = "discharge") -> Terms:
    """Return the terms of what a run does; its folder is that of the evidence that it reuses on the open branch."""
    config = scene.workspace.configured.config
    telling = Falsified if kind == "undischarge" else Held
    proofs = tuple(verdict for verdict in case.verdicts if isinstance(verdict, telling))
    ids = tuple(verdict.falsifier for verdict in proofs)
    joined = case.folder if scene.base.branch and joins(case, scene.base.paths) else ""
    return Terms(
        ladder=config.ladder,
        policy=config.floor,
        chain=scene.chain,
        ships=scene.ships,
        date=case.date,
        how=case.name_how(proofs),
        folder=joined or choose_folder(case, ids or scene.ids, scene.base.paths, kind),
        joined=bool(joined),
        reused=tuple((seen.leg, seen.source) for seen in case.seen(()) if seen.origin == "reused"),
    )


def conclude(
    scene: Scene, case: Case, terms: Terms, *, trailers: tuple[tuple[str, str], ...] = (), execute: bool
) -> Discharge | None:
    """Return the discharge that the verdicts make, None where no held verdict moves a status.

    Args:
        scene: what was settled before the run.
        case: the judged run.
        terms: see `set_terms`.
        trailers: stand last in its message.
        execute: whether the command that validates contracts may run on this machine.

    Raises:
        Complaint: the contract cannot be amended exactly, or would not be valid.
    """
    made = None if scene.base.trial else draft(case.document, case.verdicts, terms)
    return replace(tell(scene, case, terms, made, execute=execute), trailers=trailers) if made else None


def tell(scene: Scene, case: Case, terms: Terms, made: Draft, *, execute: bool) -> Discharge:
    """Return what a draft of the contract comes to, once the contract is valid; see `conclude`.

    Raises:
        Complaint: the contract would not be valid.
    """
    valid = validate(scene.workspace, case.document, made.amended, scene.base.commit, execute=execute)
    left = read_levers(scene.workspace, scene.smoke.contract)
    following = gather(scene.workspace, scene.base.commit, [case.contract.path])
    return Discharge(case, made, terms, valid, left, (), following)
