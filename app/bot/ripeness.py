"""Whether an open amendment may land by itself: nothing in it is open or foreign, and its check found no error."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.bot.refresh import amends
from app.effect import HoldMerge, MergeWhenGreen, WriteCheck
from app.retinue import find_foreign
from contracts.error import Unreadable
from spec.leftover import list_questions
from spec.title import read_branch

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Plan
    from app.hook.event import PullChanged

_BAD = ("failure", "action_required")


def ripen(site: Site, event: PullChanged, reviewed: Plan) -> Plan:
    """Return the check *reviewed*, with what has an amendment merged by itself once nothing is open, or holds it.

    The check alone for another pull request, and where the configuration leaves merging to people. With an error in
    it, with an open question, and with files that people put on the branch, the amendment is held: before the check is
    told, because GitHub may merge on it.
    """
    if event.fork or not read_branch(event.branch) or not reviewed:
        return reviewed
    method = site.workspace.configured.config.pull_requests.auto_merge
    pull = next((pull for pull in site.survey.pulls if (pull.branch, pull.head) == (event.branch, event.head)), None)
    if method is None or pull is None:
        return reviewed
    bad = any(isinstance(e, WriteCheck) and e.draft.conclusion in _BAD for e in reviewed)
    if bad or _is_open(site, event) or not _is_ours(site, event.head):
        return (HoldMerge(pull.branch, pull.number), *reviewed) if pull.auto_merge else reviewed
    return (*reviewed, MergeWhenGreen(pull.branch, method, pull.title, pull.body, pull.head, pull.number))


def _is_ours(site: Site, head: str) -> bool:
    """Return whether a branch moves one spec and its followers, these byte for byte as we do, and nothing else."""
    fork = site.repository.fork(site.workspace.commit, head)
    if fork is None:
        return False
    paths = [spec.path for spec in site.workspace.configured.config.specs]
    return any(not find_foreign(site.workspace, path, fork, head, ()) for path in paths)


def _is_open(site: Site, event: PullChanged) -> bool:
    """Return whether the branch leaves a question open that did not stand where it began, or cannot be read.

    Wherever it stands: a section that people add behind ours hides no question of ours, and a chapter none, either.
    """
    fork = site.repository.fork(site.workspace.commit, event.head)
    paths = [spec.path for spec in site.workspace.configured.config.specs]
    for path in (path for path in paths if amends(site, event.branch, event.head, path)):
        now = _list_open(site, event.head, path)
        if now is None or now - ((_list_open(site, fork, path) if fork else None) or Counter()):
            return True
    return False


def _list_open(site: Site, commit: str, path: str) -> Counter[tuple[str, str]] | None:
    """Return the open questions of a spec by chapter and words, None where it cannot be read."""
    try:
        return list_questions(site.workspace.spec(commit, path))
    except Unreadable:
        return None
