"""A run that an engine has no more to do for: its result is fetched, judged, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bot.mandate import ASKER, list_allowed
from app.bot.notice import alarm, mark_alarm
from app.bot.outcome import decide_gone
from app.bot.reply import bar, conclude
from app.effect import ForgetSmoke, WriteComment
from contracts.error import Complaint
from evidence.model import Falsified
from runners.bundle import read as read_bundle
from runners.engine.model import Away, Finished, Gone

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.site import Site
    from app.bot.step import Step
    from app.effect import Plan
    from runners.engine.model import State


def finish(site: Site, run: str) -> Plan:
    """Return what a run that ended comes to; nothing for one that was cancelled, or that is none of ours.

    Raises:
        Complaint: how it ended cannot be asked now, which is told to nobody.
    """
    check = site.check(run)
    identity = site.identify(check) if check else None
    if check is None or identity is None or check.conclusion == "cancelled":
        return (ForgetSmoke(run),)
    state = site.engine.state(run)
    try:
        step = _end(site, identity, state)
    except Away:
        raise
    except Complaint as complaint:
        step = decide_gone(identity, str(complaint), site.key)
    told = (site.tell(step.entries), *_alarm(site, identity, step)) if identity.number else ()
    return (*step.before, *told, *step.after)


def _end(site: Site, identity: Identity, state: State) -> Step:
    """Judge what the engine has.

    Raises:
        Away: it cannot be asked for that now.
        Complaint: what the runner sent cannot be read, or what it is about is not promised any more.
    """
    match state:
        case Finished():
            job = site.engine.job(identity.run)
            bundle = read_bundle(site.engine.collect(identity.run), job)
            return conclude(site, identity, job, bundle, _bar(site, identity))
        case Gone(reason):
            return decide_gone(identity, reason, site.key)
        case _:
            raise RuntimeError("the engine told an end, and has work to do")  # to be tried again, and told to nobody


def _bar(site: Site, identity: Identity) -> str:
    """Return why nothing may be written, empty if it may: who asked must still have the role, or still ask."""
    if identity.asker != ASKER:
        return bar(site, "discharge", site.github.role(identity.asker), f"{identity.asker} now has")
    allowed = list_allowed(site.workspace.configured.config.automatic, identity.command)
    return "" if identity.smoke in allowed else "the configuration asks for no such run any more"


def _alarm(site: Site, identity: Identity, step: Step) -> Plan:
    """Return a comment of its own about a falsified promise, once: editing the status comment tells nobody."""
    falsified = [verdict for verdict in step.verdicts if isinstance(verdict, Falsified)]
    mark = mark_alarm(identity.run)
    if not falsified or any(said.own and said.body.startswith(mark) for said in site.survey.said):
        return ()
    return (WriteComment(site.pull.number, mark, alarm(identity, falsified), None),)
