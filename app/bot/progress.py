"""How it stands with a run that goes on, told where it was asked for: one line of what is there is another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.notice import CANCEL, move
from app.effect import WriteCheck
from app.github import CheckDraft
from contracts.group import group
from runners.engine.model import Queued, Running

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.notice import Moved
    from app.bot.site import Site
    from app.effect import Plan
    from app.github import Check


def follow(site: Site, run: str) -> Plan:
    """Return what tells how it stands with a run now; nothing if it has an end, or if that is told already."""
    check = site.check(run)
    identity = site.identify(check) if check else None
    if check is None or identity is None or check.conclusion:
        return ()
    state = site.engine.state(run)
    if not isinstance(state, Queued | Running):
        return ()
    moved = move(identity, state, site.engine.job(run).smoke.labels)
    written = (WriteCheck(_draft(check, identity, moved)),) if moved.amend(check.summary) != check.summary else ()
    entry = site.find_entry(run) if identity.number else None
    if entry is None:
        return written
    lines = moved.amend("\n".join(entry.lines)).split("\n")
    told = replace(entry, state=moved.state, lines=tuple(lines))
    return (*written, *((site.tell((told,)),) if told != entry else ()))


def _draft(check: Check, identity: Identity, moved: Moved) -> CheckDraft:
    return CheckDraft(
        name=check.name,
        head=check.head,
        key=check.key,
        status="in_progress" if moved.works else "queued",
        conclusion="",
        title=f"{group(identity.ids)}: {moved.state}"[:250],
        summary=moved.amend(check.summary),
        text=check.text,
        buttons=(CANCEL,) if identity.number else (),
    )
