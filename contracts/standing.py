"""What is asked of a contract as it stands: its version, its ids, its statuses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contracts.changelog import number
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.node import Path
    from contracts.promise import Spot
    from contracts.revision import Revision


def _missing(revision: Revision) -> Iterator[Fault]:
    """A contract states its version.

    Without one nobody can say which promises a piece of evidence is about. Add `version: 1.0.0` to its metadata.
    (pv: SCHEMA-002)
    """
    document = revision.after
    spot = document.versions[0] if document.versions else None
    if spot is None or spot.value is None:
        words = "the contract states no version: add `version: 1.0.0` to its metadata"
        yield Fault(document.place(spot.path if spot else ("metadata",)), words)


def _unreadable(revision: Revision) -> Iterator[Fault]:
    """A version is three numbers.

    Versions are compared as numbers: `1.10.0` is newer than `1.9.0`. A suffix like `-draft` may follow.
    """
    spot = revision.after.versions[0] if revision.after.versions else None
    if spot is not None and spot.value is not None and number(spot.value) is None:
        words = f"“{spot.value[:60]}” is no version: write it as three numbers, for instance 1.4.0"
        yield Fault(revision.after.place(spot.path), words, about="version")


def _places(revision: Revision) -> Iterator[Fault]:
    """A contract that states its version twice states the same one.

    The version at the top of the file counts, and the one in the metadata does not. Some contracts keep the second
    one frozen on purpose, so this is only told.
    """
    stated = [spot for spot in revision.after.versions if spot.value is not None]
    if len(stated) > 1 and stated[0].value != stated[1].value:
        words = f"two versions are stated: {stated[0].value} counts, {stated[1].value} in the metadata does not"
        yield Fault(revision.after.place(stated[1].path), words, about="places")


def _twice(revision: Revision) -> Iterator[Fault]:
    """Each falsifier of a contract has an id of its own.

    A promise is named by its contract and its id. With the same id twice nobody can say which of the two was
    discharged. The same id in two contracts is no fault. (pv: SCHEMA-007)
    """
    seen: Counter[str] = Counter()
    for site in revision.after.sites:
        id_ = site.falsifier.id.text
        seen[id_] += 1
        if seen[id_] > 1:
            words = f"the id {id_} stands more than once: give each falsifier an id of its own"
            yield Fault(revision.after.place(site.path), words)


def _contradiction(revision: Revision) -> Iterator[Fault]:
    """A falsifier that states its status in several places states the same one.

    The status may stand beside the id, as `discharge_status`, or inside the evidence. The first place counts.
    """
    for site in revision.after.sites:
        stated = [spot for spot in site.statuses if spot.value is not None]
        other = next((spot for spot in stated if spot.value != stated[0].value), None)
        if other is not None:
            one, two = (f"{spot.value} at {_dotted(spot, site.path)}" for spot in (stated[0], other))
            words = f"{site.falsifier.id} has two statuses: {one}, {two}"
            yield Fault(revision.after.place(other.path), words)


def _dotted(spot: Spot, base: Path) -> str:
    return ".".join(str(step) for step in spot.path[len(base) :])


def _off(revision: Revision) -> Iterator[Fault]:
    """A status is one of the ladder's steps.

    The steps are those of `tally` in the configuration. Other values are kept, and count on neither side of the
    tally: they may be meant, or misspelt. One notice names them all.
    """
    off = [site for site in revision.after.sites if revision.ladder.rank(site.falsifier.status) < 0]
    if off:
        values = list(dict.fromkeys(str(site.falsifier.status)[:40] for site in off))
        named = ", ".join(values[:6]) + (", …" if len(values) > 6 else "")  # noqa: PLR2004 - as many as were just named
        words = f"statuses off the ladder are counted apart: {named}"
        yield Fault(revision.after.place(off[0].statuses[0].path), words)


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/version-missing", "warning", _missing, standing=True),
    Rule("contract/version-unreadable", "warning", _unreadable, standing=True),
    Rule("contract/version-places", "notice", _places, standing=True),
    Rule("contract/duplicate-id", "error", _twice, standing=True),
    Rule("contract/status-contradiction", "warning", _contradiction, standing=True),
    Rule("contract/status-off-ladder", "notice", _off, standing=True),
)
