"""What landed on the default branch since the spec last moved: pull requests with measured facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.follower import read as read_followers
from app.glob import select
from app.trailer import read_trailers
from app.window import OWN, Landing, Move, Window
from contracts.document import readable
from contracts.error import Unreadable
from contracts.progress import compare
from spec import colophon
from spec.document import read as read_spec
from spec.header import peek
from spec.landed import WHAT_LIMIT
from spec.landed import read as read_message
from spec.lines import Changed, classify, count
from spec.model import Landed
from spec.patch import overlap, read_patch
from spec.rust import LIMIT, tested
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.history import Commit
    from app.workspace import Workspace
    from spec.model import Lines
    from spec.patch import Patched


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pull requests count as landed: those that touch one of *paths* and bear one of *labels*; empty is all.

    *known* are the labels of pull requests by number. One whose labels are not known counts: nothing is left out
    because nobody looked.
    """

    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    known: Mapping[int, Collection[str]] = field(default_factory=dict)

    def takes(self, number: int, paths: Iterable[str]) -> bool:
        """Return whether the pull request of that number, which touches *paths*, counts."""
        labels = self.known.get(number)
        wanted = not self.labels or labels is None or not set(self.labels).isdisjoint(labels)
        return wanted and (not self.paths or bool(select(paths, self.paths)))


TOUCHES = 60
"""How many changes of a spec are looked at to find the one that a section came with."""
_VIA = re.compile(r" via ((?:live|recorded|reused) [\w /-]{1,40} smokes?)$")
_SMOKE = re.compile(r"^Smoke: ((?:live|recorded|reused) [\w /-]{1,40} smoke)$", re.MULTILINE)
_TEST = re.compile(
    r"\s*(?:#\[(?:tokio::)?test\]|(?:async )?def test_\w|(?:it|test)\(['\"]|func Test[A-Z]|TEST(?:_F|_P)?\()"
)


def find_since(workspace: Workspace, path: str) -> str | None:
    """Return the commit up to which the spec at *path* records, None if its version never changed.

    It is the commit that last changed the version; but where that brought a section of ours, the one that the section
    names: what landed between the two is in no section yet.
    """
    for commit in workspace.repository.touching(path, workspace.commit):
        parent = workspace.repository.parent(commit)
        if parent is None:
            return commit
        if _version(workspace, parent, path) != _version(workspace, commit, path):
            return _recorded(workspace, path, parent, commit) or commit
    return None


def _recorded(workspace: Workspace, path: str, parent: str, commit: str) -> str | None:
    """Return what the one new colophon names, if it is a commit that *commit* builds on.

    Who merged it, and with which words, does not matter: the section says what it records.
    """
    repository = workspace.repository
    text, before = (_text(workspace, one, path) for one in (commit, parent))
    new = [one for one in colophon.read(text) if text[one.start : one.end] not in before]
    if len(new) != 1:
        return None
    try:
        named = repository.commit(new[0].commit)
    except Unreadable:
        return None
    return named if repository.contains(commit, named) else None


def find_landing(workspace: Workspace, path: str, line: str) -> tuple[str, int] | None:
    """Return the commit that brought a line of the file at *path*, with its pull request or 0.

    None where it is not among the last `TOUCHES` that changed the file.
    """
    found = ""
    for commit in workspace.repository.touching(path, workspace.commit)[:TOUCHES]:
        if line not in _text(workspace, commit, path):
            return (found, _number(workspace, found)) if found else None
        found = commit
    return None


def _number(workspace: Workspace, commit: str) -> int:
    return _read(workspace.repository.log(f"{commit}^", commit)[-1]).number


def _text(workspace: Workspace, commit: str, path: str) -> str:
    return workspace.repository.read(commit, [path]).get(path, b"").decode(errors="replace")


def _version(workspace: Workspace, commit: str, path: str) -> str | None:
    stated = peek(_text(workspace, commit, path))
    return str(stated) if stated else None


def gather(workspace: Workspace, since: str | None, records: Iterable[str], choice: Choice | None = None) -> Window:
    """Return what landed after *since*; *records* are the globs of the contracts whose moves count.

    *choice* says which pull requests count as landed, None for all. The others are measured, too: what they moved
    in contracts is part of the figures, whoever landed it. So is what people moved in an amendment of ours.
    """
    wanted = tuple(records)
    measured = (
        (is_own(workspace, commit), measure(workspace, commit, wanted, choice or Choice()))
        for commit in workspace.repository.log(since, workspace.commit)
    )
    return Window(since, tuple(disown(one) if own else one for own, one in measured if one.moves or not own))


def disown(landing: Landing) -> Landing:
    """Return an amendment of ours that moved contracts as a change without a row and without words.

    The figures that it states are those of its section, which the spec states already.
    """
    return replace(landing, message="", aside=bool(landing.landed.number))


