"""The labels of what landed: git does not know them, so GitHub is asked, and only where a cadence needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.landing import find_since, is_own
from spec.landed import read as read_message

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.schema import SpecConfig


def read(site: Site, config: SpecConfig) -> dict[int, tuple[str, ...]] | None:
    """Return number → labels of what landed since a spec was amended; None where nobody needs them."""
    if not config.cadence.labels:
        return None
    since = find_since(site.workspace, config.path)
    commits = [
        commit for commit in site.repository.log(since, site.workspace.commit) if not is_own(site.workspace, commit)
    ]
    messages = (read_message(c.subject, c.body, commit=c.hash, date=c.date) for c in commits)
    return site.github.labels([landed.number for landed in messages if landed])
