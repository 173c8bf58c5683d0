"""Ids and flips in few words."""

from __future__ import annotations

import pytest

from contracts.group import group, moves
from contracts.model import FalsifierId, Flip
from spec.model import Row
from spec.why import row_moves


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        (("FALSIFY-CPU-GPU-001",), "FALSIFY-CPU-GPU-001"),
        (tuple(f"FALSIFY-CPU-GPU-00{n}" for n in (1, 2, 3, 4)), "FALSIFY-CPU-GPU-001/002/003/004"),
        (("FALSIFY-X-011", "FALSIFY-X-010", "FALSIFY-X-011"), "FALSIFY-X-010/011"),
        (("FALSIFY-X-001", "FT-001", "FALSIFY-X-2b"), "FALSIFY-X-001/2b, FT-001"),
        (("alone", "other"), "alone, other"),
        ((), ""),
    ],
)
def test_group(ids: tuple[str, ...], text: str) -> None:
    """Ids of one stem share it, numbers ascend, and nothing stands twice."""
    assert group(ids) == text


def test_moves() -> None:
    """Flips of one kind are one phrase; a missing status is unbound."""
    flips = [
        Flip("c", FalsifierId("FALSIFY-X-002"), "FUNCTIONAL", "DISCHARGED"),
        Flip("c", FalsifierId("FALSIFY-X-003"), None, "FUNCTIONAL"),
        Flip("c", FalsifierId("FALSIFY-X-001"), "FUNCTIONAL", "DISCHARGED"),
    ]

    assert moves(flips) == ("FALSIFY-X-001/002 FUNCTIONAL → DISCHARGED", "FALSIFY-X-003 unbound → FUNCTIONAL")


def test_row_moves() -> None:
    """A row whose status stayed is no move."""
    rows = [
        Row("c", ("FALSIFY-X-001", "FALSIFY-X-002"), "DISCHARGED", None, ""),
        Row("c", ("FALSIFY-X-003",), "FUNCTIONAL", "FUNCTIONAL", ""),
    ]

    assert row_moves(rows) == ("FALSIFY-X-001/002 DISCHARGED → unbound",)
