"""What is asked of a contract, and of a change to it."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from contracts.changelog import number
from contracts.finding import Finding, Severity
from contracts.model import Part, Version
from contracts.policy import Policy, classify, floor, moved_wrongly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.model import Falsifier, Ladder
    from contracts.node import Path
    from contracts.promise import Site, Spot


def check(document: Document, ladder: Ladder) -> tuple[Finding, ...]:
    """Return what is wrong with one contract as it stands; nothing for a file that is no contract."""
    if document.contract is None:
        return ()
    rules = (_version(document), _places(document), _ids(document), _statuses(document), _off(document, ladder))
    return tuple(chain.from_iterable(rules))


def check_change(before: Document | None, after: Document, policy: Policy, ladder: Ladder) -> tuple[Finding, ...]:
    """Return what is wrong with a change, and only what it introduces; a new contract is no change.

    Every finding stands on a line of the new text, and carries the corrected line where it can.
    """
    if before is None or before.contract is None:
        return ()
    if after.contract is None:
        words = f"this file was a contract and is none any more: {after.reason}"
        return (Finding("contract/gone", "error", after.place(()), words),)
    rules = (
        _floor(before, after, policy, ladder),
        _apart(before, after),
        _unrecorded(before, after),
        _unproved(before, after, ladder),
    )
    return tuple(chain.from_iterable(rules))


def _find(document: Document, rule: str, severity: Severity, path: Path, message: str) -> Finding:
    return Finding(f"contract/{rule}", severity, document.place(path), message)


def _version(document: Document) -> Iterator[Finding]:
    spot = document.versions[0] if document.versions else None
    if spot is None or spot.value is None:
        words = "the contract states no version: add `version: 1.0.0` to its metadata"
        yield _find(document, "version-missing", "warning", spot.path if spot else ("metadata",), words)
    elif number(spot.value) is None:
        words = f"“{spot.value[:60]}” is no version: write it as three numbers, for instance 1.4.0"
        yield _find(document, "version-unreadable", "warning", spot.path, words)


def _places(document: Document) -> Iterator[Finding]:
    stated = [spot for spot in document.versions if spot.value is not None]
    if len(stated) > 1 and stated[0].value != stated[1].value:
        words = f"two versions are stated: {stated[0].value} counts, {stated[1].value} in the metadata does not"
        yield _find(document, "version-places", "notice", stated[1].path, words)


def _ids(document: Document) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for site in document.sites:
        id_ = site.falsifier.id.text
        seen[id_] += 1
        if seen[id_] > 1:
            words = f"the id {id_} stands more than once: give each falsifier an id of its own"
            yield _find(document, "duplicate-id", "error", site.path, words)


def _statuses(document: Document) -> Iterator[Finding]:
    for site in document.sites:
        stated = [spot for spot in site.statuses if spot.value is not None]
        other = next((spot for spot in stated if spot.value != stated[0].value), None)
        if other is not None:
            one, two = (f"{spot.value} at {_dotted(spot, site.path)}" for spot in (stated[0], other))
            words = f"{site.falsifier.id} has two statuses: {one}, {two}"
            yield _find(document, "status-contradiction", "warning", other.path, words)


def _dotted(spot: Spot, base: Path) -> str:
    return ".".join(str(step) for step in spot.path[len(base) :])


def _off(document: Document, ladder: Ladder) -> Iterator[Finding]:
    """Yield one notice about all statuses off the ladder: they may be meant, or be misspelt."""
    off = [site for site in document.sites if ladder.rank(site.falsifier.status) < 0]
    if off:
        values = list(dict.fromkeys(str(site.falsifier.status)[:40] for site in off))
        named = ", ".join(values[:6]) + (", …" if len(values) > 6 else "")  # noqa: PLR2004 - as many as were just named
        words = f"statuses off the ladder are counted apart: {named}"
        yield _find(document, "status-off-ladder", "notice", off[0].statuses[0].path, words)


def _floor(before: Document, after: Document, policy: Policy, ladder: Ladder) -> Iterator[Finding]:
    """Ask for the bump that the largest change needs."""
    old = number(before.contract.version) if before.contract else None
    if old is None:
        return
    stated = after.contract.version if after.contract else None
    new = number(stated)
    path = after.versions[0].path if after.versions else ("metadata",)
    changes = classify(before, after, ladder)
    least = floor(changes, policy)
    if new is None:
        words = f"the version {old} became {f'“{stated[:60]}”, which is none' if stated else 'none at all'}"
        yield _corrected(after, "version-floor", path, words, old.bump(max(least, Part.PATCH)))
        return
    wrong = moved_wrongly(old, new, least)
    if wrong is not None:
        reasons = [change.sentence for change in changes if policy.asks(change.kind) is least] if least else []
        more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
        because = f": {reasons[0]}{more}" if reasons and new >= old else ""
        rule = "version-back" if new < old else "version-floor"
        yield _corrected(after, rule, path, wrong + because, old.bump(least))


def _apart(before: Document, after: Document) -> Iterator[Finding]:
    """Two places of the version that agreed must go on agreeing."""
    if len(before.versions) > 1 and len({spot.value for spot in before.versions}) == 1 and len(after.versions) > 1:
        known = before.versions[0].value
        one, two = after.versions[:2]
        if one.value != two.value:
            stale, right = (one, two) if one.value == known else (two, one)
            words = f"the version is {right.value} in one place and {stale.value} here, and the two agreed before"
            wanted = number(right.value)
            if wanted is None:
                yield _find(after, "version-apart", "error", stale.path, words)
            else:
                yield _corrected(after, "version-apart", stale.path, words, wanted)


def _unrecorded(before: Document, after: Document) -> Iterator[Finding]:
    """A version that moved needs an entry where the contract keeps a history."""
    old, new = (number(d.contract.version) if d.contract else None for d in (before, after))
    if old is None or new is None or new.numbers <= old.numbers or after.log is None or not after.log.entries:
        return
    if not any(entry.number and entry.number.numbers == new.numbers for entry in after.log.entries):
        words = f"the version moved from {old} to {new}, and {'.'.join(map(str, after.log.path))} has no entry for it"
        yield _find(after, "changelog-entry", "error", after.log.path, words)


def discharged(before: Document, after: Document, ladder: Ladder) -> Iterator[tuple[Falsifier | None, Site]]:
    """Yield the falsifiers that a change discharges, each with what it was before."""
    known = {site.falsifier.id.text: site.falsifier for site in reversed(before.sites)}
    for site in after.sites:
        was = known.get(site.falsifier.id.text)
        if site.falsifier.status in ladder.discharged and (was is None or was.status not in ladder.discharged):
            yield was, site


def _unproved(before: Document, after: Document, ladder: Ladder) -> Iterator[Finding]:
    """A falsifier that became discharged needs a line of evidence that was not there."""
    for was, site in discharged(before, after, ladder):
        now = site.falsifier
        if not Counter(now.evidence) - Counter(was.evidence if was else ()):
            words = f"{now.id} moved to {now.status} without a new line of evidence"
            yield _find(after, "evidence-missing", "error", site.statuses[0].path, words)


def _corrected(document: Document, rule: str, path: Path, message: str, version: Version) -> Finding:
    """Return an error at the version, with its line as it should be where the version stands on one."""
    spot = next((spot for spot in document.versions if spot.path == path), None)
    place = document.place(path)
    suggestion = ""
    if spot is not None and spot.value is not None and "\n" not in document.text[spot.node.start : spot.node.end]:
        start = document.text.rfind("\n", 0, spot.node.start) + 1
        written = document.text[spot.node.start : spot.node.end].replace(spot.value, str(version), 1)
        rest = document.text[spot.node.end :].split("\n", 1)[0].rstrip("\r")
        suggestion = document.text[start : spot.node.start] + written + rest
    return Finding(f"contract/{rule}", "error", place, message, suggestion)
