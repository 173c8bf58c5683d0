"""The branch that a run writes to: found again where the run wrote it before, or drafted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bot import seal
from app.bot.trust import demand_free
from app.effect import Refuse, WriteBranch
from app.plan import decide_discharge, under
from app.trailer import RUN, read_trailers
from contracts.error import Complaint

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.site import Site
    from app.discharge import Kind
    from app.leg import Observed
    from app.scene import Scene
    from app.story import Discharge
    from evidence.model import Verdict

WITHDRAWS = "undischarge("
"""How the title of a commit begins that takes a discharge back."""
RENEWS = "evidence("
"""How it begins for new evidence alone."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The branch of a discharge: *messages* are those of its commits, oldest first; *write* is what is still to do.

    *merged* says that the commit of this run has landed already.
    """

    name: str
    messages: tuple[str, ...]
    write: WriteBranch | None = None
    head: str = ""
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to: what was seen, and the verdicts; *barred* says why nothing may be written, if so."""

    identity: Identity
    observed: Observed
    verdicts: tuple[Verdict, ...]
    barred: str = ""


def name_mark(site: Site, identity: Identity) -> str:
    """Return what the commit of a run is known by: its name stands in its check run, where people could copy it."""
    return seal.name("discharge:commit v1", identity.run, site.key)


def find(site: Site, scene: Scene, mark: str, kind: Kind = "discharge") -> Branch | None:
    """Return where the commit of this run stands already: after a crash the same run is told again.

    Without a pull request that is the tip of a branch of this contract, as a killed process leaves it: nothing that
    somebody put on top of it is taken along.
    """
    repository, head = scene.workspace.repository, scene.workspace.commit
    contract = scene.workspace.document(head, scene.smoke.contract).contract
    prefix = under(contract.name if contract else "", kind)
    for name, tip in site.heads.items() | repository.branches(prefix).items():
        messages = _list_messages(scene, tip) if name.startswith(prefix) else ()
        wanted = messages if name in site.heads else messages[-1:]
        if any(mark in read_trailers(message, RUN) for message in wanted):
            return Branch(name, messages, head=tip)
    for commit in repository.log(scene.tested, head):
        withdraws = commit.subject.startswith(WITHDRAWS)
        if withdraws == (kind == "undischarge") and mark in read_trailers(commit.message, RUN):
            return Branch("", (commit.message,), merged=True)
    return None


def draft(site: Site, scene: Scene, discharge: Discharge | None) -> tuple[Branch | None, str]:
    """Return the branch that a run writes to, or why it writes none.

    Raises:
        Complaint: the branch stands already, without an open pull request of ours.
    """
    for effect in decide_discharge(discharge, scene.base, site.seal):
        if isinstance(effect, WriteBranch):
            if effect.tip is None:
                demand_free(scene.workspace, effect.branch)
            messages = (*_list_messages(scene, effect.tip), effect.message)
            return Branch(effect.branch, messages, effect), ""
        if isinstance(effect, Refuse):
            return None, str(Complaint(effect.reason, mend=effect.mend))
    return None, ""


def _list_messages(scene: Scene, tip: str | None) -> tuple[str, ...]:
    """Return the messages of what *tip* has and the default branch does not, oldest first."""
    return tuple(c.message for c in scene.workspace.repository.log(scene.workspace.commit, tip)) if tip else ()
