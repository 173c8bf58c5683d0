"""What a promise that holds once more does to its contract: a line of evidence joins, and the status stays. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.discharge import Draft, bump, tell_evidence
from contracts.amend import AddEntry, AppendEvidence, BumpVersion, amend
from contracts.group import group
from evidence.model import Held

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.discharge import Terms
    from contracts.amend import Edit
    from contracts.document import Document
    from evidence.model import Verdict


def draft(document: Document, verdicts: tuple[Verdict, ...], terms: Terms, stale: Collection[str]) -> Draft | None:
    """Return the contract with new evidence of what was stale and held, None where nothing of it did.

    Evidence alone asks for no larger bump than words do (`policy: {wording: …}`): for none, unless configured.

    Args:
        document: the contract that is amended.
        verdicts: what the run came to.
        terms: see `app.discharge.Terms`.
        stale: the falsifiers whose evidence was stale.

    Raises:
        Complaint: the contract states no version, or an edit cannot be made exactly.
    """
    discharged = document.contract.at(terms.ladder.discharged) if document.contract else ()
    known = {falsifier.id.text for falsifier in discharged} & set(stale)
    proofs = tuple(verdict for verdict in verdicts if isinstance(verdict, Held) and verdict.falsifier in known)
    if not proofs:
        return None
    versions = bump(document, terms.policy.asks("wording"))
    edits: list[Edit] = [AppendEvidence(v.falsifier, tell_evidence(v, terms, versions[1])) for v in proofs]
    if versions[0] != versions[1]:
        ids = group(verdict.falsifier for verdict in proofs)
        entry = f"{ids} measured again by {terms.how} smoke: held; evidence in {terms.folder}/."
        edits += [AddEntry(versions[1], terms.date, entry), BumpVersion(versions[1])]
    amended = amend(document.text, edits, document.file)
    tally = (terms.chain.tally, terms.chain.tally) if terms.chain.tally else None
    return Draft(amended, (), proofs, versions, tally, (), "renewal")
