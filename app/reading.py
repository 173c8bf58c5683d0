"""What cannot be read, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config import Misconfigured
from contracts.error import Place, Unreadable
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.finding import Finding


def _unreadable(error: Unreadable) -> Iterator[Fault]:
    """Every contract, spec and configuration can be read.

    What cannot be read cannot be kept true. YAML is read as YAML 1.2 without anchors, aliases, tags and doubled keys,
    as UTF-8, within bounds of size and depth; the finding names line and column. (pv: SCHEMA-020, a doubled key)
    """
    place = error.place if error.place.line else Place(error.place.file, 1, 1)
    yield Fault(place, " ".join(f"{part.rstrip('.')}." for part in (error.what, error.mend) if part))


UNREADABLE: Rule[Unreadable] = Rule("file/unreadable", "error", _unreadable)


def refuse(error: Unreadable) -> tuple[Finding, ...]:
    """Return what is wrong with a file that cannot be read: every mistake of a configuration, else the one there is."""
    if isinstance(error, Misconfigured):
        return error.findings
    return tuple(UNREADABLE.state(fault) for fault in UNREADABLE.find(error))