def is_own(workspace: Workspace, commit: Commit) -> bool:
    """Return whether a commit is an amendment of ours: by title and trailer, and by what it changed.

    Anybody can write the words, so they hide nothing: it is one only if it brings the section that the trailer names,
    and changes specs, their followers and contracts alone, whose moves count in any case.
    """
    named = read_trailers(commit.body.strip(), OWN)
    titled = commit.subject.startswith("spec(") and bool(named)
    parent = workspace.repository.parent(commit.hash) if titled else None
    if parent is None:
        return False
    config = workspace.configured.config
    changed = set(workspace.repository.changed(parent, commit.hash))
    specs = {f"{spec.name} ": spec.path for spec in config.specs if spec.path in changed}
    brought = any(
        value.startswith(name) and _brings(workspace, (parent, commit.hash), path, value)
        for value in named
        for name, path in specs.items()
    )
    usual = {spec.path for spec in config.specs} | {one.path for one in read_followers(config)}
    return brought and not changed - usual - set(select(changed, config.contracts))


def _brings(workspace: Workspace, commits: tuple[str, str], path: str, value: str) -> bool:
    """Return whether the section that a trailer names (`name §2`) is new in the spec at *path*."""
    number = value.rpartition(" ")[2].lstrip("§")
    texts = [_text(workspace, commit, path) for commit in commits]
    try:
        before, after = ({str(section.number) for section in read_spec(text, path).sections} for text in texts)
    except Unreadable:
        return False
    return number in after - before


def _read(commit: Commit) -> Landed:
    """Return the pull request that a commit landed; number 0 where it is none."""
    landed = read_message(commit.subject, commit.body, commit=commit.hash, date=commit.date)
    title = clip(commit.subject, WHAT_LIMIT)
    return landed or Landed(number=0, title=title, what=title, commit=commit.hash, date=commit.date[:10])


def measure(workspace: Workspace, commit: Commit, records: tuple[str, ...], choice: Choice) -> Landing:
    """Return what git proves of a landed commit: moves of contracts, lines by kind, tests."""
    landed = _read(commit)
    patch = workspace.repository.patch(commit.hash)
    files = read_patch(patch)
    contracts = select(select([f.path for f in files], workspace.configured.config.contracts), records)
    moves = _moves(workspace, commit.hash, contracts)
    flips = tuple(flip for move in moves for flip in compare(*move.contracts))
    lines = _count(workspace, commit.hash, files)
    smoke = _smoke(commit, landed)
    scope = "" if smoke else landed.scope  # a discharge's scope is its contract, which the flips name already
    effect = "" if smoke and flips else landed.effect  # the sentence of a discharge is what its flips say
    measured = replace(
        landed,
        effect=effect,
        bumps=_versions(moves),
        facts=_tests(patch),
        lines=lines,
        flips=flips,
        smoke=smoke,
        scope=scope,
    )
    chosen = choice.takes(landed.number, [file.path for file in files])
    return Landing(measured, moves, commit.message, aside=bool(landed.number) and not chosen)


def _smoke(commit: Commit, landed: Landed) -> str:
    """Return which smoke a discharge names in its trailer or title (`live wgpu smoke`); empty for other titles."""
    if not landed.title.startswith("discharge("):
        return ""
    found = _SMOKE.search(commit.body) or _VIA.search(landed.what)
    return found[1] if found else "smoke"


def _moves(workspace: Workspace, commit: str, paths: tuple[str, ...]) -> tuple[Move, ...]:
    parent = workspace.repository.parent(commit)
    before = workspace.read(parent, paths) if parent else {}
    after = workspace.read(commit, paths)
    return tuple(Move(readable(before.get(path)), readable(after.get(path))) for path in paths)


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
    """Return how many test functions the change adds to tests, counted by the lines that declare one."""
    more, counts = 0, False
    for line in patch.split("\n"):
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/")
            counts = path.endswith(".rs") or classify(path) == "tests"
        elif counts and line[:1] in ("+", "-") and _TEST.match(line[1:]):
            more += 1 if line.startswith("+") else -1
    return (f"{more} test function{'s' if more > 1 else ''} added",) if more > 0 else ()


def _count(workspace: Workspace, commit: str, files: tuple[Patched, ...]) -> Lines:
    """Count the changed lines by kind; hunks under `#[cfg(test)]` are found in the sources on both sides."""
    rust = [f for f in files if f.path.endswith(".rs")]
    parent = workspace.repository.parent(commit)
    read = workspace.repository.read
    new = read(commit, [f.path for f in rust], large=LIMIT)
    old = read(parent, [f.before for f in rust], large=LIMIT) if parent else {}
    return count(Changed(f.path, *f.counts, _tested(f, old, new)) for f in files)


def _tested(file: Patched, old: dict[str, bytes], new: dict[str, bytes]) -> int:
    sides = ((file.added, new.get(file.path)), (file.removed, old.get(file.before)))
    return sum(overlap(lines, tested(source.decode(errors="replace"))) for lines, source in sides if source)
