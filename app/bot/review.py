"""The check `discharge` of a change: what is looked at, and what is written about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app import catalog
from app.bot import suggestion
from app.bot.inspection import EXPLAIN, explain, fail, report
from app.change import Way, open_change
from app.check import check_change
from app.config import PATH
from app.effect import WriteCheck, WriteReview
from app.follower import read
from app.glob import select
from app.reading import refuse
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.change import Change
    from app.effect import Plan
    from contracts.finding import Finding

_GROUPS = "gh-readonly-queue/"
_GROUP = re.compile(r".*-(?P<base>[0-9a-f]{40})")
"""How GitHub names the branch of a merge group: the commit that it is built on comes last."""


def review(site: Site, head: str, base: str, button: str = "", number: int | None = None) -> Plan:
    """Return the completed check of *head*, as a change against *base*, a branch or a commit.

    Nothing where neither side has a configuration. A head that is gone has been replaced, and its successor is checked.
    *button* is the one that a person pressed to have it written anew, empty where nobody did; *number* is the pull
    request whose lines corrected ones may be suggested for.
    """
    repository = site.repository
    try:
        after, onto = repository.commit(head), repository.commit(base)
    except Unreadable:
        return ()
    before = repository.fork(onto, after)
    if not any(repository.read(commit, [PATH]) for commit in (after, before, onto) if commit):
        return ()
    try:
        findings, looked = _inspect(site, Way(repository.default_branch(), before, after, onto))
        text = explain({f.rule: catalog.find(f.rule) for f in findings}) if button == EXPLAIN.identifier else ""
        files = len(repository.changed(before, after)) if before else 0
        draft = report(head, findings, files=files, looked=looked, text=text)
    except Complaint as complaint:
        draft = fail(head, str(complaint))
        return (WriteCheck(draft),)
    return (WriteCheck(draft), *_suggest(site, before, after, number, findings))


def _suggest(
    site: Site, before: str | None, after: str, number: int | None, findings: tuple[Finding, ...]
) -> tuple[WriteReview, ...]:
    """Return the corrected lines as comments on those that the pull request's diff shows, nothing if there are none.

    A file that is new while others are gone may have been moved: GitHub then shows less of it than all.
    """
    asked = suggestion.select(findings)
    if number is None or before is None or not asked:
        return ()
    repository, paths = site.repository, sorted({f.place.file for f in asked})
    there = [frozenset(repository.paths(commit)) for commit in (before, after)]
    sure = [path for path in paths if path in there[1] and (path in there[0] or there[0] <= there[1])]
    shown = {path: repository.hunks(before, after, path) for path in sure}
    remarks = suggestion.suggest(asked, repository.read(after, sure), shown)
    return (WriteReview(number, after, remarks),) if remarks else ()


def recheck(site: Site, head: str, button: str = "") -> Plan:
    """Return the check of *head* written anew; its base is that of its merge group or pull request, as it stands now.

    The check run names the head only: a pull request may have got another base since it was written.
    """
    groups = site.repository.branches(_GROUPS).items()
    named = [found["base"] for branch, tip in groups if tip == head and (found := _GROUP.fullmatch(branch))]
    pulls = [f"refs/heads/{pull.base}" for pull in site.survey.open if pull.head == head]
    return review(site, head, next(iter((*named, *pulls, "HEAD"))), button)


def _inspect(site: Site, way: Way) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return what the rules find, and which of the changed files they looked at."""
    try:
        change = open_change(site.repository, way, site.own)
    except Unreadable as error:
        return refuse(error), (PATH,)
    return check_change(change), find_looked(change)


def find_looked(change: Change) -> tuple[str, ...]:
    """Return the touched files that some rule looks at, by either configuration.

    These are contracts, specs and what follows them, configuration, evidence, files that a smoke is bound to, and
    whatever was taken away: a pattern may then match nothing any more, or a contract name a file that is gone.
    """
    both = [one for one in (change.workspace.configured, change.proposed) if one]
    named = {PATH, *(spec.path for spec in change.specs), *change.contract_paths, *change.gone}
    named |= {path for one in both for follower in read(one.config) for path in (follower.path, follower.of)}
    named |= {file for one in both for file in one.files}
    globs = [glob for one in both if isinstance(one.config.smokes, tuple) for glob in one.config.smokes]
    globs += [glob for one in both for smoke in one.smokes.values() for glob in smoke.when]
    named |= set(select(sorted(change.touched), globs)) if globs else set()
    return tuple(path for path in sorted(change.touched) if path in named or path.startswith("evidence/"))
