"""What a merged pull request touches is measured, unasked: one run at its merge commit for each smoke bound to it.

Only smokes that are preauthorised run. It is told where the change was made, as if somebody had asked for it there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.identity import name_run
from app.bot.launch import Asked, gather_unasked, list_drafted
from app.bot.mandate import ASKER, ON_MERGE, list_allowed
from app.bot.reply import start
from app.bot.step import Step, join
from app.bot.sticky import Entry
from app.bot.upkeep import is_configured, is_own
from app.effect import Refuse
from app.github import Moved
from app.glob import select
from app.registration import refuse_late
from app.shell import now
from contracts.error import Complaint
from evidence.quote import code
from spec.escape import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bot.site import Site
    from app.effect import Plan
    from app.hook.event import Merged
    from runners.smoke import Smoke

_CONFLICT = 409


def measure(site: Site, event: Merged) -> tuple[Site, Plan]:
    """Return what starts the runs that a merge is reason for, and the site of its pull request.

    What the App merges itself is reason for none: it changes what is said, and would ask for itself again.
    """
    if not event.default or is_own(event) or not is_configured(site):
        return site, ()
    try:
        smokes = _list_touched(site, event)
    except Complaint as complaint:
        return site, (Refuse(complaint.what, complaint.mend),)
    there = replace(site, number=event.number, commits=(event.commit,))
    steps: list[Step] = []
    for smoke in smokes:
        steps += filter(None, [_start(there, event.commit, smoke, steps)])
    if not steps:
        return site, ()
    whole = join(steps)
    return there, (*whole.before, there.tell(whole.entries), *whole.after)


def _list_touched(site: Site, event: Merged) -> list[Smoke]:
    """Return the smokes that may run, and are bound to what the pull request changed.

    What it changed is seen at its own head: one that was rebased is several commits of the default branch.

    Raises:
        Misconfigured: the configuration cannot be read.
        Moved: git does not have it yet, and it is to be looked at once more.
    """
    configured, repository = site.workspace.configured, site.repository
    allowed = list_allowed(configured.config.automatic, ON_MERGE)
    bound = [smoke for name in allowed if (smoke := configured.smokes.get(name)) and smoke.when]
    if bound and not repository.holds((event.commit, event.head)):
        raise Moved(_CONFLICT, "what was merged is not among what git brings yet")
    before = _find_before(site, event) if bound else None
    root = repository.fork(before, event.head) if before else None
    touched = repository.changed(root, event.head) if root else ()
    return [smoke for smoke in bound if select(touched, smoke.when)]


def _find_before(site: Site, event: Merged) -> str | None:
    """Return where the default branch stood before: where its own head was pushed there, GitHub has told its base."""
    if event.commit == event.head and site.repository.holds((event.base_sha,)):
        return event.base_sha
    return site.repository.parent(event.commit)


def _start(site: Site, commit: str, smoke: Smoke, drafted: Sequence[Step]) -> Step | None:
    """Return what starts one run, or tells why it cannot be; None for one that ended, or where nothing can be judged.

    Its name follows from the merge: a webhook that comes twice starts it once.
    """
    run = name_run(site.github.repository, f"merge {commit} {smoke.name}", 0)
    check = site.check(run)
    ids = _list_promised(site, commit, smoke) if not (check and check.conclusion) else ()
    if not ids:
        return None
    date = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = Asked(run, ASKER, 0, ON_MERGE, ids, date, drafted=list_drafted(join(drafted).after))
    try:
        return start(site, gather_unasked(site, asked, smoke, commit))
    except Complaint as complaint:
        told = (f"- {inline(str(complaint))}",)
        return Step((), (Entry(run, f"{code(ON_MERGE)} by {ASKER}", "refused", told, passing=True),))


def _list_promised(site: Site, commit: str, smoke: Smoke) -> tuple[str, ...]:
    """Return the falsifiers about which the smoke promised something before *commit*: only these can be judged."""
    named = (promise.falsifier for promise in smoke.promises)
    return tuple(id_ for id_ in named if not refuse_late(site.workspace, smoke, id_, commit))
