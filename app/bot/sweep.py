"""What was missed: amendments and discharges that fell behind, runs that nobody works on any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.reply import stop_run
from app.bot.upkeep import amend_due, follow_push, is_configured
from runners.engine.model import Gone

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Effect, Plan

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
    effects: list[Effect] = []
    for check in site.survey.checks:
        identity = None if check.conclusion else site.identify(check)
        if (
            identity
            and isinstance(site.engine.state(identity.run), Gone)
            and identity.run not in site.engine.finished()
        ):
            there = replace(site, number=identity.number, commits=(identity.commit,))
            why = "The machine that ran it is lost, and nothing was measured."
            step = stop_run(there, identity, why, "timed_out")
            effects += [*step.before, there.tell(step.entries)]
    return tuple(effects)
