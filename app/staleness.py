"""Which discharged falsifiers are stale: a file that their smoke is bound to changed since they were measured.

The commit and the file that did it are told. A file that was changed back makes nothing stale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.glob import select
from app.leg import Bench, read_receipts
from app.touch import fold
from contracts.document import Document
from contracts.rule import Fault, Rule
from contracts.rule import judge as judge_rules
from spec.landed import read as read_landed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from app.touch import Touch
    from app.workspace import Workspace
    from contracts.error import Unreadable
    from contracts.finding import Finding
    from contracts.model import Contract, Ladder
    from contracts.promise import Site
    from runners.smoke import Smoke

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Measured:
    """A commit at which a falsifier held; *age* counts the commits of the default branch since then.

    *apart* are the paths that differ by now, where the commit stands beside the default branch's own line; None on
    that line, where the commits since then say which do.
    """

    commit: str
    age: int
    apart: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A discharged falsifier of the contract at *path*, and the last time that *smoke* saw it hold."""

    path: str
    contract: str
    falsifier: str
    smoke: Smoke
    measured: Measured


@dataclass(frozen=True, slots=True)
class Cause:
    """The first commit after a measurement that changed a bound file: its pull request (0: none), and the file."""

    commit: str
    pull: int
    path: str

    @property
    def words(self) -> str:
        """As people read it: `stale since abc1234 (#12) by src/x.rs`."""
        pull = f" (#{self.pull})" if self.pull else ""
        return f"stale since {self.commit[:7]}{pull} by {self.path}"


@dataclass(frozen=True, slots=True)
class Stale:
    """A falsifier that is stale, and why."""

    bound: Bound
    cause: Cause


def find(workspace: Workspace) -> tuple[Stale, ...]:
    """Return what is stale, smoke by smoke in the order of the configuration.

    The number of git's processes does not depend on how many falsifiers, smokes and commits there are.
    """
    return _find(workspace, gather(workspace, _list_bound(workspace)))


def _list_bound(workspace: Workspace) -> list[Smoke]:
    return [smoke for smoke in workspace.configured.smokes.values() if smoke.when]


def _find(workspace: Workspace, bounds: Sequence[Bound]) -> tuple[Stale, ...]:
    oldest = max((bound.measured for bound in bounds), key=lambda measured: measured.age, default=None)
    if oldest is None or not oldest.age:
        return ()
    places = fold(glob for bound in bounds for glob in bound.smoke.when)
    touches = workspace.repository.touches(oldest.commit, workspace.commit, places)
    return tuple(judge(bounds, touches, _count(workspace)))


def _count(workspace: Workspace) -> dict[str, int]:
    """Return every commit of the default branch's own line, and how many came after it."""
    return {commit: age for age, commit in enumerate(workspace.repository.line(workspace.commit))}


def judge(bounds: Iterable[Bound], touches: Sequence[Touch], ages: Mapping[str, int]) -> Iterator[Stale]:
    """Yield what is stale: *touches* are the changes of bound files, newest first, *ages* how long ago each was."""
    known: dict[tuple[str, str], Cause | None] = {}
    for bound in bounds:
        key = bound.smoke.name, bound.measured.commit
        if key not in known:
            since = [touch for touch in touches if ages[touch.commit] < bound.measured.age]
            known[key] = _judge(bound, since, ages)
        if cause := known[key]:
            yield Stale(bound, cause)


def _judge(bound: Bound, touches: Sequence[Touch], ages: Mapping[str, int]) -> Cause | None:
    first = {touch.path: touch for touch in touches}
    last = {touch.path: touch for touch in reversed(touches)}
    apart = bound.measured.apart
    differ = {path for path in first if first[path].before != last[path].after} if apart is None else apart
    moved = [first[path] for path in select(first, bound.smoke.when) if path in differ]
    touch = min(moved, key=lambda touch: (-ages[touch.commit], touch.path), default=None)
    if touch is None:
        return None
    landed = read_landed(touch.subject, "", commit=touch.commit, date="")
    return Cause(touch.commit, landed.number if landed else 0, touch.path)


def gather(workspace: Workspace, smokes: Iterable[Smoke]) -> tuple[Bound, ...]:
    """Return the discharged falsifiers of some smokes that were measured.

    What was never measured here cannot become stale, and a commit that this repository does not have is no measure.
    """
    discharged = list(_list_discharged(workspace, smokes))
    held = _list_held(workspace, [smoke for smoke, *_ in discharged]) if discharged else {}
    known = dict(_locate(workspace, {commit for commits in held.values() for commit in commits})) if held else {}
    found: list[Bound] = []
    for smoke, contract, falsifier in discharged:
        times = [known[commit] for commit in held.get((smoke.name, falsifier), ()) if commit in known]
        if times:
            newest = min(times, key=lambda measured: measured.age)
            found.append(Bound(contract.path, contract.name, falsifier, smoke, newest))
    return tuple(found)


