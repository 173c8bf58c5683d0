"""What follows from a default branch that moved: amendments that are due, discharges written anew, branches gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bot.rebump import is_open, rebump
from app.bot.refresh import find_due, refresh
from app.config import PATH
from app.effect import DeleteBranch, Refuse
from app.wish import Wishes

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Plan
    from app.hook.event import Merged

_OWN = ("discharge/", "spec/")


def follow_merge(site: Site, event: Merged) -> Plan:
    """Return what a merged pull request asks for; nothing where no spec is due."""
    own = event.author.endswith("[bot]") and not event.fork and event.branch.startswith(_OWN)
    gone = (DeleteBranch(event.branch),) if own and event.default else ()
    return (*gone, *amend_due(site)) if event.default else ()


def amend_due(site: Site) -> Plan:
    """Return what brings the amendment of every spec up to date that is due."""
    if not is_configured(site):
        return ()
    plans = [refresh(site, config, Wishes()) for config in find_due(site)]
    return tuple(effect for plan in plans for effect in plan.effects if not isinstance(effect, Refuse))


def follow_push(site: Site) -> Plan:
    """Return what a moved default branch asks for: open discharges of contracts that moved are written anew."""
    return rebump(site) if is_configured(site) and is_open(site) else ()


def is_configured(site: Site) -> bool:
    """Return whether the default branch has a configuration; without one, the bot does nothing."""
    return bool(site.repository.read(site.repository.commit("HEAD"), [PATH]))
