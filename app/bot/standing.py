"""The open branch of an amendment as it stands: what is ours on it, what people committed, what moved beneath it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot import seal
from app.carriage import Foreign, Standing, stamp
from app.landing import find_since
from app.trailer import BASE, OURS, SEALED, TEXT, name, read_last, read_people, read_trailers
from app.window import OWN
from app.workspace import decode
from contracts.error import Place, Unreadable
from spec.amendment import named
from spec.origin import Written
from spec.origin import read as read_record
from spec.site import place
from spec.table import read_landed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bot.site import Site
    from app.github import Pull
    from app.history import Commit
    from app.plan import AmendmentFacts

_NUMBER = re.compile(r"([0-9]{1,6})$")
_COMMIT, _SECTION = "discharge:amendment-commit v1", "discharge:amendment-section v1"


def gather(site: Site, path: str, pull: Pull) -> Standing:
    """Return how the open branch of an amendment of the spec at *path* stands.

    A commit is ours if its trailers are sealed and the spec is what they say that we wrote: who copies a message onto
    other words writes a commit of their own. Where none is (ours was squashed with theirs), the newest one with a seal
    tells what we wrote, and its text counts as touched. A commit of ours from before there were seals is a person's.

    Raises:
        Unreadable: the spec is gone from it, or is no text.
    """
    repository, workspace = site.repository, site.workspace
    commits = repository.log(workspace.commit, pull.head)
    sealed = [commit for commit in commits if is_sealed(site, pull.branch, commit.message)]
    own = [commit for commit in sealed if _is_as_written(site, path, commit)]
    known = own or sealed[-1:]
    fork = find_root(site, pull.head)
    return Standing(
        branch=pull.branch,
        tip=pull.head,
        text=_read(site, pull.head, path),
        messages=tuple(commit.message for commit in known),
        follows=fork == workspace.commit,
        written=_find_written(site, path, fork, known[-1], touched=not own) if known else None,
        people=_find_people(commits, own),
        files=_find_files(site, path, fork, pull.head),
    )


def find_root(site: Site, tip: str) -> str:
    """Return the commit of the default branch where a branch began."""
    return site.repository.fork(site.workspace.commit, tip) or site.workspace.commit


def _read(site: Site, commit: str, path: str) -> str:
    content = site.repository.read(commit, [path]).get(path)
    if content is None:
        raise Unreadable(f"the spec is gone from the branch of its amendment at {commit[:9]}", Place(path))
    return decode(content, path)


def seal_message(site: Site, branch: str, message: str) -> str:
    """Return the message of a commit of ours with the trailer that proves it, of this branch alone."""
    return f"{message}{SEALED}: {seal.vouch(_COMMIT, _list_sealed(site, branch, message), site.key)}\n"


def is_sealed(site: Site, branch: str, message: str) -> bool:
    """Return whether the trailers of a message are ours, as we wrote them for this branch; not yet: the text."""
    proofs = read_trailers(message, SEALED)
    values = _list_sealed(site, branch, message)
    return bool(read_trailers(message, OWN)) and any(seal.holds(_COMMIT, values, one, site.key) for one in proofs)


def _list_sealed(site: Site, branch: str, message: str) -> list[object]:
    lines = [line for line in read_last(message) if not line.startswith(f"{SEALED}: ")]
    return [site.github.repository, branch, lines]


def seal_section(site: Site, own: str, version: str) -> tuple[str, str]:
    """Return the trailer that proves that we proposed a section (`name §2`) as a version of a spec."""
    return OURS, seal.vouch(_SECTION, [site.github.repository, own, version], site.key)


def is_proposed(site: Site, own: str, version: str, proof: str) -> bool:
    """Return whether we proposed a section as a version of a spec."""
    return seal.holds(_SECTION, [site.github.repository, own, version], proof, site.key)


def is_own(site: Site, branch: str, path: str, commit: Commit) -> bool:
    """Return whether a commit of a branch is ours, as we wrote it."""
    return is_sealed(site, branch, commit.message) and _is_as_written(site, path, commit)


def _is_as_written(site: Site, path: str, commit: Commit) -> bool:
    """Return whether the spec of a commit is the one that its message tells the digest of; without one it is not."""
    content = site.repository.read(commit.hash, [path]).get(path)
    stated = read_trailers(commit.message, TEXT)
    return bool(stated) and content is not None and stated[-1] == stamp(decode(content, path))[1]


def _find_written(site: Site, path: str, fork: str, commit: Commit, *, touched: bool) -> Written | None:
    """Return what our newest commit wrote; None if it does not say which section."""
    number = _NUMBER.search(read_trailers(commit.message, OWN)[-1])
    if number is None:
        return None
    text = _read(site, commit.hash, path)
    record = read_record(read_trailers(commit.message, BASE))
    return Written(_read(site, fork, path), text, int(number[1]), record, touched)


def _find_people(commits: tuple[Commit, ...], own: Sequence[Commit]) -> tuple[str, ...]:
    """Return who wrote on the branch beside us, and whom those commits and ours name as further authors."""
    people: dict[str, None] = {}
    for commit in commits:
        who = () if commit in own else (name(commit.author),)
        people |= dict.fromkeys((*filter(None, who), *read_people(commit.message)))
    return tuple(people)


def _find_files(site: Site, path: str, fork: str, tip: str) -> tuple[Foreign, ...]:
    """Return what the branch changed beside the spec."""
    changed = [other for other in site.repository.changed(fork, tip) if other != path]
    sides = [site.repository.read(at, changed) if changed else {} for at in (fork, tip, site.workspace.commit)]
    return tuple(Foreign(other, *(side.get(other) for side in sides)) for other in changed)


def find_start(site: Site, path: str, tip: str) -> str:
    """Return where the stretch of an open amendment begins if somebody else's amendment landed meanwhile, else nothing.

    What landed before that one, and is in no section yet, is what this amendment is about.
    """
    fork = find_root(site, tip)
    before, after = (site.workspace.spec(at, path).version for at in (fork, site.workspace.commit))
    if before is None or after is None or before.version == after.version:
        return ""
    return find_since(replace(site.workspace, commit=fork), path) or ""


def widen(site: Site, facts: AmendmentFacts, tip: str) -> AmendmentFacts:
    """Return the facts of an amendment that began before somebody else's: told from where it began.

    Pull requests that the other's section lists are in the record by now.
    """
    root = site.workspace.spec(find_root(site, tip), facts.spec.file)
    old = {section.number for section in root.sections}
    new = [section for section in facts.spec.sections if section.number not in old]
    listed = {row.number for section in new for row in read_landed(facts.spec, section)}
    changes = tuple(c for c in facts.window.changes if not c.landed.number or c.landed.number not in listed)
    newest = root.newest
    since = named(newest.number, place(root).style) if newest else ""
    telling = replace(facts.telling, since=since)
    return replace(facts, telling=telling, window=replace(facts.window, changes=changes))
