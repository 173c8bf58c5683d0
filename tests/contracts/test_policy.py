"""Which change asks for which bump: the whole table, and what a version may do about it."""

from __future__ import annotations

from typing import get_args

import pytest

from contracts.error import Place
from contracts.model import Part, Version
from contracts.policy import Change, Kind, Policy, floor, moved_wrongly

NONE, PATCH, MINOR, MAJOR = Part
TABLE: dict[Kind, Part] = {
    "discharged": MINOR,
    "advanced": MINOR,
    "withdrawn": MINOR,
    "partial": NONE,
    "falsifier_added": MINOR,
    "falsifier_removed": MAJOR,
    "loosened": MAJOR,
    "tightened": MINOR,
    "formula": MAJOR,
    "equation_added": MINOR,
    "obligation_added": MINOR,
    "wording": NONE,
}


def change(kind: Kind) -> Change:
    """Return a change of one kind."""
    return Change(kind, "F-1", "F-1 changed", Place())


def test_every_kind_has_its_floor() -> None:
    """Nothing that can happen to a contract is forgotten."""
    assert set(TABLE) == set(get_args(Kind))
    assert {kind: Policy().asks(kind) for kind in TABLE} == TABLE


def test_a_repository_may_move_five_of_them() -> None:
    """Equations, and what only makes a promise stronger, are not for it to decide."""
    policy = Policy(discharge=PATCH, falsifier_added=PATCH, partial=PATCH, wording=PATCH, loosened=PATCH)
    fixed = {"tightened": MINOR, "formula": MAJOR, "equation_added": MINOR, "obligation_added": MINOR}

    assert {kind: policy.asks(kind) for kind in TABLE} == dict.fromkeys(TABLE, PATCH) | fixed


def test_the_largest_change_counts_and_counts_once() -> None:
    """Ten discharges are one minor bump; no change asks for none."""
    assert floor([], Policy()) is NONE
    assert floor([change("discharged")] * 10, Policy()) is MINOR
    assert floor([change("wording"), change("loosened"), change("discharged")], Policy()) is MAJOR


@pytest.mark.parametrize(
    ("before", "after", "least", "sentence"),
    [
        ("1.3.0", "1.4.0", MINOR, None),
        ("1.3.0", "1.5.0", MINOR, None),
        ("1.3.0", "2.0.0", MINOR, None),
        ("1.3.0", "1.3.0", NONE, None),
        ("1.3.0", "1.4.0", NONE, None),
        ("2.99.0", "3.00.0", MINOR, None),
        ("1.3.0", "1.3.0", MINOR, "the version is still 1.3.0, and this change asks for at least 1.4.0 (minor)"),
        ("1.3.0", "1.3.1", MINOR, "the version moved only to 1.3.1, and this change asks for at least 1.4.0 (minor)"),
        ("1.3.0", "1.4.0", MAJOR, "the version moved only to 1.4.0, and this change asks for at least 2.0.0 (major)"),
        ("1.3.0", "1.2.9", NONE, "the version moved back from 1.3.0 to 1.2.9"),
        ("1.10.0", "1.9.0", MINOR, "the version moved back from 1.10.0 to 1.9.0"),
    ],
)
def test_a_version_must_move_far_enough(before: str, after: str, least: Part, sentence: str | None) -> None:
    """Larger bumps and skipped numbers pass; standing still, moving back and moving too little do not."""
    assert moved_wrongly(Version.parse(before), Version.parse(after), least) == sentence
