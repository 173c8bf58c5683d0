"""What follows from a default branch that moved: amendments that are due, discharges written anew, branches gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bot.due import find_due, find_pushed
from app.bot.rebump import is_open, rebump
from app.bot.refresh import refresh
from app.bot.release import find_landed, release
from app.config import PATH
from app.effect import DeleteBranch, Refuse
from app.wish import Wishes
from contracts.error import Complaint

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Plan
    from app.hook.event import Merged, Pushed
    from app.schema import SpecConfig

_OWN = ("discharge/", "spec/", "undischarge/")


def follow_merge(site: Site, event: Merged) -> Plan:
    """Return what a merged pull request asks for; nothing where no spec is due."""
    stood = site.repository.branches(event.branch).get(event.branch) if is_own(event) else None
    stands = stood == event.head  # told late, it may be new
    gone = (DeleteBranch(event.branch),) if stands and event.default else ()
    return (*gone, *amend_due(site), *release_landed(site, event.commit)) if event.default else ()


def is_own(event: Merged) -> bool:
    """Return whether what was merged is the App's: a bot opened it, from a branch that is named so."""
    return event.author.endswith("[bot]") and not event.fork and event.branch.startswith(_OWN)


def amend_due(site: Site) -> Plan:
    """Return what brings the amendment of every spec up to date that is due; one that cannot be holds up no other."""
    if not is_configured(site):
        return ()
    try:
        due = find_due(site)
    except Complaint as complaint:
        return (_refuse(complaint),)
    return tuple(effect for config in due for effect in _amend(site, config))


def release_landed(site: Site, *commits: str) -> Plan:
    """Return what tags and releases the commits that landed, as far as it was not done; most are nothing to release."""
    if not is_configured(site):
        return ()
    try:
        return release(site, (found for commit in commits for found in find_landed(site, commit)))
    except Complaint:
        return ()  # the configuration cannot be read, which `amend_due` has said


def _amend(site: Site, config: SpecConfig) -> Plan:
    try:
        return refresh(site, config, Wishes()).effects
    except Complaint as complaint:
        return (_refuse(complaint),)


def _refuse(complaint: Complaint) -> Refuse:
    """Return what the log is told: nobody asked, so that nobody waits for an answer."""
    where = f"{complaint.place}: " if str(complaint.place) else ""
    return Refuse(f"{where}{complaint.what}", complaint.mend)


def follow_push(site: Site) -> Plan:
    """Return what a moved default branch asks for: open discharges of contracts that moved are written anew."""
    try:
        return rebump(site) if is_configured(site) and is_open(site) else ()
    except Complaint as complaint:
        return (_refuse(complaint),)


def amend_pushed(site: Site, event: Pushed) -> Plan:
    """Return what brings open amendments up to date at once whose spec somebody pushed to, past any pull request."""
    try:
        pushed = is_configured(site) and find_pushed(site, event.before, event.after)
    except Complaint as complaint:
        return (_refuse(complaint),)
    return amend_due(site) if pushed else ()


def is_configured(site: Site) -> bool:
    """Return whether the default branch has a configuration; without one, the bot does nothing."""
    return bool(site.repository.read(site.repository.commit("HEAD"), [PATH]))
