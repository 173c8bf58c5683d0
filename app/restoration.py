"""A discharge that stands in evidence, made a case again, so that it can be written anew on a main that moved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.dossier import Case
from app.leg import Observed, find_device
from app.registration import fingerprint
from app.warrant import read
from contracts.error import Complaint, Place
from evidence.replay import judge, replay

if TYPE_CHECKING:
    from app.workspace import Workspace
    from contracts.document import Document
    from evidence.model import Seen
    from evidence.receipt import Receipt
    from runners.smoke import Smoke


def restore(workspace: Workspace, commit: str, path: str, document: Document | None = None) -> Case:
    """Return the case that a receipt and its logs tell, judged anew, against the contract as it is now.

    `draft` and `lay` of the result give the evidence as it stands, but for what the contract decides: versions and
    tally. Of the percentages that somebody declared with the run only `command` knows.

    Args:
        workspace: the default branch as it is now: its configuration must promise what was promised then.
        commit: where the evidence stands, the head of an open branch.
        path: the receipt: `evidence/x-live-discharge-2026-05-04/receipt.json`.
        document: the contract that the case is told against; None for the one of the default branch. The second
            discharge of a branch is told against what the first makes of it.

    Raises:
        Complaint: the receipt does not count by the configuration, its folder or its verdicts are not what it
            says, or what it promised is promised no more.
        Unreadable: there is no such receipt, it cannot be read, or is of form 1.
    """
    receipt, files = read(workspace, commit, path, signed=bool(workspace.configured.config.keys))
    smoke = workspace.smoke(receipt.smoke)
    contract = document or workspace.document(workspace.commit, receipt.contract)
    _demand_promised(receipt, smoke, contract, path)
    case = _compose(receipt, replay(receipt, files), smoke, contract)
    return replace(case, unsigned=not workspace.configured.config.keys)


def _compose(receipt: Receipt, repeats: tuple[dict[str, Seen], ...], smoke: Smoke, contract: Document) -> Case:
    device, backend = find_device(smoke, Observed(repeats, receipt.binary, receipt.needs, ""))
    reused = (ran.source.rpartition("/")[0] for ran in receipt.legs if ran.origin == "reused")
    return Case(
        document=contract,
        smoke=smoke,
        verdicts=judge(receipt, repeats),
        repeats=repeats,
        fingerprints={judged.falsifier: judged.preregistered for judged in receipt.falsifiers},
        commit=receipt.commit,
        host=receipt.host,
        device=device,
        backend=backend,
        binary=receipt.binary,
        needs=receipt.needs,
        date=receipt.date,
        asked_by=receipt.asked_by,
        command=receipt.command,
        tool=receipt.tool,
        folder=next(reused, ""),
        judged_by="app" if receipt.origin == "app" else "terminal",
        repository=receipt.repository,
    )


def _demand_promised(receipt: Receipt, smoke: Smoke, document: Document, path: str) -> None:
    """Refuse what is promised otherwise now than it was when it was measured.

    Raises:
        Complaint: with the falsifier that it is about.
    """
    for judged in receipt.falsifiers:
        promise = smoke.promise(judged.falsifier)
        now = fingerprint(smoke, document, judged.falsifier)
        stated = (judged.predictions, judged.branch, receipt.extract, receipt.proof)
        kept = promise and (promise.predictions, promise.holds, smoke.extract, smoke.proof) == stated
        if not kept or now != judged.preregistered or smoke.contract != receipt.contract:
            what = f"what is promised about {judged.falsifier} changed since it was measured at {receipt.commit[:12]}"
            raise Complaint(what, Place(path), "Run it again")