def _list_discharged(workspace: Workspace, smokes: Iterable[Smoke]) -> Iterator[tuple[Smoke, Contract, str]]:
    """Yield the discharged falsifiers that a smoke speaks of, each with its contract."""
    every = tuple(smokes)
    documents = workspace.read(workspace.commit, sorted({smoke.contract for smoke in every}))
    for smoke in every:
        document = documents.get(smoke.contract)
        contract = document.contract if isinstance(document, Document) else None
        for falsifier in contract.at(workspace.configured.config.ladder.discharged) if contract else ():
            if contract and smoke.promise(falsifier.id.text):
                yield smoke, contract, falsifier.id.text


def _list_held(workspace: Workspace, smokes: Iterable[Smoke]) -> dict[tuple[str, str], set[str]]:
    """Return (smoke, falsifier) → the commits at which it held, by receipts that count."""
    config = workspace.configured.config
    keys, accepted, commit = config.public_keys, config.evidence.accept, workspace.commit
    bench = Bench(workspace.repository, commit, commit, (), (), lambda _: None, keys, accepted)
    held: dict[tuple[str, str], set[str]] = {}
    for receipt in (kept.receipt for kept in read_receipts(bench, *smokes)):
        for judged in receipt.falsifiers:
            if judged.verdict == "held" and _HASH.fullmatch(receipt.commit):
                held.setdefault((receipt.smoke, judged.falsifier), set()).add(receipt.commit)
    return held


def _locate(workspace: Workspace, commits: Iterable[str]) -> Iterator[tuple[str, Measured]]:
    """Yield the commits that the default branch contains; only one beside its own line costs a question of its own."""
    repository, head, ages = workspace.repository, workspace.commit, _count(workspace)
    for commit in sorted(commits):
        if commit in ages:
            yield commit, Measured(commit, ages[commit])
        elif repository.contains(head, commit):
            age = len(repository.line(f"{commit}..{head}"))
            yield commit, Measured(commit, age, frozenset(repository.changed(commit, head)))


@dataclass(frozen=True, slots=True)
class Merging:
    """A change that is looked at before it lands: the paths that it touches, and what is discharged and not stale yet.

    *documents* are the contracts as they will be.
    """

    bounds: tuple[Bound, ...]
    touched: tuple[str, ...]
    documents: Mapping[str, Document]


def _warn(merging: Merging) -> Iterator[Fault]:
    """A change says which discharges it makes stale.

    A smoke is bound to the files under its `when: {paths: […]}`. A discharge tells how these files behaved when they
    were measured; once they change, nobody knows. That is no fault: it fails nothing and moves no tally. After the
    merge, `/discharge stale` measures again, or the App does by itself, at once or in the night, where `automatic` says
    so.
    """
    for bound in merging.bounds:
        site = _find_site(merging, bound)
        hits = select(merging.touched, bound.smoke.when)
        if site and hits:
            more = f", and so {'are' if len(hits) > 2 else 'is'} {len(hits) - 1} more" if len(hits) > 1 else ""  # noqa: PLR2004 - more than one more
            words = (
                f"merging this makes {bound.falsifier} stale: {hits[0]} is what smoke {bound.smoke.name} is bound to"
            )
            place = merging.documents[bound.path].place(site.statuses[0].path)
            yield Fault(place, f"{words}{more}", about=f"{bound.falsifier} {bound.smoke.name}")


def _find_site(merging: Merging, bound: Bound) -> Site | None:
    """Return where the falsifier stands after the change, None where the change itself withdraws the discharge."""
    document = merging.documents.get(bound.path)
    sites = document.sites if document else ()
    return next((site for site in sites if site.falsifier.id.text == bound.falsifier and site.statuses), None)


STALE: Rule[Merging] = Rule("contract/stale", "notice", _warn)


def check(workspace: Workspace, before: str | None, touched: Collection[str]) -> Iterator[Finding]:
    """Yield what merging a change makes stale; nothing is read where it touches no file that a smoke is bound to.

    Args:
        workspace: its commit is the one after the change.
        before: the commit that the change builds on; None where there is none.
        touched: the paths that the change touches.
    """
    paths = tuple(sorted(touched))
    smokes = [smoke for smoke in _list_bound(workspace) if select(paths, smoke.when)] if before else []
    if before is None or not smokes:
        return
    base = replace(workspace, commit=before)
    bounds = gather(base, smokes)
    stood = {(stale.bound.smoke.name, stale.bound.falsifier) for stale in _find(base, bounds)}
    fresh = tuple(bound for bound in bounds if (bound.smoke.name, bound.falsifier) not in stood)
    read = workspace.read(workspace.commit, sorted({bound.path for bound in fresh})) if fresh else {}
    ladder = workspace.configured.config.ladder
    kept = tuple(bound for bound in fresh if _stays(read.get(bound.path), bound, ladder))
    documents = {path: document for path, document in read.items() if isinstance(document, Document)}
    yield from judge_rules((STALE,), Merging(kept, paths, documents))


def _stays(document: Document | Unreadable | None, bound: Bound, ladder: Ladder) -> bool:
    """Return whether a falsifier is still discharged after the change: one that it withdraws cannot become stale."""
    contract = document.contract if isinstance(document, Document) else None
    falsifier = contract.falsifier(bound.falsifier) if contract else None
    return falsifier is not None and falsifier.status in ladder.discharged
