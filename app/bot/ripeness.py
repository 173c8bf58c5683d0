"""Whether an open amendment may land by itself: nothing in its section is open, and its check found no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bot.refresh import amends
from app.effect import HoldMerge, MergeWhenGreen, WriteCheck
from contracts.error import Unreadable
from spec.leftover import find_questions
from spec.title import read_branch

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Plan
    from app.hook.event import PullChanged

_BAD = ("failure", "action_required")


def ripen(site: Site, event: PullChanged, reviewed: Plan) -> Plan:
    """Return what has an amendment merged by itself once nothing is open, and holds it while something is.

    Nothing for another pull request, and where the configuration leaves merging to people. *reviewed* is the check of
    the same head: with an error in it, the amendment is held.
    """
    if event.fork or not read_branch(event.branch) or not reviewed:
        return ()
    method = site.workspace.configured.config.pull_requests.auto_merge
    if method is None:
        return ()
    pull = next((pull for pull in site.survey.pulls if (pull.branch, pull.head) == (event.branch, event.head)), None)
    if pull is None:
        return ()
    if _is_open(site, event) or any(isinstance(e, WriteCheck) and e.draft.conclusion in _BAD for e in reviewed):
        return (HoldMerge(pull.branch, pull.number),) if pull.auto_merge else ()
    return (MergeWhenGreen(pull.branch, method, pull.title, pull.body, pull.head, pull.number),)


def _is_open(site: Site, event: PullChanged) -> bool:
    """Return whether a spec that the branch amends has an open question in its newest section, or cannot be read."""
    paths = [spec.path for spec in site.workspace.configured.config.specs]
    for path in (path for path in paths if amends(site, event.branch, event.head, path)):
        try:
            spec = site.workspace.spec(event.head, path)
        except Unreadable:
            return True
        if spec.newest and any(find_questions(spec, spec.newest)):
            return True
    return False
