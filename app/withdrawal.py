"""What a falsified promise does to its contract: the discharge is taken back, to the step that it stood on before.

It is proposed, and never merged by itself. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.discharge import Draft, bump, tell_evidence
from contracts.amend import AddEntry, AppendEvidence, BumpVersion, FlipStatus, amend
from contracts.group import moves
from contracts.model import Flip
from evidence.model import Falsified
from spec.model import Ship

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.discharge import Terms
    from contracts.amend import Edit
    from contracts.document import Document
    from contracts.progress import Tally
    from evidence.model import Verdict


def draft(document: Document, verdicts: tuple[Verdict, ...], terms: Terms, rungs: Mapping[str, str]) -> Draft | None:
    """Return the contract with what was falsified taken back, None where that moves no status.

    The tally follows; a ship percentage is the operators' word, and stays.

    Args:
        document: the contract that is amended.
        verdicts: what the run came to.
        terms: see `app.discharge.Terms`.
        rungs: falsifier → the status that it gets; only of these a discharge is taken back.

    Raises:
        Complaint: the contract states no version, or an edit cannot be made exactly.
    """
    pairs = [(flip, v) for v in verdicts if isinstance(v, Falsified) and (flip := _flip(document, v, terms, rungs))]
    if not pairs:
        return None
    flips, proofs = tuple(flip for flip, _ in pairs), tuple(verdict for _, verdict in pairs)
    versions = bump(document, terms.policy.asks("withdrawn"))
    tally = (terms.chain.tally, terms.chain.tally.advance(flips, terms.ladder)) if terms.chain.tally else None
    ships = tuple(Ship(model, percent, percent) for model, percent in terms.chain.ships)
    edits: list[Edit] = []
    for flip, verdict in pairs:
        id_ = flip.falsifier.text
        edits += [FlipStatus(id_, str(flip.after)), AppendEvidence(id_, tell_evidence(verdict, terms, versions[1]))]
    if versions[0] != versions[1]:
        edits += [AddEntry(versions[1], terms.date, _tell(flips, terms, tally, ships)), BumpVersion(versions[1])]
    amended = amend(document.text, edits, document.file)
    return Draft(amended, flips, proofs, versions, tally, ships, "undischarge")


def _flip(document: Document, verdict: Falsified, terms: Terms, rungs: Mapping[str, str]) -> Flip | None:
    falsifier = document.contract.falsifier(verdict.falsifier) if document.contract else None
    rung = rungs.get(verdict.falsifier)
    if falsifier is None or rung is None or falsifier.status not in terms.ladder.discharged:
        return None
    return Flip(document.file, falsifier.id, falsifier.status, rung)


def _tell(flips: tuple[Flip, ...], terms: Terms, tally: tuple[Tally, Tally] | None, ships: tuple[Ship, ...]) -> str:
    """Return the changelog entry: what went back and why, where the evidence is, how the tally moved, what stayed."""
    parts = [f"{', '.join(moves(flips))}, falsified by {terms.how} smoke; evidence in {terms.folder}/."]
    parts += [f"Coverage tally: {tally[0].write()} → {tally[1].write()}."] if tally else []
    parts += [f"{ship.model} ship %: {ship.after:g}% (unchanged)." for ship in ships]
    return " ".join(parts)
