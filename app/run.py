"""One run of a smoke, from the ids that a person names to the branch: gather, decide, carry out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.case import compose, conclude, judge_all, judge_promise, set_bench, set_terms
from app.dossier import Case, lay
from app.leg import Bench, observe
from app.plan import decide_discharge
from app.registration import refuse_late
from app.scene import RunRequest, Scene, needed, set_scene
from app.selection import select
from app.shell import carry_out
from app.workspace import open_workspace
from contracts.error import Complaint
from evidence.model import Absent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.discharge import Terms
    from app.effect import Plan
    from app.shell import Watch, Written
    from app.story import Discharge
    from evidence.model import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: the verdicts, what was moved, what was written, where copies were kept."""

    case: Case
    discharge: Discharge | None
    written: Written
    kept: str
    passed: tuple[str, ...]
    pull: str = ""
    """The address of the pull request, empty where none was opened."""
    remark: str = ""
    """What the operator should know about it."""


def run(request: RunRequest, watch: Watch) -> Outcome:
    """Run a smoke for the named falsifiers, judge it, and carry the discharge out on a branch.

    Raises:
        Complaint: ids or configuration do not fit, the record clashes with what was declared, the
            amended contract would not be valid; nothing is written then.
    """
    scene = set_scene(request)
    return finish(scene, watch, lambda plan: carry_out(scene.workspace.repository, plan, dry_run=request.dry_run))


def finish(scene: Scene, watch: Watch, carry: Callable[[Plan], Written]) -> Outcome:
    """Run, judge and decide in a scene; *carry* carries the plan out.

    Raises:
        Complaint: see `run`.
    """
    case = observe_case(scene, watch)
    terms = set_terms(scene, case)
    watch("validating the amended contract")
    discharge = conclude(scene, case, terms, execute=True)
    plan = decide_discharge(discharge, scene.base)
    kept = _keep(scene, case, discharge, terms)
    return Outcome(case, discharge, carry(plan), kept, scene.passed)


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
    return tuple(judge_promise(smoke, promise, given) for promise in promises)


def observe_case(scene: Scene, watch: Watch) -> Case:
    """Run, reuse or read the legs that registered promises need, and judge every promise."""
    smoke, request = scene.smoke, scene.request
    late = {id_: refuse_late(scene.workspace, smoke, id_, scene.tested) for id_ in scene.ids}
    legs = needed(smoke, [id_ for id_, reason in late.items() if not reason])
    observed = observe(set_bench(scene, watch), smoke, list(legs), dict(request.legs))
    return compose(scene, observed, judge_all(scene, late, observed), observed.host)


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
