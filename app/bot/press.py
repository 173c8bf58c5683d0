"""A button of a run's check, pressed: the same as its command in a comment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bot.notice import CANCEL
from app.bot.reply import reply
from app.hook.event import CheckAsked, Commented
from app.shell import now

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.effect import Plan


def press(site: Site, event: CheckAsked) -> tuple[Site, Plan]:
    """Return what a pressed button comes to, told where the run was asked for; nothing for a check that is no run's."""
    check = site.check(event.key)
    identity = site.identify(check) if check else None
    if identity is None or not identity.number:
        return site, ()
    there = replace(site, number=identity.number, commits=(identity.commit,))
    words = "/cancel" if event.button == CANCEL.identifier else "/retry"
    date = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = Commented(
        event.delivery, event.installation, event.repository, identity.number, 0, event.sender, words, date
    )
    return there, reply(there, asked, site.github.role(event.sender))
