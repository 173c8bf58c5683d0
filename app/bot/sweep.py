"""What was missed: amendments and discharges that fell behind, runs that nobody works on any more."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from app.bot.night import rerun
from app.bot.reply import stop_run
from app.bot.step import join
from app.bot.upkeep import amend_due, follow_push, is_configured, release_landed
from runners.engine.model import Away, Gone

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.site import Site
    from app.effect import Plan
    from runners.engine.model import Engine

RECENT = 10
"""So many of the newest commits of the default branch are looked at for runs that nobody works on."""
TRIALS = 30
"""The heads of so many open pull requests are looked at, too."""


def sweep(site: Site) -> tuple[Site, Plan]:
    """Return what should have happened by now, and the site that knows the checks that it is about.

    Nothing in a repository without a configuration.
    """
    repository = site.repository
    head = repository.commit("HEAD")
    if not is_configured(site):
        return site, ()
    commits = repository.line(head, RECENT)
    here = replace(site, commits=commits)
    lost = _find_lost(here)
    there = replace(site, commits=tuple(dict.fromkeys(i.commit for i in lost))) if lost else here
    landed = release_landed(here, *reversed(commits))
    return there, (*_stop_lost(site, lost), *amend_due(here), *follow_push(here), *landed, *rerun(here))


def _find_lost(site: Site) -> list[Identity]:
    """Return the runs whose check goes on although no engine knows them: its folder or its machine is lost.

    At most those of as many commits as one survey tells about; the others are found the next time.
    """
    heads = [pull.head for pull in site.survey.open if pull.head not in site.commits][:TRIALS]
    further = (replace(site, commits=tuple(heads[at : at + RECENT])) for at in range(0, len(heads), RECENT))
    checks = (check for look in chain((site,), further) for check in look.survey.checks if not check.conclusion)
    lost = [found for check in checks if (found := site.identify(check)) and _is_lost(site.engine, found.run)]
    kept = list(dict.fromkeys(identity.commit for identity in lost))[:RECENT]
    return [identity for identity in lost if identity.commit in kept]


def _stop_lost(site: Site, lost: list[Identity]) -> Plan:
    plans = [_stop(site, [i for i in lost if i.number == number]) for number in sorted({i.number for i in lost})]
    return tuple(effect for plan in plans for effect in plan)


def _is_lost(engine: Engine, run: str) -> bool:
    """Return whether no engine knows a run; one that cannot be asked about now is not known to be lost."""
    try:
        return isinstance(engine.state(run), Gone) and run not in engine.finished()
    except Away:
        return False


def _stop(site: Site, lost: list[Identity]) -> Plan:
    """End the lost runs of one pull request, told in one comment; its checks come last, by which they are found."""
    number = lost[0].number or None
    there = replace(site, number=number, commits=tuple(dict.fromkeys(i.commit for i in lost)))
    why = "The machine that ran it is lost, and nothing was measured."
    step = join([stop_run(there, identity, why, "timed_out") for identity in lost])
    told = (there.tell(step.entries),) if number else ()
    return (*step.before, *told, *step.after)
