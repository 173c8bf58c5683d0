"""What `discharge rules` tells of the rules."""

from __future__ import annotations

import pytest

from app.catalog import RULES
from app.handbook import describe_rules
from contracts.error import Complaint


def told(*ids: str) -> list[str]:
    """Return the ids of the rules that are told."""
    return [row["rule"] for row in describe_rules(ids)[0]]


def test_a_pattern_of_ids_tells_a_family() -> None:
    """In the order of the rules, each of them once; without an id all are told."""
    family = [rule.id for rule in RULES if rule.id.startswith("spec/")]

    assert len(family) > 1
    assert told("spec/*") == told("spec/*", family[1], "sp?c/*") == family
    assert told(family[1], "spec/*")[0] == family[1]
    assert told() == told("**") == [rule.id for rule in RULES]


@pytest.mark.parametrize("id_", ["spek/*", "*", "contract/dangli"])
def test_what_is_no_rule_is_said(id_: str) -> None:
    """A pattern that matches none, and a name that is nearly one."""
    with pytest.raises(Complaint, match="no rule is called"):
        describe_rules([id_])
