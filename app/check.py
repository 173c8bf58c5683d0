"""The rules of the packages, composed into one list of findings about a change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app import reference
from app.config import Misconfigured
from app.config import check as check_config
from app.glob import select
from app.history import Repository
from app.ledger import follow_spec
from app.warrant import check as check_warrants
from app.warrant import gather
from app.workspace import Workspace, configure
from contracts import rules as contract_rules
from contracts.error import Place, Unreadable
from contracts.finding import Finding
from contracts.revision import Revision
from contracts.rule import lower
from spec import rules as spec_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from app.config import Configured
    from app.schema import SpecConfig
    from contracts.document import Document
    from contracts.finding import Severity
    from spec.document import Spec

    Documents = dict[str, Document | Unreadable]
    """Path → contract file as read, or why it could not be."""

_CHAINED = ("spec/tally-chain", "spec/ship-chain")
_ORDER = {"error": 0, "warning": 1, "notice": 2}


def check(folder: Path, base: str | None, head: str | None, branch: str | None = None) -> tuple[Finding, ...]:
    """Return what the rules find in the change from *base* to *head*, errors first.

    Without a base, everything at *head* is looked at as if it were new. With one, only files
    that the change touches are read, and only what it introduces is an error.

    Raises:
        Unreadable: no repository, or no such commit.
    """
    repository = Repository(folder)
    name = branch or repository.default_branch()
    after = repository.commit(head or branch or f"refs/heads/{name}")
    return inspect(repository, name, repository.commit(base) if base else None, after)


def inspect(repository: Repository, branch: str, before: str | None, after: str, own: str = "") -> tuple[Finding, ...]:
    """Return what the rules find in the change from *before* to *after*, a configuration with errors included.

    *own* is a public key whose receipts count beside those that the configuration names, the app's.
    """
    try:
        configured, bare = configure(repository, after, needs_config=False)
    except Misconfigured as misconfigured:
        return misconfigured.findings
    except Unreadable as error:
        return (_unreadable(error),)
    return check_change(Workspace(repository, branch, after, configured, bare), before, own)


def check_change(workspace: Workspace, before: str | None, own: str = "") -> tuple[Finding, ...]:
    """Return the findings about the change from *before* to the workspace's commit, errors first, each once."""
    repository, configured, after = workspace.repository, workspace.configured, workspace.commit
    touched = set(repository.changed(before, after)) if before else set(workspace.paths)
    paths = select(sorted(touched), configured.config.contracts)
    sides = (workspace.read(before, paths) if before else {}, workspace.read(after, paths))
    found = [
        *_contracts(configured, *sides),
        *_discharges(workspace, before, touched, own, sides),
        *_references(workspace, before, touched),
        *_specs(workspace, configured, before, after, touched),
        *_configuration(workspace, before, touched),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda f: (_ORDER[f.severity], str(f.place))))


def _contracts(configured: Configured, old: Documents, new: Documents) -> Iterator[Finding]:
    config = configured.config
    yield from _gone(old[path] for path in sorted(set(old) - set(new)))
    for path, document in new.items():
        if isinstance(document, Unreadable):
            yield _unreadable(document)
            continue
        was = old.get(path)
        known = None if isinstance(was, Unreadable) else was
        yield from contract_rules.check_change(known, document, config.floor, config.ladder)


def _discharges(
    workspace: Workspace, before: str | None, touched: set[str], own: str, sides: tuple[Documents, Documents]
) -> Iterator[Finding]:
    """Yield what a change discharges without a receipt that counts by the configuration at its base.

    Without configured keys nobody demands one: that is a warning, and receipts of *own* are believed.
    """
    if before is None:
        return
    ladder = workspace.configured.config.ladder
    pairs = [(was, sides[1][path]) for path, was in sides[0].items() if path in sides[1]]
    read = [(b, a) for b, a in pairs if not isinstance(b, Unreadable) and not isinstance(a, Unreadable)]
    found = [(after, [site for _, site in Revision(b, after, ladder=ladder).discharged]) for b, after in read]
    moved = [(after, sites) for after, sites in found if sites]
    trusted = _trust(workspace, before, own) if moved else None
    if trusted is None:
        return
    judge, severity = trusted
    warrants = gather(judge, workspace.commit, sorted(touched))
    for document, sites in moved:
        yield from check_warrants(document, sites, warrants, severity)


