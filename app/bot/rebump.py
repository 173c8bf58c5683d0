"""An open discharge on a default branch that moved: written anew from its own evidence, with the next version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app import renewal, withdrawal
from app.bot.sticky import Entry
from app.discharge import Terms, draft
from app.effect import OpenPull, WriteBranch
from app.glob import select
from app.ledger import read_chain, read_levers
from app.plan import lay_out
from app.proposal import find_lacking, land, propose
from app.record import follow_texts
from app.restoration import restore
from app.retinue import find_foreign, gather
from app.story import Discharge
from app.trailer import CO_AUTHOR, RUN, read_trailers
from app.validation import validate
from app.warrant import read as read_receipt
from contracts.error import Complaint
from evidence.model import Falsified
from evidence.receipt import is_receipt
from spec.escape import inline

if TYPE_CHECKING:
    from app.bot.site import Site
    from app.discharge import Draft
    from app.dossier import Case
    from app.effect import Effect, Plan
    from app.github import Pull
    from app.history import Commit
    from contracts.document import Document
    from contracts.progress import Chain
    from evidence.receipt import Receipt


_WITHDRAWS = "undischarge/"
_OWN = ("discharge/", _WITHDRAWS)


@dataclass
class _Draft:
    """What the branch becomes, discharge by discharge: the contract so far, the record so far, files and messages."""

    document: Document
    chain: Chain
    files: dict[str, bytes]
    messages: list[str]


def rebump(site: Site) -> Plan:
    """Return what brings every open discharge up to date whose contract moved on the default branch.

    Where that cannot be done, because what was promised changed or the evidence is not what it says, its pull
    request is told why.
    """
    effects: list[Effect] = []
    for pull in site.survey.pulls:
        path = _moved(site, pull)
        try:
            effects += _write_anew(site, pull, path) if path else []
        except Complaint as complaint:
            effects += _tell(site, pull, complaint)
    return tuple(effects)


def _tell(site: Site, pull: Pull, complaint: Complaint) -> list[Effect]:
    """Return what says on a pull request why it stands as it is; nothing where that is said already."""
    there = replace(site, number=pull.number)
    entry = Entry("rebump", "The default branch moved", "not brought up to date", (f"- {inline(str(complaint))}",))
    told = there.tell([entry])
    standing = {said.id: said.body for said in there.survey.said}
    return [] if told.comment and standing.get(told.comment, "").strip() == told.body.strip() else [told]


def is_open(site: Site) -> bool:
    """Return whether a branch of a discharge stands that the default branch does not have; git knows."""
    repository, head = site.repository, site.workspace.commit
    tips = (tip for prefix in _OWN for tip in repository.branches(prefix).values())
    return any(not repository.contains(head, tip) for tip in tips)


def _moved(site: Site, pull: Pull) -> str:
    """Return the contract of a discharge if it, or what follows it, moved on the default branch since; else nothing."""
    repository, head = site.repository, site.workspace.commit
    fork = repository.fork(head, pull.head) if pull.branch.startswith(_OWN) else None
    if fork is None or fork == head:
        return ""
    touched = [path for path in repository.changed(fork, pull.head) if not path.startswith("evidence/")]
    known = select(touched, site.workspace.configured.config.contracts)
    path = next((path for path in known if not find_foreign(site.workspace, path, fork, pull.head)), "")
    return path if path and repository.read(fork, touched) != repository.read(head, touched) else ""


def _write_anew(site: Site, pull: Pull, path: str) -> list[Effect]:
    workspace, repository = site.workspace, site.repository
    head = workspace.commit
    made = _Draft(workspace.document(head, path), read_chain(workspace, path, head), {}, [])
    for commit in repository.log(head, pull.head):
        for receipt in _receipts(site, commit):
            case = restore(workspace, pull.head, receipt, made.document)
            did, _ = read_receipt(workspace, pull.head, receipt, signed=False)  # `restore` has looked at that
            _discharge(site, made, (case, did), receipt, commit)
    if not made.messages:
        return []  # the default branch has every one of these flips by now; people close the pull request
    title, body = propose(made.messages)
    config = workspace.configured.config.pull_requests
    write = WriteBranch(pull.branch, head, tuple(made.files.items()), f"{title}\n\n{body}\n", pull.head)
    opened = OpenPull(pull.branch, workspace.branch, title, body, find_lacking(pull, config.labels), pull.number)
    return [write, *land(opened, None if pull.branch.startswith(_WITHDRAWS) else config.auto_merge)]


def _receipts(site: Site, commit: Commit) -> list[str]:
    """Return the receipts that a commit brought, in the order in which they were written."""
    parent = site.repository.parent(commit.hash) or commit.hash
    return [path for path in site.repository.changed(parent, commit.hash) if is_receipt(path)]


def _discharge(site: Site, made: _Draft, run: tuple[Case, Receipt], receipt: str, commit: Commit) -> None:
    """Take one run's share of the branch over, against what the ones before make of the contract."""
    workspace, (case, did) = site.workspace, run
    config = workspace.configured.config
    folder, _, page = receipt.rpartition("/")
    reused = tuple((seen.leg, seen.source) for seen in case.seen(()) if seen.origin == "reused")
    joined = page != "receipt.json"
    terms = Terms(config.ladder, config.floor, made.chain, (), case.date, case.how, folder, joined, reused)
    drafted = _draft(case, did, terms)
    if drafted is None:
        return
    valid = validate(workspace, case.document, drafted.amended, workspace.commit, execute=False)
    trailers = tuple((key, value) for key in (RUN, CO_AUTHOR) for value in read_trailers(commit.message, key))
    left = read_levers(workspace, case.contract.path)
    following = gather(workspace, workspace.commit, [case.contract.path])
    told = Discharge(case, drafted, replace(terms, how=case.name_how(drafted.proofs)), valid, left, trailers, following)
    standing = frozenset(site.repository.paths(workspace.commit)) | made.files.keys()
    files, message = lay_out(told, standing, site.seal)
    made.files |= files
    made.messages.append(message)
    made.document = drafted.amended.document
    made.chain = follow_texts(made.chain, [(commit.short, message)])


def _draft(case: Case, did: Receipt, terms: Terms) -> Draft | None:
    """Draft again what a run did by its receipt: discharges, discharges taken back, or evidence alone."""
    rungs = {
        one.falsifier: one.after for one in did.falsifiers if one.verdict == "falsified" and one.after != one.before
    }
    if rungs:
        there = replace(terms, how=case.name_how([one for one in case.verdicts if isinstance(one, Falsified)]))
        return withdrawal.draft(
            case.document, case.verdicts, there, {id_: after for id_, after in rungs.items() if after}
        )
    held = [one for one in did.falsifiers if one.verdict == "held"]
    if any(one.after != one.before for one in held):
        return draft(case.document, case.verdicts, terms)
    return renewal.draft(case.document, case.verdicts, terms, [one.falsifier for one in held])
