"""Which specs are due to be amended by what landed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from app.amendment import gather_facts
from app.bot.label import read as read_labels
from app.bot.refresh import amends, find_open
from app.bot.standing import find_root
from app.cadence import Stretch, decide
from app.landmark import find as find_landmarks
from app.shell import now
from app.wish import Wishes
from contracts.error import Unreadable
from spec.landed import read as read_landed

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.plan import AmendmentFacts
    from app.schema import SpecConfig


def find_due(site: Site) -> list[SpecConfig]:
    """Return the specs whose amendment is due by their cadence, or open already while something new landed.

    One that is open is due, too, when the spec moved beneath it: somebody else's section has its number by now.
    """
    due = []
    for config in site.workspace.configured.config.specs:
        try:
            facts = gather_facts(site.workspace, config, Wishes(), labels=read_labels(site, config))
        except Unreadable:
            continue  # the check of the pull request that broke it has said so
        pull = find_open(site, config.path) if _stands(site, config.path) else None
        left = pull is not None and _is_left(site, config.path, pull.head)
        if left or (facts.window.changes and (pull or decide(config.cadence, _measure(site, facts), now()))):
            due.append(config)
    return due


def find_pushed(site: Site, before: str, after: str) -> list[SpecConfig]:
    """Return the specs with an amendment in git that a push of the default branch moved; all of these if unknown.

    What a merged pull request moved is left out: its merge is told by an event of its own, and is asked about once.
    """
    stand = [config for config in site.workspace.configured.config.specs if _stands(site, config.path)]
    known = bool(stand and before) and site.repository.holds((before, after))
    return [config for config in stand if not known or _is_pushed(site, config.path, before, after)]


def _is_pushed(site: Site, path: str, before: str, after: str) -> bool:
    """Return whether a commit that names no pull request changed the file at *path* after *before*."""
    touching = set(site.repository.touching(path, f"{before}..{after}"))
    commits = (c for c in site.repository.log(before, after) if c.hash in touching) if touching else ()
    return any(read_landed(c.subject, c.body, commit=c.hash, date=c.date) is None for c in commits)


def _measure(site: Site, facts: AmendmentFacts) -> Stretch:
    """Return what landed as the cadence counts it."""
    window = facts.window
    dates = [dt.datetime.fromisoformat(c.date) for c in site.repository.log(window.since, site.workspace.commit)]
    return Stretch(len(window.landings), find_landmarks(facts), min(dates), max(dates))


def _stands(site: Site, path: str) -> bool:
    """Return whether a branch amends the spec at *path*; only then GitHub is asked whether its pull request is open.

    One that somebody closed, whose branch was left behind, is no open amendment.
    """
    return any(amends(site, name, tip, path) for name, tip in site.repository.branches("spec/").items())


def _is_left(site: Site, path: str, tip: str) -> bool:
    """Return whether the spec moved since the branch began, and is not what the branch makes of it."""
    at = (site.workspace.commit, find_root(site, tip), tip)
    head, root, branch = (site.repository.read(commit, [path]) for commit in at)
    return head not in (root, branch)
