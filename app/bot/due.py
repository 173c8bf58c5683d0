"""Which specs are due to be amended by what landed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from app.amendment import gather_facts
from app.bot.label import read as read_labels
from app.bot.refresh import amends
from app.cadence import Stretch, decide
from app.shell import now
from app.wish import Wishes
from contracts.error import Unreadable

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.schema import SpecConfig
    from app.window import Window


def find_due(site: Site) -> list[SpecConfig]:
    """Return the specs whose amendment is due by their cadence, or open already while something new landed."""
    due = []
    for config in site.workspace.configured.config.specs:
        try:
            window = gather_facts(site.workspace, config, Wishes(), labels=read_labels(site, config)).window
        except Unreadable:
            continue  # the check of the pull request that broke it has said so
        if window.changes and (_is_open(site, config.path) or decide(config.cadence, _measure(site, window), now())):
            due.append(config)
    return due


def _measure(site: Site, window: Window) -> Stretch:
    """Return what landed as the cadence counts it."""
    dates = [dt.datetime.fromisoformat(c.date) for c in site.repository.log(window.since, site.workspace.commit)]
    landmarks = {"discharge"} if any(one.landed.smoke for one in window.landings) else set[str]()
    return Stretch(len(window.landings), frozenset(landmarks), min(dates), max(dates))


def _is_open(site: Site, path: str) -> bool:
    """Return whether a branch amends the spec at *path*; git knows, so that nobody has to ask GitHub."""
    return any(amends(site, name, tip, path) for name, tip in site.repository.branches("spec/").items())
