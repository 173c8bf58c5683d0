"""The check `discharge` of a change: what is looked at, and what is written about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bot.inspection import fail, report
from app.check import inspect
from app.config import PATH
from app.effect import WriteCheck
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Plan


def review(site: Site, head: str, base: str) -> Plan:
    """Return the completed check of *head*, as a change against *base*, a branch or a commit.

    Nothing where neither side has a configuration. A head that is gone has been replaced, and its successor is checked.
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
        findings = inspect(repository, site.repository.default_branch(), before, after, site.own)
        draft = report(head, findings, files=len(repository.changed(before, after)) if before else 0)
    except Complaint as complaint:
        draft = fail(head, str(complaint))
    return (WriteCheck(draft),)
