"""Tags and releases of what landed: what lacks of them is found by looking at git, and then at GitHub."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.bot.standing import is_proposed
from app.effect import Refuse
from app.publication import gather
from app.release import Standing, decide
from app.trailer import RUN, read_trailers
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.bot.site import Site
    from app.effect import Effect, Plan
    from app.schema import ReleaseConfig

_REBASED = 10
"""A pull request that was rebased landed as several commits: so many of them are looked at."""


def release(site: Site, commits: Iterable[str]) -> Plan:
    """Return what tags and releases *commits*, oldest first, as far as it was not done.

    Nothing is looked at where the configuration asks for neither.

    Raises:
        Complaint: the configuration of the default branch cannot be read.
    """
    config = site.workspace.configured.config.release
    if not config.tags and not config.releases:
        return ()
    effects: list[Effect] = []
    for commit in dict.fromkeys(commits):
        try:
            effects += _release(site, config, commit)
        except Complaint as complaint:
            effects.append(Refuse(f"{commit} cannot be released: {complaint}"))
    return tuple(effects)


def _release(site: Site, config: ReleaseConfig, commit: str) -> Plan:
    effects: list[Effect] = []
    for wanted in gather(site.workspace, commit, site.own, partial(is_proposed, site)):
        if isinstance(wanted, Refuse):
            effects.append(wanted)
            continue
        tag = site.github.find_tag(wanted.tag)
        looked = config.releases and tag in (None, wanted.commit)
        there = site.github.find_releases(wanted.tag) if looked else ()
        effects += decide(wanted, Standing(tag, there), releases=config.releases)
    return tuple(effects)


def find_landed(site: Site, commit: str) -> tuple[str, ...]:
    """Return the commits that a merge made, oldest first: *commit*, and those before it that also carry out runs."""
    repository, found = site.repository, [commit]
    if not repository.contains(site.workspace.commit, commit):
        return ()
    while len(found) < _REBASED and (parent := repository.parent(found[-1])):
        (standing,) = repository.log(parent, found[-1])[-1:]
        if not read_trailers(standing.message, RUN):
            break
        found.append(parent)
    return tuple(reversed(found))
