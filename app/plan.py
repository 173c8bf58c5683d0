"""Decisions as values: a plan is a tuple of effects, a refusal is a plan too. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.dossier import lay
from app.message import render
from app.record import compose
from app.story import Discharge, tell
from app.window import OWN
from contracts.error import Complaint
from spec.amend import amend
from spec.amendment import named
from spec.amendment import render as render_section
from spec.banner import write_banner
from spec.proposal import pull_request
from spec.site import place
from spec.title import branch
from spec.why import Occasion

if TYPE_CHECKING:
    from app.record import Telling
    from app.window import Window
    from contracts.model import Ladder
    from spec.document import Spec
    from spec.model import Amendment


_UNFIT = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}|^\.|\.(?:lock)?$")


@dataclass(frozen=True, slots=True)
class WriteBranch:
    """One commit on top of *parent*, with *branch* moved there; the branch must stand at *parent* or not exist."""

    branch: str
    parent: str
    files: tuple[tuple[str, bytes], ...]
    message: str

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing is written, and why; *mend* says what the person can do."""

    reason: str
    mend: str = ""


Effect = WriteBranch | Refuse
Plan = tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """What a discharge builds on: the commit, the branch (None: a new one), every path there.

    *trial* says why this run can discharge nothing, empty if it can.
    """

    commit: str
    branch: str | None
    paths: frozenset[str]
    trial: str = ""


def under(contract: str) -> str:
    """Return what the branches of a contract begin with; what git allows in no branch becomes a dash."""
    return f"discharge/{_UNFIT.sub('-', contract)}/"


def decide_discharge(discharge: Discharge | None, base: Base) -> Plan:
    """Decide what becomes of a judged run: one commit on the contract's branch, or nothing and why.

    Args:
        discharge: the contract as it would become and what validated it; None where no held
            verdict moves a status.
        base: what the commit builds on.
    """
    if base.trial:
        return (Refuse(f"this was a trial: {base.trial}", "Only commits on the default branch can be discharged"),)
    if discharge is None:
        return (Refuse("nothing to discharge: no held verdict moves a status"),)
    case, draft, terms = discharge.case, discharge.draft, discharge.terms
    folder = lay(case, draft, terms.ladder, terms.folder, base.paths)
    files = {case.contract.path: draft.amended.text.encode(), **folder}
    name = base.branch or f"{under(case.contract.name)}v{draft.versions[1]}"
    return (WriteBranch(name, base.commit, tuple(files.items()), render(tell(discharge, files))),)


@dataclass(frozen=True, slots=True)
class AmendmentFacts:
    """What an amendment is decided from: what landed, the spec at *commit*, what was asked.

    *standing* are the open branches of amendments of this spec.
    """

    window: Window
    spec: Spec
    ladder: Ladder
    telling: Telling
    commit: str
    standing: tuple[str, ...]


def decide_amendment(facts: AmendmentFacts) -> Plan:
    """Decide the amendment that records what landed: one commit on a branch of its own, or nothing and why.

    Raises:
        Complaint: the spec states no version, or a section number twice; a model is not known.
    """
    if not facts.window.changes:
        return (Refuse(f"nothing landed since {facts.spec.file} was last amended"),)
    version = facts.spec.version
    site = place(facts.spec)
    if version is None:
        raise Complaint("the spec states no version")  # `place` has said so already, with the line
    newest = facts.spec.newest
    last = facts.telling.since or (named(newest.number, site.style) if newest else "")
    bumps = tuple(bump for change in facts.window.changes for bump in change.landed.bumps)
    occasion = Occasion(last, named(site.number, site.style), version.version, site.version, bumps)
    amendment = compose(facts.window, facts.spec, facts.ladder, facts.telling, occasion)
    banner = write_banner(facts.spec, amendment, site.number, site.version)
    amended = amend(facts.spec, site, render_section(amendment, site.style), banner)
    name = branch(amendment, site.version)
    other = next((one for one in facts.standing if one != name), None)
    if other:
        mend = f"Look at it with git log {other}, then merge or delete it"
        return (Refuse(f"an amendment of {facts.spec.file} stands on the branch {other} already", mend),)
    title, body = pull_request(amendment, site.style, version.version, site.version, _checked(amendment))
    message = f"{title}\n\n{body}\n{OWN}: {facts.telling.name} {occasion.section}\n"
    return (WriteBranch(name, facts.commit, ((facts.spec.file, amended.text.encode()),), message),)


def _checked(amendment: Amendment) -> tuple[str, ...]:
    """Return what was really checked before the pull request is proposed."""
    read = "The amended spec was read again: new version, exactly one section more, every other byte the same"
    figures = "Tally and percentages follow from the last stated ones and from what landed"
    return (read, figures) if amendment.tally and not amendment.clashes else (read,)
