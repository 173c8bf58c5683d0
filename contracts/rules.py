"""The rules about contracts, and what they find in one contract or in a change to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts import binding, census, chronicle, claim, demand, movement, outline, registration, standing
from contracts.movement import GONE
from contracts.revision import Revision
from contracts.rule import judge

if TYPE_CHECKING:
    from contracts.document import Document
    from contracts.finding import Finding
    from contracts.model import Ladder
    from contracts.policy import Policy
    from contracts.rule import Rule

RULES: tuple[Rule[Revision], ...] = (
    GONE,
    *standing.RULES,
    *demand.RULES,
    *outline.RULES,
    *claim.RULES,
    *binding.RULES,
    *census.RULES,
    *chronicle.RULES,
    *movement.RULES,
    *registration.RULES,
)


def check(document: Document, ladder: Ladder) -> tuple[Finding, ...]:
    """Return what is wrong with one contract as it stands; nothing for a file that is no contract."""
    if document.contract is None:
        return ()
    return tuple(judge((rule for rule in RULES if rule.standing), Revision(None, document, ladder=ladder)))


def check_change(before: Document | None, after: Document, policy: Policy, ladder: Ladder) -> tuple[Finding, ...]:
    """Return what is wrong with a change; what stood before it is a notice, and a new contract is no change.

    Every finding stands on a line of the new text, and carries the corrected line where it can.
    """
    revision = Revision(before, after, policy, ladder)
    if after.contract is None:
        return tuple(judge((GONE,), revision))
    if before is None or before.contract is None:
        return check(after, ladder)
    return tuple(judge(RULES, revision, Revision(None, before, policy, ladder)))
