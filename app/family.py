"""The families of rules, each with what it gathers from the two sides of a change; no more than the change touches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app import agreement, catalog, follower, leniency, reference, registration, terms, timeline, warrant
from app.config import INVALID, PATH, Standing
from app.glob import select
from app.leniency import Setting
from app.reading import refuse
from app.shell import now
from contracts import rules as contract_rules
from contracts.document import readable
from contracts.error import Place, Unreadable
from contracts.movement import GONE
from contracts.revision import Revision
from contracts.rule import Fault, judge, lower
from spec import rules as spec_rules
from spec.document import read as read_spec
from spec.movement import GONE as SPEC_GONE
from spec.revision import Revision as SpecRevision
from spec.why import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.change import Change, Pair
    from app.config import Configured
    from app.schema import SpecConfig
    from contracts.document import Document
    from contracts.finding import Finding, Severity
    from contracts.promise import Site
    from spec.document import Spec

_CHAINED = ("spec/tally-chain", "spec/ship-chain")


def check_contracts(change: Change) -> Iterator[Finding]:
    """Yield what is wrong with the contracts that a change touches."""
    config = change.workspace.configured.config
    for path in sorted(set(change.old) - set(change.new)):
        yield from _gone(change.old[path])
    for path, document in change.new.items():
        was = change.stood(path)
        if isinstance(document, Unreadable):
            yield from map(lower, refuse(document)) if isinstance(was, Unreadable) else refuse(document)
            continue
        yield from contract_rules.check_change(readable(was), document, config.floor, config.ladder)


def _gone(document: Document | Unreadable) -> Iterator[Finding]:
    """Yield a contract that a change takes away, promises and all; a moved file says so, too."""
    if not isinstance(document, Unreadable) and document.contract and document.contract.falsifiers:
        words = f"this contract is gone, with {len(document.contract.falsifiers)} falsifiers"
        yield GONE.state(Fault(Place(document.file, 1, 1), words, severity="warning"))


def check_discharges(change: Change) -> Iterator[Finding]:
    """Yield what a change discharges without a receipt that counts by the configuration at its base.

    Without configured keys nobody demands one: that is a warning, and the app's own receipts are believed.
    """
    if not change.based:
        return
    config, workspace = change.workspace.configured.config, change.workspace
    moved = [(document, sites) for document in _read(change) if (sites := _discharged(change, document))]
    if not moved:
        return
    yield from _settings(change, moved)
    keys = (*config.keys, *filter(None, [change.own]))
    warrants = warrant.gather(workspace.trust(keys), change.before, change.after, sorted(change.touched))
    severity: Severity = "error" if config.keys else "warning"
    for document, sites in moved:
        yield from judge((warrant.UNWARRANTED,), warrant.Discharges(document, sites, warrants, severity))


def _settings(change: Change, moved: list[tuple[Document, tuple[Site, ...]]]) -> Iterator[Finding]:
    """Yield what a change discharges by a smoke that it sets up itself."""
    before, after = change.workspace.configured, change.proposed
    if after is None or not (before.files | after.files) & set(change.touched):
        return
    for document, sites in moved:
        ids = tuple(site.falsifier.id.text for site in sites)
        yield from judge((registration.LATE,), registration.Settings(document, ids, before, after))


def _read(change: Change) -> Iterator[Document]:
    yield from filter(None, map(readable, change.new.values()))


def _discharged(change: Change, document: Document) -> tuple[Site, ...]:
    """Return what a change discharges in one contract; all that is discharged in one that is new, or was unreadable."""
    was, ladder = readable(change.stood(document.file)), change.workspace.configured.config.ladder
    if was is None:
        return tuple(site for site in document.sites if site.falsifier.status in ladder.discharged)
    return tuple(site for _, site in Revision(was, document, ladder=ladder).discharged)


def check_references(change: Change) -> Iterator[Finding]:
    """Yield the paths that contracts name and that are not there; all contracts are read only if a file went away."""
    workspace = change.workspace
    lost = any(path.startswith(reference.ROOTS) for path in change.gone) or bool(select(change.gone, change.globs))
    paths = select(workspace.paths, change.globs) if lost else change.contract_paths
    new = {path: d for path, d in workspace.read(change.after, paths).items() if _is_contract(d)}
    if not new:
        return
    old = change.repository.read(change.before, list(new)) if change.before else {}
    there = frozenset(workspace.paths) | reference.list_folders(workspace.paths)
    away = (change.gone | reference.list_folders(change.gone)) - there
    names = reference.list_names(workspace.paths)
    for path, document in new.items():
        assert not isinstance(document, Unreadable)
        known = old[path].decode("utf-8", "replace") if path in old else None
        yield from judge((reference.DANGLING,), reference.Naming(document, known, there, away, names))


def _is_contract(document: Document | Unreadable) -> bool:
    known = readable(document)
    return known is not None and known.contract is not None


def check_followers(change: Change) -> Iterator[Finding]:
    """Yield where followers disagree with what they follow; read are those that a change touches on either side.

    One that the change takes out of the configuration must still agree, and need not be found any more.
    """
    acting, proposed = (
        {one.key: one for one in follower.read(side.config)} if side else {}
        for side in (change.workspace.configured, change.proposed)
    )
    new = proposed.keys() - (acting.keys() if change.based else set())
    touched = set(change.touched)
    chosen = [one for key, one in (acting | proposed).items() if key in new or touched & {one.path, one.of}]
    stood = agreement.gather(change.repository, change.before, chosen) if change.before else [None] * len(chosen)
    stands = agreement.gather(change.repository, change.after, chosen)
    for one, was, scene in zip(chosen, stood, stands, strict=True):
        if scene is not None:
            yield from judge(agreement.COMPARED, scene, was)
        if scene is not None and (one.key in proposed or change.broken):
            yield from judge((agreement.UNMATCHED,), scene, None if one.key in new else was)


def check_specs(change: Change) -> Iterator[Finding]:
    """Yield what is wrong with the specs that a change touches."""
    for pair in change.pairs:
        paths = list(dict.fromkeys(one.path for one in pair.configs))
        repointed = PATH in change.touched and (len(paths) > 1 or pair.proposed is None)
        if repointed or not set(change.touched).isdisjoint(paths):
            yield from _check_pair(change, pair, paths, repointed=repointed)


def _check_pair(change: Change, pair: Pair, paths: list[str], *, repointed: bool) -> Iterator[Finding]:
    """Yield what is wrong with one spec, which stood where the acting configuration says, or else the change's own."""
    stood = (_read_spec(change, path) for path in paths)
    was = next((spec for spec in stood if spec), None)
    there = change.repository.read(change.after, paths)
    path = next((path for path in reversed(paths) if path in there), None)
    if path is None:
        yield from judge((SPEC_GONE,), SpecRevision(was, read_spec("", paths[-1]))) if was else ()
        return
    try:
        now = change.workspace.spec(change.after, path)
    except Unreadable as error:
        stood_so = path == paths[0] and path not in change.touched
        yield from () if stood_so else refuse(error)
        return
    if was and pair.proposed is None and repointed:
        words = (
            f"the configuration names this spec no more, and nothing checks its {count(len(now.sections), 'section')}"
        )
        yield SPEC_GONE.state(Fault(Place(path, 1, 1), words, severity="warning"))
    config = pair.configs[0].model_copy(update={"path": was.file if was else path})
    yield from _spec(change, config, was, now)


