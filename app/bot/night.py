"""What is stale is measured again in the night, unasked: one run for each preauthorised smoke, once a night.

Nobody asked, so there is no pull request to comment on: the check run at the head of the default branch tells it. What
such a check says to guard against a defect that is gone is left alone until something changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.identity import name_run
from app.bot.launch import Asked, gather_unasked, list_drafted
from app.bot.mandate import ASKER, NIGHTLY, list_allowed
from app.bot.notice import read_gone
from app.bot.reply import start
from app.effect import Refuse
from app.glob import select
from app.plan import under
from app.registration import fingerprint
from app.shell import now
from app.staleness import find as find_stale
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.bot.site import Site
    from app.effect import Plan

HOURS = range(2, 6)
"""The night's runs start with a sweep in these hours, UTC: nobody waits for the machines then. The sweep comes hourly,
so that one that is missed is made up for; what turns stale by day waits for the night, and a night is one date."""
LOOK = 100
"""At so many of the newest commits of the default branch the checks of earlier runs are looked for."""
BATCH = 10


def rerun(site: Site) -> Plan:
    """Return what starts tonight's runs, each under a name that holds the date: begun once, it is not begun again."""
    try:
        allowed = list_allowed(site.workspace.configured.config.automatic, NIGHTLY)
        stale = _list_stale(site, allowed) if allowed and now().hour in HOURS else {}
        due = _list_due(site, stale)
    except Complaint as complaint:
        return (Refuse(complaint.what, complaint.mend),)
    plan: Plan = ()
    for run, (smoke, ids) in due.items():
        date = now().strftime("%Y-%m-%dT%H:%M:%SZ")
        plan += _start(site, Asked(run, ASKER, 0, NIGHTLY, ids, date, drafted=list_drafted(plan)), smoke)
    return plan


def _list_stale(site: Site, allowed: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return smoke → its stale falsifiers; what an open pull request of ours is about waits for people."""
    busy = tuple(site.heads)
    stale: dict[str, tuple[str, ...]] = {}
    for bound in (one.bound for one in find_stale(site.workspace)):
        mine = tuple(under(bound.contract, kind) for kind in ("discharge", "undischarge"))
        if bound.smoke.name in allowed and not any(branch.startswith(mine) for branch in busy):
            stale[bound.smoke.name] = (*stale.get(bound.smoke.name, ()), bound.falsifier)
    return stale


def _list_due(site: Site, stale: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return run → its smoke and falsifiers, without the runs whose check stands at whichever commit was the head."""
    night = now().date().isoformat()
    named = {smoke: name_run(site.github.repository, f"nightly {night} {smoke}", 0) for smoke in stale}
    due = {named[smoke]: (smoke, ids) for smoke, ids in stale.items()}
    line = site.repository.line(site.workspace.commit, LOOK) if due else ()
    for at in range(0, len(line), BATCH):
        commits = line[at : at + BATCH]
        there = site if commits == site.commits else replace(site, commits=commits)
        begun, gone = {check.key for check in there.survey.checks}, set(_find_gone(there))
        left = {run: (smoke, tuple(i for i in ids if (smoke, i) not in gone)) for run, (smoke, ids) in due.items()}
        due = {run: one for run, one in left.items() if run not in begun and one[1]}
        if not due:
            break
    return due


def _find_gone(site: Site) -> Iterator[tuple[str, str]]:
    """Yield (smoke, falsifier) whose defect a check says to be gone, where it would say just that again.

    It would: no file that the smoke is bound to differs from the commit that it looked at, and the promise is the same.
    """
    workspace = site.workspace
    for check in site.survey.checks:
        gone = read_gone(check.summary)
        found = site.identify(check) if gone else None
        smoke = workspace.configured.smokes.get(found.smoke) if found else None
        if not (found and smoke) or select(site.repository.changed(found.commit, workspace.commit), smoke.when):
            continue
        document = workspace.document(workspace.commit, smoke.contract)
        same = (id_ for id_, known in found.registered if known == fingerprint(smoke, document, id_))
        yield from ((smoke.name, id_) for id_ in same if id_ in gone)


def _start(site: Site, asked: Asked, smoke: str) -> Plan:
    """Return what starts one run.

    The engine comes first: killed before the check stands, the same run is started again, which is none. The other
    way round the check of a run that never started would be taken for one whose machine is lost.
    """
    try:
        launch = gather_unasked(site, asked, site.workspace.smoke(smoke), site.workspace.commit)
        step = start(site, launch)
    except Complaint as complaint:
        return (Refuse(complaint.what, complaint.mend),)
    return (*step.after, *step.before) if launch.job else (*step.before, *step.after)
