"""What is asked of a change to a contract: how its version, its history and its statuses may move."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from contracts.changelog import number
from contracts.chronicle import misnamed
from contracts.claim import is_proved, seen
from contracts.correction import correct
from contracts.model import Part
from contracts.policy import classify, floor, moved_wrongly
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.model import Version
    from contracts.node import Path
    from contracts.revision import Revision


def _gone(revision: Revision) -> Iterator[Fault]:
    """A contract stays one.

    A file that was a contract and is none any more takes its promises with it. So does a contract that is taken away
    or moved, which is a warning: people do that on purpose, and see here how many promises go.
    """
    if revision.before and revision.before.contract and revision.after.contract is None:
        words = f"this file was a contract and is none any more: {revision.after.reason}"
        yield Fault(revision.after.place(()), words)


def _floor(revision: Revision) -> Iterator[Fault]:
    """A change raises the version by at least what the policy asks of it.

    Which change asks for which part is configured under `policy`; by default a discharge and a new falsifier ask for
    a minor bump, a loosened promise for a major one, wording for none. It is a floor: larger bumps pass. One change
    needs one bump, the largest.
    """
    old = _old(revision)
    if old is None:
        return
    after, ladder, policy = revision.after, revision.ladder, revision.policy
    stated = after.contract.version if after.contract else None
    new = number(stated)
    changes = classify(revision.before or after, after, ladder)
    least = floor(changes, policy)
    if new is None:
        words = f"the version {old} became {f'“{stated[:60]}”, which is none' if stated else 'none at all'}"
        yield _corrected(revision, words, old.bump(max(least, Part.PATCH)))
        return
    wrong = moved_wrongly(old, new, least)
    if wrong is not None and new >= old:
        reasons = [change.sentence for change in changes if policy.asks(change.kind) is least] if least else []
        more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
        yield _corrected(revision, wrong + (f": {reasons[0]}{more}" if reasons else ""), old.bump(least))


def _back(revision: Revision) -> Iterator[Fault]:
    """A version never moves back.

    Evidence names the version that it was measured against, and a version that is given twice names two things.
    """
    old, new = _old(revision), number(revision.after.contract.version if revision.after.contract else None)
    if old is not None and new is not None and new < old:
        least = floor(classify(revision.before or revision.after, revision.after, revision.ladder), revision.policy)
        yield _corrected(revision, f"the version moved back from {old} to {new}", old.bump(least))


def _old(revision: Revision) -> Version | None:
    before = revision.before
    return number(before.contract.version) if before and before.contract else None


def _apart(revision: Revision) -> Iterator[Fault]:
    """Two places of the version that agreed go on agreeing.

    A change that moves one of them moves the other, too.
    """
    before, after = revision.before, revision.after
    if before is None or len(before.versions) < 2 or len(after.versions) < 2:  # noqa: PLR2004 - the two places
        return
    if len({spot.value for spot in before.versions}) > 1:
        return
    one, two = after.versions[:2]
    if one.value != two.value:
        stale, right = (one, two) if one.value == before.versions[0].value else (two, one)
        words = f"the version is {right.value} in one place and {stale.value} here, and the two agreed before"
        wanted = number(right.value)
        yield Fault(after.place(stale.path), words, correct(after, stale.path, wanted) if wanted else "")


def _unrecorded(revision: Revision) -> Iterator[Fault]:
    """A version that moves gets an entry where the contract keeps a history.

    The history is `metadata.changelog`, `changelog` or `status_history`; the entry names the new version.
    """
    old, new = _old(revision), number(revision.after.contract.version if revision.after.contract else None)
    log = revision.after.log
    if old is None or new is None or new.numbers <= old.numbers or log is None or not log.entries:
        return
    if misnamed(revision):
        return  # `contract/changelog-wrong` says more
    if not any(entry.number and entry.number.numbers == new.numbers for entry in log.entries):
        words = f"the version moved from {old} to {new}, and {'.'.join(map(str, log.path))} has no entry for it"
        yield Fault(revision.after.place(log.path), words)


def _unproved(revision: Revision) -> Iterator[Fault]:
    """A status that moves up gets new evidence.

    Whoever discharges a falsifier adds a line to its list of evidence that was not there before, and that says where
    the evidence lies. A step up the ladder below that without anything new in the evidence is a warning; without any
    evidence at all it is told by `contract/partial-without-evidence`.
    """
    for was, site in revision.discharged:
        now = site.falsifier
        if not Counter(now.evidence) - Counter(was.falsifier.evidence if was else ()):
            words = f"{now.id} moved to {now.status} without a new line of evidence"
            yield Fault(revision.after.place(site.statuses[0].path), words)
    for old, site in revision.pairs:
        now = site.falsifier
        if _climbed(revision, old.falsifier.status, now.status) and is_proved(site) and seen(site) <= seen(old):
            words = f"{now.id} moved up to {now.status} with nothing new in its evidence"
            yield Fault(revision.after.place(site.statuses[0].path), words, severity="warning")


def _climbed(revision: Revision, was: str | None, now: str | None) -> bool:
    """Return whether a status moved up the ladder without reaching its end."""
    ladder = revision.ladder
    return now in ladder.partial and ladder.rank(now) > max(ladder.rank(was), 0)


def _corrected(revision: Revision, message: str, version: Version) -> Fault:
    """Return a fault at the version, with its line as it should be."""
    path: Path = revision.after.versions[0].path if revision.after.versions else ("metadata",)
    return Fault(revision.after.place(path), message, correct(revision.after, path, version))


GONE: Rule[Revision] = Rule("contract/gone", "error", _gone)
RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/version-floor", "error", _floor),
    Rule("contract/version-back", "error", _back),
    Rule("contract/version-apart", "error", _apart),
    Rule("contract/changelog-entry", "error", _unrecorded),
    Rule("contract/evidence-missing", "error", _unproved),
)
