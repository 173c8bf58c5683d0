"""What a discharge does to the contract: which statuses flip, to which version, with which lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from contracts.amend import AddEntry, AppendEvidence, BumpVersion, FlipStatus, amend
from contracts.error import Complaint, Place, Unreadable
from contracts.group import group, moves
from contracts.model import Flip, Ladder, Part, Version
from evidence.model import Held, Match
from spec.model import Ship
from spec.sentence import clip

if TYPE_CHECKING:
    from contracts.amend import Amended, Edit
    from contracts.document import Document
    from contracts.model import Falsifier
    from contracts.policy import Policy
    from contracts.progress import Chain, ShipDeclared, Tally
    from evidence.model import Falsified, Measurement, Verdict


ROW_LIMIT = 240
"""How long one measurement may be in an evidence line, in characters."""


Kind = Literal["discharge", "undischarge", "renewal"]
"""What a run does to a contract: promises are discharged, discharges taken back, or only their evidence made new."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The contract as it will be, and what that moves; *proofs* are the verdicts that it rests on."""

    amended: Amended
    flips: tuple[Flip, ...]
    proofs: tuple[Held | Falsified, ...]
    versions: tuple[str, str]
    tally: tuple[Tally, Tally] | None
    ships: tuple[Ship, ...]
    kind: Kind = "discharge"


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms the contract is amended: the configuration's, the record's, the operator's."""

    ladder: Ladder
    policy: Policy
    chain: Chain
    ships: tuple[ShipDeclared, ...]
    date: str
    how: str
    folder: str
    joined: bool
    """Whether the folder stands already, with pages of an earlier discharge in it."""
    reused: tuple[tuple[str, str], ...]
    """(leg, log) of every leg that was reused from evidence."""


def draft(document: Document, verdicts: tuple[Verdict, ...], terms: Terms) -> Draft | None:
    """Return the amended contract, or None where no held verdict moves a status.

    Raises:
        Complaint: the contract states no version, or an edit cannot be made exactly.
    """
    pairs = tuple(_flips(document, verdicts, terms.ladder))
    if not pairs:
        return None
    flips, held = tuple(f for f, _ in pairs), tuple(h for _, h in pairs)
    versions = bump(document, terms.policy.discharge)
    tally = (terms.chain.tally, terms.chain.tally.advance(flips, terms.ladder)) if terms.chain.tally else None
    ships = tuple(move(declared, terms.chain) for declared in terms.ships)
    entry = _entry(flips, held, terms, tally, ships)
    edits: list[Edit] = []
    for flip, verdict in pairs:
        id_ = flip.falsifier.text
        edits += [FlipStatus(id_, str(flip.after)), AppendEvidence(id_, tell_evidence(verdict, terms, versions[1]))]
    if versions[0] != versions[1]:
        edits += [AddEntry(versions[1], terms.date, entry), BumpVersion(versions[1])]
    return Draft(amend(document.text, edits, document.file), flips, held, versions, tally, ships)


def _flips(document: Document, verdicts: tuple[Verdict, ...], ladder: Ladder) -> list[tuple[Flip, Held]]:
    """Return a flip for every held verdict whose falsifier is not discharged yet."""
    assert document.contract is not None, "resolved before"
    found = []
    for verdict in verdicts:
        falsifier = document.contract.falsifier(verdict.falsifier)
        if isinstance(verdict, Held) and falsifier and falsifier.status not in ladder.discharged:
            _demand_rung(document, falsifier, ladder)
            flip = Flip(document.file, falsifier.id, falsifier.status, ladder.discharged[-1])
            found.append((flip, verdict))
    return found


