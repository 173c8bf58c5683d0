"""The open amendment of a spec on GitHub: begun, or brought up to date in place, never a second one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.amendment import add_standing, gather_facts
from app.bot.label import read as read_labels
from app.bot.standing import find_start, gather, is_own, seal_message, seal_section, widen
from app.bot.trust import demand_free
from app.effect import OpenPull, Refuse, WriteBranch
from app.plan import decide_amendment
from app.proposal import find_lacking, propose
from app.trailer import BASE, CO_AUTHOR, TEXT, drop, read_trailers, thank
from app.window import OWN
from app.wish import Wishes
from app.wish import read as read_wishes
from contracts.error import Complaint
from spec.document import read as read_spec
from spec.escape import inline
from spec.title import read_branch

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.carriage import Standing
    from app.effect import Effect, Plan
    from app.github import Pull
    from app.schema import SpecConfig
    from app.window import Window

_NOTE = "> **Not brought up to date:** "
_NOTED = re.compile(rf"\A{re.escape(_NOTE)}[^\n]*\n\n")


@dataclass(frozen=True, slots=True)
class Refresh:
    """One spec's amendment: the effects that make it so, and what a person is told of it.

    *window* is what it records; *pull* the open pull request, None where one is opened.
    """

    effects: Plan
    window: Window
    pull: Pull | None

    @property
    def refused(self) -> Refuse | None:
        """Why nothing is written, None if something is."""
        return next((effect for effect in self.effects if isinstance(effect, Refuse)), None)


def find_open(site: Site, path: str) -> Pull | None:
    """Return our open pull request that amends the spec at *path*."""
    return next((pull for pull in site.survey.pulls if amends(site, pull.branch, pull.head, path)), None)


def amends(site: Site, branch: str, tip: str, path: str) -> bool:
    """Return whether a branch is an amendment of the spec at *path* that the default branch does not have yet."""
    repository, head = site.repository, site.workspace.commit
    fork = repository.fork(head, tip) if read_branch(branch) else None
    return fork is not None and fork != tip and path in repository.changed(fork, tip)


def refresh(site: Site, config: SpecConfig, wishes: Wishes, asker: str = "") -> Refresh:
    """Return what brings the amendment of a spec up to date with what landed and what was asked.

    Raises:
        Complaint: the spec, a percentage or an answer cannot be read.
    """
    pull = find_open(site, config.path)
    standing = gather(site, config.path, pull) if pull else None
    kept = read_wishes(standing.messages) if standing else Wishes()
    start = find_start(site, config.path, pull.head) if pull else ""
    labels = read_labels(site, config)
    facts = replace(gather_facts(site.workspace, config, kept.add(wishes), since=start, labels=labels), open=standing)
    facts = add_standing(site.workspace, config, widen(site, facts, pull.head) if pull and start else facts)
    effects: list[Effect] = []
    for effect in decide_amendment(facts):
        if isinstance(effect, WriteBranch):
            write = effect if pull else _free(site, effect, config.path)
            effects += _propose(site, _vouch(site, write, config.path), standing, pull, asker)
            continue
        effects.append(effect)
        if isinstance(effect, Refuse) and pull and (facts.window.changes or start):
            effects += _note(site, pull, effect)
    return Refresh(tuple(effects), facts.window, pull)


def _free(site: Site, write: WriteBranch, path: str) -> WriteBranch:
    """Return the commit in place of what a closed pull request left on its branch, if that is all ours.

    Raises:
        Complaint: somebody else wrote there.
    """
    left = site.repository.branches(write.branch).get(write.branch)
    if left is None or (site.repository.parent(left) == write.parent and _holds(site, left, write)):
        return write  # a process that ended before it opened the pull request left that
    if not all(is_own(site, write.branch, path, one) for one in site.repository.log(site.workspace.commit, left)):
        demand_free(site.workspace, write.branch)
    return replace(write, tip=left)


def _vouch(site: Site, write: WriteBranch, path: str) -> WriteBranch:
    """Return the commit with the trailer that proves, wherever its message lands, which section we proposed."""
    stated = read_spec(dict(write.files)[path].decode(), path).version
    own = read_trailers(write.message, OWN)[-1]
    key, proof = seal_section(site, own, str(stated.version) if stated else "")
    return replace(write, message=f"{write.message}{key}: {proof}\n")


def _note(site: Site, pull: Pull, refuse: Refuse) -> list[Effect]:
    """Return what says on the amendment's pull request why it stands as it is; nothing where it is said already."""
    why = inline(str(Complaint(refuse.reason, mend=refuse.mend)))
    body = f"{_NOTE}{why}\n\n{_NOTED.sub('', pull.body)}"
    if body == pull.body:
        return []
    return [OpenPull(pull.branch, site.workspace.branch, pull.title, body, (), pull.number)]


def _propose(site: Site, write: WriteBranch, standing: Standing | None, pull: Pull | None, asker: str) -> list[Effect]:
    """Return the commit, unless the branch says just that already, and the pull request with its words."""
    before = standing.people if standing else ()
    people = dict.fromkeys([*before, *(value for _, value in thank(asker))])
    thanks = "".join(f"{CO_AUTHOR}: {value}\n" for value in people)
    written = replace(write, message=write.message + thanks)
    title, body = propose([drop(written.message, BASE, TEXT)])
    labels = site.workspace.configured.config.pull_requests.labels
    lacking = find_lacking(pull, labels)
    opened = OpenPull(write.branch, site.workspace.branch, title, body, lacking, pull.number if pull else None)
    same = standing is not None and standing.follows and _holds(site, standing.tip, write)
    if same and pull and not lacking and (pull.title, pull.body) == (title, body):
        return []
    sealed = replace(written, message=seal_message(site, write.branch, written.message))
    return [opened] if same else [sealed, opened]


def _holds(site: Site, tip: str, write: WriteBranch) -> bool:
    """Return whether every file stands at *tip* as it would be written."""
    return site.repository.read(tip, [path for path, _ in write.files]) == dict(write.files)
