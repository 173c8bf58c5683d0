"""The Five Whys of an amendment: what facts can answer, what people have answered, and what is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.group import group, moves, phrase
from contracts.model import Part
from spec.lines import bound
from spec.model import Matter, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contracts.model import Version
    from spec.model import Amendment, Landed, Row

OPEN = "Open: "
"""How a sentence begins that only a person can replace."""
MARKS = 12
"""How many landmarks one answer names."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an amendment's facts do not say of themselves.

    *last* is the section before this one (`§42`), empty if there is none; *section* this one;
    *before* and *after* are the spec's versions; *bumps* the contracts' (`x-v1 v1.3.0 → v1.4.0`).
    """

    last: str
    section: str
    before: Version
    after: Version
    bumps: tuple[str, ...] = ()


def row_moves(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return one phrase for each kind of move among the rows that moved."""
    return phrase((id_, row.before, row.after) for row in rows if row.before != row.after for id_ in row.falsifiers)


def count(number: int, noun: str) -> str:
    """Return `1 pull request`, `2 pull requests`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def chain(landed: Sequence[Landed]) -> str:
    """Return the pull requests from the lowest to the highest: `#1438-#1440`, `#1438`, or nothing."""
    numbers = sorted({pr.number for pr in landed})
    return "-".join(f"#{n}" for n in dict.fromkeys((*numbers[:1], *numbers[-1:])))


def days(landed: Sequence[Landed]) -> str:
    """Return when they landed: `on 2026-05-03`, or `from 2026-05-03 to 2026-05-04`."""
    dates = sorted({pr.date[:10] for pr in landed if pr.date})
    if not dates:
        return ""
    return f"on {dates[0]}" if len(dates) == 1 else f"from {dates[0]} to {dates[-1]}"


def scaffold(amendment: Amendment, occasion: Occasion) -> tuple[Why, ...]:
    """Return the five questions with the facts that answer them, then the answers that landed with the work.

    The fourth is asked once for each contract whose statuses moved; where no evidence says why, its
    answer stays empty. Carried answers keep their source; equal ones stand once.
    """
    measured = (
        _now(amendment, occasion),
        _together(amendment.landed),
        _bump(occasion),
        *_flips(amendment.rows),
        _bounded(amendment),
    )
    return (*measured, *_carried(amendment.landed))


def _now(amendment: Amendment, occasion: Occasion) -> Why:
    since = f"since {occasion.last}" if occasion.last else "so far"
    parts = [count(len(amendment.landed), "pull request")] if amendment.landed else []
    parts += [count(len(amendment.direct), "commit") + " without a pull request"] if amendment.direct else []
    landed = f"{' and '.join(parts) or 'Nothing'} landed {since}."
    marks = [f"#{pr.number} is a landmark: {_discharged(pr)}." for pr in amendment.landed if pr.smoke]
    more = [f"{count(len(marks) - MARKS, 'more landmark')} landed."] if len(marks) > MARKS else []
    return Why("Why amend the spec now?", " ".join([landed, *marks[:MARKS], *more]))


def _discharged(pr: Landed) -> str:
    return f"it moved {'; '.join(moves(pr.flips))}" if pr.flips else f"a discharge by {pr.smoke}"


def _together(landed: Sequence[Landed]) -> Why:
    when = days(landed)
    told = f"{chain(landed)} landed{f' {when}' if when else ''}."
    if len(landed) > 1:
        return Why(f"Why one amendment for all {len(landed)} PRs?", told)
    if landed:
        return Why("Why an amendment for one PR?", told)
    return Why("Why an amendment without a pull request?")


def _bump(occasion: Occasion) -> Why:
    before, after = occasion.before, occasion.after
    part = before.moved(after)
    why = f"a section takes one minor version, and this is {occasion.section}"
    rolled = "; the minor number rolls over at the end of its width" if part is Part.MAJOR else ""
    bumps = f"Contracts: {', '.join(occasion.bumps)}." if occasion.bumps else "No recorded contract's version moved."
    return Why("Why this bump?", f"v{before} → v{after}: {why}{rolled}. {bumps}")


def _flips(rows: Iterable[Row]) -> tuple[Why, ...]:
    """Ask once for each contract; the answer is what its evidence says."""
    contracts: dict[str, list[Row]] = {}
    for row in rows:
        if row.before != row.after:
            contracts.setdefault(row.contract, []).append(row)
    if not contracts:
        return (Why("Why did no status move?", "The recorded contracts state the same statuses at both ends."),)
    return tuple(Why(f"Why flip {'; '.join(row_moves(moved))}?", _noted(moved)) for moved in contracts.values())


def _noted(rows: Sequence[Row]) -> str:
    """Return the notes, each once, named by their falsifiers where they differ; nothing where there are none."""
    notes: dict[str, list[str]] = {}
    for row in rows:
        notes.setdefault(row.notes.strip().rstrip("."), []).extend(row.falsifiers)
    silent = notes.pop("", [])
    if len(notes) == 1 and not silent:
        return f"{next(iter(notes))}."
    told = [f"{group(ids)}: {note}." for note, ids in notes.items()]
    return " ".join([*told, f"No evidence line says why for {group(silent)}."] if told and silent else told)


def _bounded(amendment: Amendment) -> Why:
    landed = amendment.landed
    size = bound(sum((pr.lines for pr in landed), amendment.others), len(landed), len(amendment.direct))
    return Why("Why bounded?", size[:1].upper() + size[1:])


def _carried(landed: Iterable[Landed]) -> tuple[Why, ...]:
    found: dict[str, Why] = {}
    for pr in landed:
        for why in pr.whys:
            found.setdefault(" ".join(f"{why.question} {why.answer}".casefold().split()), why)
    return tuple(found.values())


def matter(amendment: Amendment) -> tuple[Matter, ...]:
    """Return for each model what is known of it, and what only a person can add.

    Models are those whose percentage moved, then those that landed pull requests name.
    """
    reasons = {ship.model: ship.reason for ship in amendment.ships if ship.reason or ship.before != ship.after}
    named = (model for pr in amendment.landed for model in pr.models)
    models = dict.fromkeys([*reasons, *named])
    return tuple(_matter(model, amendment.landed, reasons.get(model, "")) for model in models)


def _matter(model: str, landed: Iterable[Landed], reason: str) -> Matter:
    naming = [pr for pr in landed if model in pr.models]
    flips = moves(flip for pr in naming for flip in pr.flips)
    sentences = [f"Named by {', '.join(f'#{pr.number}' for pr in naming)}."] if naming else []
    sentences += [f"Moved there: {'; '.join(flips)}."] if flips else []
    last = f"{reason[:1].upper()}{reason[1:].rstrip('.')}." if reason else f"{OPEN}what does this change for {model}?"
    return Matter(model, (*sentences, last))
