"""What is stale is measured again in the night, unasked: one run for each preauthorised smoke, once a night.

Nobody asked, so there is no pull request to comment on: the check run at the head of the default branch tells it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.identity import name_run
from app.bot.launch import Asked, gather_unasked
from app.bot.reply import start
from app.effect import Refuse
from app.plan import under
from app.shell import now
from app.staleness import find as find_stale
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.bot.site import Site
    from app.effect import Plan
    from app.schema import AutomaticConfig

HOUR = 2
"""The night's runs start with the first sweep from this hour on, UTC."""
LOOK = 100
"""At so many of the newest commits of the default branch a run of the same night is looked for."""
BATCH = 10
ASKER, COMMAND = "the configuration", "automatic: {nightly: true}"


def list_allowed(automatic: AutomaticConfig) -> tuple[str, ...]:
    """Return the smokes that may run in the night; none unless the configuration says so."""
    return automatic.preauthorised if automatic.nightly else ()


def rerun(site: Site) -> Plan:
    """Return what starts tonight's runs, each under a name that holds the date: begun once, it is not begun again."""
    try:
        allowed = list_allowed(site.workspace.configured.config.automatic)
        stale = _list_stale(site, allowed) if allowed and now().hour >= HOUR else {}
    except Complaint as complaint:
        return (Refuse(complaint.what, complaint.mend),)
    night = now().date().isoformat()
    runs = {name_run(site.github.repository, f"nightly {night} {smoke}", 0): smoke for smoke in stale}
    begun = _find_begun(site, runs) if runs else set()
    plans = [_start(site, run, smoke, stale[smoke]) for run, smoke in runs.items() if run not in begun]
    return tuple(effect for plan in plans for effect in plan)


def _list_stale(site: Site, allowed: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return smoke → its stale falsifiers; what an open pull request of ours is about waits for people."""
    busy = tuple(site.heads)
    stale: dict[str, tuple[str, ...]] = {}
    for bound in (one.bound for one in find_stale(site.workspace)):
        mine = tuple(under(bound.contract, kind) for kind in ("discharge", "undischarge"))
        if bound.smoke.name in allowed and not any(branch.startswith(mine) for branch in busy):
            stale[bound.smoke.name] = (*stale.get(bound.smoke.name, ()), bound.falsifier)
    return stale


def _find_begun(site: Site, runs: Iterable[str]) -> set[str]:
    """Return those of tonight's runs whose check stands, at whichever commit was the head then."""
    wanted = set(runs)
    line = site.repository.line(site.workspace.commit)[:LOOK]
    found: set[str] = set()
    for at in range(0, len(line), BATCH):
        commits = line[at : at + BATCH]
        there = site if commits == site.commits else replace(site, commits=commits)
        found |= {check.key for check in there.survey.checks} & wanted
        if found == wanted:
            break
    return found


def _start(site: Site, run: str, smoke: str, ids: tuple[str, ...]) -> Plan:
    """Return what starts one run.

    The engine comes first: killed before the check stands, the same run is started again, which is none. The other
    way round the check of a run that never started would be taken for one whose machine is lost.
    """
    asked = Asked(run, ASKER, 0, COMMAND, ids, now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    try:
        launch = gather_unasked(site, asked, site.workspace.smoke(smoke))
        step = start(site, launch)
    except Complaint as complaint:
        return (Refuse(complaint.what, complaint.mend),)
    return (*step.after, *step.before) if launch.job else (*step.before, *step.after)
