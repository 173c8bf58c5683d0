"""The open branch of an amendment as it stands: what is ours on it, what people committed, what moved beneath it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.carriage import Foreign, Standing, stamp
from app.landing import find_since
from app.trailer import BASE, TEXT, name, read_people, read_trailers
from app.window import OWN
from app.workspace import decode
from contracts.error import Place, Unreadable
from spec.amendment import named
from spec.origin import Written
from spec.origin import read as read_record
from spec.site import place
from spec.table import read_landed

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.github import Pull
    from app.history import Commit
    from app.plan import AmendmentFacts

_NUMBER = re.compile(r"([0-9]{1,6})$")


def gather(site: Site, path: str, pull: Pull) -> Standing:
    """Return how the open branch of an amendment of the spec at *path* stands.

    Raises:
        Unreadable: the spec is gone from it, or is no text.
    """
    repository, workspace = site.repository, site.workspace
    commits = repository.log(workspace.commit, pull.head)
    own = [commit for commit in commits if read_trailers(commit.message, OWN)]
    fork = find_root(site, pull.head)
    return Standing(
        branch=pull.branch,
        tip=pull.head,
        text=_read(site, pull.head, path),
        messages=tuple(commit.message for commit in own),
        follows=fork == workspace.commit,
        written=_find_written(site, path, fork, own[-1]) if own else None,
        people=_find_people(commits),
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


def _find_written(site: Site, path: str, fork: str, commit: Commit) -> Written | None:
    """Return what our newest commit wrote; None if it does not say which section."""
    number = _NUMBER.search(read_trailers(commit.message, OWN)[-1])
    if number is None:
        return None
    text = _read(site, commit.hash, path)
    stated = read_trailers(commit.message, TEXT)
    record = read_record(read_trailers(commit.message, BASE))
    return Written(_read(site, fork, path), text, int(number[1]), record, bool(stated) and stated[-1] != stamp(text)[1])


def _find_people(commits: tuple[Commit, ...]) -> tuple[str, ...]:
    """Return who wrote on the branch beside us, and whom those commits and ours name as further authors."""
    people: dict[str, None] = {}
    for commit in commits:
        who = () if read_trailers(commit.message, OWN) else (name(commit.author),)
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
