"""Which falsifiers a person means: ids without `FALSIFY-`, any case, globs, `<contract>/<id>`, `all`."""

from __future__ import annotations

import difflib
import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contracts.model import Contract, Falsifier

LIMIT = 200
"""A word longer than this is no id."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One falsifier of one contract."""

    contract: Contract
    falsifier: Falsifier


def select(words: Sequence[str], contracts: Sequence[Contract]) -> tuple[Chosen, ...]:
    """Return what *words* name, each falsifier once, in the order of the words.

    Raises:
        Complaint: nothing is named, a word names nothing (the nearest ids are offered), or
            falsifiers of several contracts without saying which.
    """
    everything = [Chosen(contract, falsifier) for contract in contracts for falsifier in contract.falsifiers]
    parts = _words(words)
    if not parts:
        raise Complaint("no falsifier is named", mend="Name one; `discharge list` shows every falsifier")
    found = {(c.contract.path, c.falsifier.id.text): c for word in parts for c in _match(word, everything)}
    return tuple(found.values())


def _words(words: Iterable[str]) -> list[str]:
    return [part for word in words for part in word.replace(",", " ").split()]


def _match(word: str, everything: Sequence[Chosen]) -> list[Chosen]:
    contract, _, name = word.rpartition("/")
    pool = [c for c in everything if not contract or _means(contract, c.contract)] if len(word) <= LIMIT else []
    wanted = name.upper().removeprefix("FALSIFY-")
    pattern = "*" if wanted == "ALL" else wanted
    found = [c for c in pool if fnmatch.fnmatchcase(c.falsifier.id.short, pattern)]
    if not found and wanted.isdigit():
        found = _number(wanted, pool)
    if not found:
        raise Complaint(f"no falsifier is called “{word[:80]}”", mend=_offer(word[:LIMIT], everything))
    several = {c.contract.path: c.contract.name for c in found}
    if len(several) > 1:
        names = sorted(several if len(set(several.values())) < len(several) else several.values())
        choice = ", ".join(f"{n}/{name}" for n in names[:5])
        raise Complaint(f"“{word[:80]}” is in {len(several)} contracts", mend=f"Say which one: {choice}")
    return found


def _number(wanted: str, pool: Sequence[Chosen]) -> list[Chosen]:
    """Return the falsifier that a bare number names.

    Raises:
        Complaint: it names several.
    """
    found = [c for c in pool if c.falsifier.id.number == wanted]
    if len(found) > 1:
        names = ", ".join(f"{c.contract.name}/{c.falsifier.id.short}" for c in found[:5])
        raise Complaint(f"“{wanted}” names {len(found)} falsifiers", mend=f"Say which one: {names}")
    return found


def _means(word: str, contract: Contract) -> bool:
    """Return whether *word* names the contract: by its name, or by its path where the name is not enough."""
    return word.casefold() in (contract.name.casefold(), contract.path.casefold())


def _offer(word: str, everything: Sequence[Chosen]) -> str:
    wanted = word.rpartition("/")[2].upper().removeprefix("FALSIFY-")
    shorts = {c.falsifier.id.short for c in everything}
    near = difflib.get_close_matches(wanted, sorted(shorts), n=3, cutoff=0.5)
    return f"Perhaps you mean {', '.join(near)}" if near else "`discharge list` shows every falsifier"
