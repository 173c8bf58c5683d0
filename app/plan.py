"""What becomes of a judged run, and of what landed: a plan, and a refusal is a plan too. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.carriage import carry
from app.dossier import lay
from app.effect import Plan, Refuse, WriteBranch
from app.imprint import Following, append, follow
from app.message import render
from app.record import compose
from app.story import Discharge, tell
from app.window import OWN
from contracts.error import Complaint
from spec.amend import amend
from spec.amendment import named
from spec.amendment import render as render_section
from spec.banner import write_banner
from spec.escape import inline
from spec.proposal import pull_request
from spec.site import place
from spec.title import branch
from spec.why import Occasion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.carriage import Standing
    from app.discharge import Kind
    from app.record import Telling
    from app.window import Window
    from contracts.model import Ladder
    from spec.document import Spec
    from spec.model import Amendment


Seal = Callable[[Mapping[str, bytes], bytes], Mapping[str, bytes]]
"""From the files of an evidence folder and the contract to the signed envelopes beside the receipts, by path."""
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+|\.{2,}|^\.|\.(?:lock)?$")


def name_branch(contract: str, version: object, kind: Kind = "discharge") -> str:
    """Return the branch on which a contract becomes a version."""
    return f"{under(contract, kind)}v{version}"


@dataclass(frozen=True, slots=True)
class Base:
    """What a discharge builds on: the commit, the branch (None: a new one), every path there.

    *trial* says why this run can discharge nothing, empty if it can.
    """

    commit: str
    branch: str | None
    paths: frozenset[str]
    trial: str = ""


def under(contract: str, kind: Kind = "discharge") -> str:
    """Return what the branches of a contract begin with; what git allows in no branch becomes a dash.

    New evidence joins the discharges of a contract; a discharge that is taken back has a branch of its own.
    """
    return f"{'undischarge' if kind == 'undischarge' else 'discharge'}/{_UNFIT.sub('-', contract)}/"


def decide_discharge(discharge: Discharge | None, base: Base, seal: Seal | None = None) -> Plan:
    """Decide what becomes of a judged run: one commit on the contract's branch, or nothing and why.

    Args:
        discharge: the contract as it would become and what validated it; None where no held
            verdict moves a status.
        base: what the commit builds on.
        seal: signs receipts; None where nobody here may sign.
    """
    if base.trial:
        return (Refuse(f"this was a trial: {base.trial}", "Only commits on the default branch can be discharged"),)
    if discharge is None:
        return (Refuse("nothing to discharge: no held verdict moves a status"),)
    files, message = lay_out(discharge, base.paths, seal)
    name = base.branch or _name(discharge)
    tip = base.commit if base.branch else None
    return (WriteBranch(name, base.commit, tuple(files.items()), message, tip),)


def _name(discharge: Discharge) -> str:
    """Return a branch of its own; where the version stays, the day tells the evidence from the discharge before it."""
    (before, after), kind = discharge.draft.versions, discharge.draft.kind
    day = f"-evidence-{discharge.terms.date}" if kind == "renewal" and before == after else ""
    return name_branch(discharge.case.contract.name, f"{after}{day}", kind)


def lay_out(discharge: Discharge, paths: frozenset[str], seal: Seal | None) -> tuple[dict[str, bytes], str]:
    """Return what the commit of a discharge writes, by path, and its message; *paths* are what stands already."""
    case, terms = discharge.case, discharge.terms
    folder = lay(case, discharge.draft, terms.ladder, terms.folder, paths)
    contract = discharge.draft.amended.text.encode()
    folder |= seal(folder, contract) if seal else {}
    files = {case.contract.path: contract, **folder}
    followed = follow(files, discharge.following)
    return {**files, **followed.files}, render(tell(discharge, files, followed))


@dataclass(frozen=True, slots=True)
class AmendmentFacts:
    """What an amendment is decided from: what landed, the spec at *commit*, what was asked.

    *others* are the open branches of amendments of this spec that stand in the way; *open* is the one that
    this amendment brings up to date, None to begin one. *following* is what follows the spec.
    """

    window: Window
    spec: Spec
    ladder: Ladder
    telling: Telling
    commit: str
    others: tuple[str, ...]
    open: Standing | None = None
    following: Following = field(default_factory=Following)


def decide_amendment(facts: AmendmentFacts) -> Plan:
    """Decide the amendment that records what landed: one commit on a branch of its own, or nothing and why.

    Raises:
        Complaint: the spec states no version, or a section number twice; a model is not known.
    """
    if not (facts.window.changes or facts.telling.late):
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
    name = facts.open.branch if facts.open else branch(amendment, site.version)
    refused = _refuse_others(facts, name)
    if refused:
        return (refused,)
    try:
        carried = carry(facts.open, facts.spec.file, amended.text, amended.number, facts.following)
    except Complaint as complaint:
        return (Refuse(complaint.what, complaint.mend),)
    checked = _checked(amendment, people=carried.text != amended.text)
    title, body = pull_request(amendment, site.style, version.version, site.version, checked)
    files = {facts.spec.file: carried.text.encode()}
    followed = follow(files, facts.following)
    words = f"{title}\n\n{append(body, followed)}{_tell_kept(carried.kept)}"
    own = (OWN, f"{facts.telling.name} {occasion.section}")
    trailers = "".join(f"{key}: {value}\n" for key, value in (*facts.telling.wishes.trailers, own, *carried.trailers))
    parent = facts.open.tip if facts.open and facts.open.follows else facts.commit
    writes = tuple({**files, **followed.files, **carried.files}.items())
    return (WriteBranch(name, parent, writes, f"{words}\n{trailers}", facts.open.tip if facts.open else None),)


def _tell_kept(kept: Sequence[str]) -> str:
    """Return the part of the body that says what could not be brought up to date."""
    return "\n## Not refreshed\n\n" + "".join(f"- {inline(line)}\n" for line in kept) if kept else ""


def _refuse_others(facts: AmendmentFacts, name: str) -> Refuse | None:
    """Refuse to write where another amendment stands."""
    other = next((one for one in facts.others if one != name), None)
    if other:
        mend = f"Look at it with git log {other}, then merge or delete it"
        return Refuse(f"an amendment of {facts.spec.file} stands on the branch {other} already", mend)
    return None


def _checked(amendment: Amendment, *, people: bool) -> tuple[str, ...]:
    """Return what was really checked before the pull request is proposed.

    *people*: words of theirs were carried over, which stand in the spec beside what the amendment writes.
    """
    read = "The amended spec was read again: new version, exactly one section more, every other byte the same"
    apart = ["the line that says as what an earlier section landed"] if amendment.filled else []
    apart += ["what people wrote on this branch"] if people else []
    read += "".join(f"{' and' if n else ''} but for {what}" for n, what in enumerate(apart))
    figures = "Tally and percentages follow from the last stated ones and from what landed"
    return (read, figures) if amendment.tally and not amendment.clashes else (read,)