def _references(workspace: Workspace, before: str | None, touched: set[str]) -> Iterator[Finding]:
    """Yield the paths that contracts name and that are not there; all contracts are read only if a file went away."""
    config, gone = workspace.configured.config, touched - set(workspace.paths)
    lost = any(path.startswith(reference.ROOTS) for path in gone)
    paths = workspace.contract_paths if lost else select(sorted(touched), config.contracts)
    new = {
        p: d for p, d in workspace.read(workspace.commit, paths).items() if not isinstance(d, Unreadable) and d.contract
    }
    if not new:
        return
    old = workspace.repository.read(before, list(new)) if before else {}
    there = frozenset(workspace.paths) | reference.list_folders(workspace.paths)
    away = (gone | reference.list_folders(gone)) - there
    for path, document in new.items():
        known = old[path].decode("utf-8", "replace") if path in old else None
        yield from reference.check(document, known, there, away)


def _trust(workspace: Workspace, before: str, own: str) -> tuple[Workspace, Severity] | None:
    """Return the workspace with the configuration at the base of a change, and what it means to lack a receipt there.

    None where nobody configured anything.

    A change must not bring both a receipt and the key that lets it pass.
    """
    try:
        configured, bare = configure(workspace.repository, before, needs_config=False)
    except Unreadable:
        return None
    known = configured.config.keys
    configured.config = configured.config.model_copy(update={"keys": (*known, *filter(None, [own]))})
    return None if bare else (replace(workspace, configured=configured), "error" if known else "warning")


def _gone(documents: Iterable[Document | Unreadable]) -> Iterator[Finding]:
    """Yield the contracts that a change takes away, promises and all; a moved file says so, too."""
    for document in documents:
        if not isinstance(document, Unreadable) and document.contract and document.contract.falsifiers:
            words = f"this contract is gone, with {len(document.contract.falsifiers)} falsifiers"
            yield Finding("contract/gone", "warning", Place(document.file, 1, 1), words)


def _specs(
    workspace: Workspace, configured: Configured, before: str | None, after: str, touched: set[str]
) -> Iterator[Finding]:
    for spec in configured.config.specs:
        if spec.path not in touched or spec.path not in workspace.repository.read(after, [spec.path]):
            continue
        try:
            now = workspace.spec(after, spec.path)
        except Unreadable as error:
            yield _unreadable(error)
            continue
        try:
            was = workspace.spec(before, spec.path) if before else None
        except Unreadable:
            was = None
        brought = spec_rules.check_change(was, now)
        yield from _from_record(workspace, spec, before, (was, now), brought)
        yield from (lower(f) for f in spec_rules.check(now) if f not in brought)


def _from_record(
    workspace: Workspace,
    config: SpecConfig,
    before: str | None,
    sides: tuple[Spec | None, Spec],
    brought: tuple[Finding, ...],
) -> tuple[Finding, ...]:
    """Return what a change brings in; a figure may start from what the spec or what the whole record states last.

    The record (changelogs, landed messages) is read only if the spec alone does not explain a figure.
    """
    if before is None or sides[0] is None or not any(f.rule in _CHAINED for f in brought):
        return brought
    known = follow_spec(replace(workspace, commit=before), config, sides[0], before)
    followed = spec_rules.check_change(*sides, known)
    explained = not any(f.rule in _CHAINED for f in followed)
    return followed if explained else brought


def _configuration(workspace: Workspace, before: str | None, touched: set[str]) -> Iterator[Finding]:
    """Yield where the configuration disagrees with the repository, if either side was touched."""
    configured = workspace.configured
    contracts = {smoke.contract for smoke in configured.smokes.values()}
    files = {document.file for document, _ in configured.places.values()} | {configured.document.file}
    if not (touched & (contracts | files) or touched - set(workspace.paths)):
        return
    found = _disagreements(workspace)
    standing: set[str] = set()
    if found and before:
        try:
            was, bare = configure(workspace.repository, before, needs_config=False)
            standing = {f.message for f in _disagreements(replace(workspace, commit=before, configured=was, bare=bare))}
        except Unreadable:
            pass  # what could not be read said nothing
    yield from (lower(f) if f.message in standing else f for f in found)


def _disagreements(workspace: Workspace) -> list[Finding]:
    if workspace.bare:
        return []
    smokes = sorted({smoke.contract for smoke in workspace.configured.smokes.values()})
    ids: dict[str, tuple[str, ...] | None] = {}
    for path, document in workspace.read(workspace.commit, smokes).items():
        if isinstance(document, Unreadable):
            ids[path] = None
        elif document.contract:
            ids[path] = tuple(f.id.text for f in document.contract.falsifiers)
    return check_config(workspace.configured, workspace.paths, ids)


def _unreadable(error: Unreadable) -> Finding:
    place = error.place if error.place.line else Place(error.place.file, 1, 1)
    words = " ".join(f"{part.rstrip('.')}." for part in (error.what, error.mend) if part)
    return Finding("file/unreadable", "error", place, words)
