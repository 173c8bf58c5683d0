"""Every rule that there is, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import agreement, config, custody, leniency, reading, reference, registration, staleness, terms, warrant
from contracts import rules as contract_rules
from spec import rules as spec_rules

if TYPE_CHECKING:
    from contracts.rule import Rule

RULES: tuple[Rule[Any], ...] = tuple(
    sorted(
        (
            *contract_rules.RULES,
            *spec_rules.RULES,
            *agreement.RULES,
            *leniency.RULES,
            *terms.RULES,
            config.INVALID,
            custody.ALTERED,
            custody.OUTDATED,
            reading.UNREADABLE,
            reference.DANGLING,
            registration.LATE,
            staleness.STALE,
            warrant.UNWARRANTED,
        ),
        key=lambda rule: rule.id,
    )
)
IDS = frozenset(rule.id for rule in RULES)


def find(id_: str) -> Rule[Any] | None:
    """Return the rule of that id, or None."""
    return next((rule for rule in RULES if rule.id == id_), None)