def _read_spec(change: Change, path: str) -> Spec | None:
    """Return a spec before the change, None where it was not there or could not be read."""
    try:
        return change.workspace.spec(change.before, path) if change.before else None
    except Unreadable:
        return None


def _spec(change: Change, config: SpecConfig, was: Spec | None, now: Spec) -> tuple[Finding, ...]:
    """Return the findings about one spec.

    A figure may start from what the spec states last, or from what the whole record states (changelogs, landed
    messages); that is asked only if the spec alone does not explain the figure.
    """
    scene = timeline.gather(change, config, was, now)
    found = spec_rules.examine(scene)
    if was is None or not any(f.rule in _CHAINED for f in found):
        return found
    scene = scene if scene.followed else timeline.follow(change, config, scene)
    followed = spec_rules.examine(replace(scene, known=scene.followed))
    return found if any(f.rule in _CHAINED for f in followed) else followed


def check_configuration(change: Change) -> Iterator[Finding]:
    """Yield what is wrong with the change's own configuration, if either side of it was touched."""
    if change.broken is not None:
        yield from refuse(change.broken)
        return
    proposed = change.proposed
    if change.based and (proposed is None or proposed.document.file in change.touched):
        yield from judge(terms.RULES, terms.Terms(change.workspace.configured, proposed))
    if proposed is None or change.workspace.bare:
        return
    contracts = {smoke.contract for smoke in proposed.smokes.values()}
    if not (set(change.touched) & (contracts | proposed.files) or change.gone):
        return
    base = change.workspace.configured if change.based else None
    known = _stand(change, base, change.before) if base and change.before else None
    yield from judge((INVALID,), _stand(change, proposed, change.after), known)
    today = now().date().isoformat()
    stood = Setting(base, catalog.IDS, today) if base else None
    yield from judge(leniency.RULES, Setting(proposed, catalog.IDS, today), stood)


def _stand(change: Change, configured: Configured, commit: str) -> Standing:
    """Return a configuration beside the repository at its commit."""
    smokes = sorted({smoke.contract for smoke in configured.smokes.values()})
    ids: dict[str, tuple[str, ...] | None] = {}
    for path, document in change.workspace.read(commit, smokes).items():
        if isinstance(document, Unreadable):
            ids[path] = None
        elif document.contract:
            ids[path] = tuple(f.id.text for f in document.contract.falsifiers)
    return Standing(configured, change.repository.paths(commit), ids)
