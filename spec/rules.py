"""The rules about specs, and what they find in one spec or in a change to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.rule import judge
from spec import agreement, authorship, leftover, movement, numbering, progress, reckoning, record, standing, testimony
from spec.revision import Revision

if TYPE_CHECKING:
    from contracts.finding import Finding
    from contracts.progress import Chain
    from contracts.rule import Rule
    from spec.document import Spec

RULES: tuple[Rule[Revision], ...] = (
    *standing.RULES,
    *agreement.RULES,
    *numbering.RULES,
    *movement.RULES,
    *progress.RULES,
    *reckoning.RULES,
    *testimony.RULES,
    *record.RULES,
    *leftover.RULES,
    *authorship.RULES,
)


def check(spec: Spec) -> tuple[Finding, ...]:
    """Return what is wrong with a spec as it stands: its version, its numbers, its top banner."""
    return tuple(judge((rule for rule in RULES if rule.standing), Revision(None, spec)))


def check_change(before: Spec | None, after: Spec, known: Chain | None = None) -> tuple[Finding, ...]:
    """Return what a change brings in: only that can fail it.

    *before* is None where the file is new. *known* is what the record says before the new sections,
    where more than the spec tells it (changelogs and landed messages); by default `before.chain()`.
    A new section needs a new version, and each move it states must start from what was stated last.
    """
    return tuple(finding for finding in examine(Revision(before, after, known)) if not finding.stood)


def examine(revision: Revision) -> tuple[Finding, ...]:
    """Return everything that the rules find; what stood before the change is a notice, and a new spec is no change."""
    if revision.before is None:
        return check(revision.after)
    return tuple(judge(RULES, revision, Revision(None, revision.before)))