def _demand_rung(document: Document, falsifier: Falsifier, ladder: Ladder) -> None:
    """Refuse to flip a status that is no step of the ladder: it may say that the promise was withdrawn.

    Raises:
        Complaint: with what to do about it.
    """
    if ladder.rank(falsifier.status) < 0:
        what = f"the status of {falsifier.id} is “{(falsifier.status or '')[:60]}”, which is no step of the ladder"
        mend = "Name it under `tally: {partial: […]}`, or give the falsifier a status of the ladder"
        raise Complaint(what, document.place(document.statuses(falsifier.id.text)[0].path), mend)


def bump(document: Document, part: Part) -> tuple[str, str]:
    """Return the contract's version before and after a bump.

    Raises:
        Complaint: it states none.
    """
    stated = document.contract.version if document.contract else None
    if stated is None:
        mend = "Write `version: 1.0.0` under metadata first"
        raise Complaint("the contract states no version, so none can be bumped", Place(document.file, 1), mend)
    try:
        return stated, str(Version.parse(stated).bump(part))
    except Unreadable as error:
        raise Unreadable(error.what, document.place(document.versions[0].path), error.mend) from None


def move(declared: ShipDeclared, chain: Chain) -> Ship:
    """Return the move of a ship percentage that an operator declared.

    Raises:
        Complaint: nobody has stated a percentage of that model yet.
    """
    before = chain.ship(declared.model)
    if before is None:
        known = ", ".join(model for model, _ in chain.ships) or "no model"
        what = f"no ship percentage of {declared.model} is stated anywhere, so it cannot move"
        raise Complaint(what, mend=f"The record states {known}")
    return Ship(declared.model, before, declared.apply(before), declared.reason)


def tell_evidence(verdict: Held | Falsified, terms: Terms, version: str) -> str:
    """Return the evidence line of a verdict: what was seen, of a falsified promise what spoke against it, and where."""
    kind = terms.how.partition(" ")[0].capitalize()
    reused = "".join(f"; leg {leg} reused from {source}" for leg, source in terms.reused)
    seen = tell_seen(verdict)
    page = name_page("findings.md", version if terms.joined else "")
    if not isinstance(verdict, Held):
        return f"{kind} smoke {terms.date}: falsified: {seen}; see {terms.folder}/{page}{reused}"
    branch = "" if verdict.branch == "prediction" else " (the if_fails branch is what was validated)"
    return f"{kind} smoke {terms.date}: {seen}{branch}; see {terms.folder}/{page}{reused}"


def tell_seen(verdict: Held | Falsified) -> str:
    """Return what a verdict rests on: every row of what held, and of what did not only those that did not match."""
    held = isinstance(verdict, Held)
    rows = [row for row in verdict.measurements if held or row.match is Match.NO]
    return "; ".join(dict.fromkeys(tell_row(row) for row in rows))


def name_page(name: str, version: str) -> str:
    """Return the name of a page in a folder: `findings.md`, and `findings-v1.5.0.md` for one that joined it."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}-v{version}.{ending}" if version else name


def tell_row(measurement: Measurement) -> str:
    """Return what was predicted and what was seen, on one line."""
    return clip(" ".join(f"{measurement.expected}: {measurement.observed}".split()), ROW_LIMIT)


def _entry(
    flips: tuple[Flip, ...],
    held: tuple[Held, ...],
    terms: Terms,
    tally: tuple[Tally, Tally] | None,
    ships: tuple[Ship, ...],
) -> str:
    """Return the changelog entry: what flipped, where the evidence is, how tally and percentages moved."""
    parts = [f"{', '.join(moves(flips))} via {terms.how} smoke; evidence in {terms.folder}/."]
    if any(h.branch == "if_fails" for h in held):
        ids = group(h.falsifier for h in held if h.branch == "if_fails")
        parts.append(f"The if_fails branch is what was validated for {ids}.")
    if tally:
        parts.append(f"Coverage tally: {tally[0].write()} → {tally[1].write()}.")
    parts += [f"{s.model} ship %: {s.before:g}% → {s.after:g}%{f' ({s.reason})' if s.reason else ''}." for s in ships]
    return " ".join(parts)
