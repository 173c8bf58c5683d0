"""What was missed: amendments and discharges that fell behind, runs that nobody works on any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.reply import stop_run
from app.bot.step import join
from app.bot.upkeep import amend_due, follow_push, is_configured
from runners.engine.model import Gone

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.site import Site
    from app.effect import Plan
    from runners.engine.model import Engine

RECENT = 10
"""So many of the newest commits of the default branch are looked at for runs that nobody works on."""


def sweep(site: Site) -> tuple[Site, Plan]:
    """Return what should have happened by now, and the site that knows the checks that it is about.

    Nothing in a repository without a configuration.
    """
    repository = site.repository
    head = repository.commit("HEAD")
    if not is_configured(site):
        return site, ()
    commits = tuple(commit.hash for commit in reversed(repository.log(None, head)))[:RECENT]
    there = replace(site, commits=commits)
    return there, (*_stop_lost(there), *amend_due(there), *follow_push(there))


def _stop_lost(site: Site) -> Plan:
    """End the runs whose check goes on although no engine knows them: its folder or its machine is lost."""
    open_ = [found for check in site.survey.checks if not check.conclusion and (found := site.identify(check))]
    lost = [identity for identity in open_ if _is_lost(site.engine, identity.run)]
    plans = [_stop(site, [i for i in lost if i.number == number]) for number in sorted({i.number for i in lost})]
    return tuple(effect for plan in plans for effect in plan)


def _is_lost(engine: Engine, run: str) -> bool:
    return isinstance(engine.state(run), Gone) and run not in engine.finished()


def _stop(site: Site, lost: list[Identity]) -> Plan:
    """End the lost runs of one pull request, told in one comment; its checks come last, by which they are found."""
    there = replace(site, number=lost[0].number, commits=tuple(dict.fromkeys(i.commit for i in lost)))
    why = "The machine that ran it is lost, and nothing was measured."
    step = join([stop_run(there, identity, why, "timed_out") for identity in lost])
    return (*step.before, there.tell(step.entries), *step.after)
