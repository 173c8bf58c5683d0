"""What landed on the default branch since the spec last moved: pull requests with measured facts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.glob import select
from app.window import OWN, Landing, Move, Window
from contracts.error import Unreadable
from contracts.progress import compare
from spec.landed import read as read_message
from spec.lines import Changed, count
from spec.patch import overlap, read_patch
from spec.rust import tested

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.history import Commit
    from app.workspace import Workspace
    from contracts.document import Document
    from spec.model import Landed, Lines
    from spec.patch import Patched

_OWN = re.compile(rf"^{OWN}: ", re.MULTILINE)
_VIA = re.compile(r" via ((?:live|recorded) [\w /-]{1,40} smokes?)$")
_TEST = re.compile(
    r"\s*(?:#\[(?:tokio::)?test\]|(?:async )?def test_\w|(?:it|test)\(['\"]|func Test[A-Z]|TEST(?:_F|_P)?\()"
)


def find_since(workspace: Workspace, path: str) -> str | None:
    """Return the commit that last changed the version of the spec at *path*, None if none ever did."""
    for commit in workspace.repository.touching(path, workspace.commit):
        parent = workspace.repository.parent(commit)
        if parent is None or _version(workspace, parent, path) != _version(workspace, commit, path):
            return commit
    return None


def _version(workspace: Workspace, commit: str, path: str) -> str | None:
    try:
        stated = workspace.spec(commit, path).version
    except Unreadable:
        return None
    return str(stated.version) if stated else None


def gather(workspace: Workspace, since: str | None, records: Iterable[str]) -> Window:
    """Return what landed after *since*; *records* are the globs of the contracts whose moves count."""
    landings, direct = [], []
    for commit in workspace.repository.log(since, workspace.commit):
        if _OWN.search(commit.body):
            continue
        landed = read_message(commit.subject, commit.body, commit=commit.hash, date=commit.date)
        if landed is None:
            direct.append(f"{commit.short} {commit.subject}")
        else:
            landings.append(_measure(workspace, commit, landed, tuple(records)))
    return Window(since, tuple(landings), tuple(direct))


def _measure(workspace: Workspace, commit: Commit, landed: Landed, records: tuple[str, ...]) -> Landing:
    """Add what git proves of a landed commit: moves of contracts, lines by kind, tests."""
    patch = workspace.repository.patch(commit.hash)
    files = read_patch(patch)
    contracts = select(select([f.path for f in files], workspace.configured.config.contracts), records)
    moves = _moves(workspace, commit.hash, contracts)
    facts = (*_versions(moves), *_tests(patch))
    flips = tuple(flip for move in moves for flip in compare(*move.contracts))
    lines = _count(workspace, commit.hash, files)
    smoke = _smoke(landed)
    scope = "" if smoke else landed.scope  # a discharge's scope is its contract, which the flips name already
    measured = replace(landed, lines=lines, facts=facts, flips=flips, smoke=smoke, scope=scope)
    return Landing(measured, moves, commit.message)


def _smoke(landed: Landed) -> str:
    """Return which smoke a discharge names in its title (`live wgpu smoke`); empty for other titles."""
    if not landed.title.startswith("discharge("):
        return ""
    found = _VIA.search(landed.what)
    return found[1] if found else "smoke"


def _moves(workspace: Workspace, commit: str, paths: tuple[str, ...]) -> tuple[Move, ...]:
    parent = workspace.repository.parent(commit)
    before = workspace.read(parent, paths) if parent else {}
    after = workspace.read(commit, paths)
    return tuple(Move(_readable(before.get(path)), _readable(after.get(path))) for path in paths)


def _readable(document: Document | Unreadable | None) -> Document | None:
    return None if isinstance(document, Unreadable) else document


def _versions(moves: tuple[Move, ...]) -> tuple[str, ...]:
    """Return what the versions of the contracts did, in words."""
    words = []
    for move in moves:
        before, after = move.contracts
        old = before.version if before else None
        if after and after.version and after.version != old:
            words.append(
                f"`{after.name}` v{old} → v{after.version}" if old else f"`{after.name}` v{after.version} added"
            )
    return tuple(words)


def _tests(patch: str) -> tuple[str, ...]:
    """Return how many test functions the change adds, counted by the lines that declare one."""
    added = sum(bool(_TEST.match(line[1:])) for line in patch.split("\n") if line.startswith("+"))
    gone = sum(bool(_TEST.match(line[1:])) for line in patch.split("\n") if line.startswith("-"))
    more = added - gone
    return (f"{more} test{'s' if more > 1 else ''} added",) if more > 0 else ()


def _count(workspace: Workspace, commit: str, files: tuple[Patched, ...]) -> Lines:
    """Count the changed lines by kind; hunks under `#[cfg(test)]` are found in the sources on both sides."""
    rust = [f for f in files if f.path.endswith(".rs")]
    parent = workspace.repository.parent(commit)
    new = workspace.repository.read(commit, [f.path for f in rust])
    old = workspace.repository.read(parent, [f.before for f in rust]) if parent else {}
    return count(Changed(f.path, *f.counts, _tested(f, old, new)) for f in files)


def _tested(file: Patched, old: dict[str, bytes], new: dict[str, bytes]) -> int:
    sides = ((file.added, new.get(file.path)), (file.removed, old.get(file.before)))
    return sum(overlap(lines, tested(source.decode(errors="replace"))) for lines, source in sides if source)
