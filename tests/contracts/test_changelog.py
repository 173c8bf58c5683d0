"""A contract's history of itself, in the forms in which people keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.document import read

if TYPE_CHECKING:
    from contracts.changelog import Changelog


def log(text: str) -> Changelog:
    """Return the history of a contract."""
    found = read(f"metadata:\n  version: 1.0.0\n{text}").log
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("  changelog:\n  - '1.0.0 — x'\n", ("metadata", "changelog")),
        ("changelog: ['1.0.0 — x']\n", ("changelog",)),
        ("status_history:\n- {to: 'ACTIVE v1.0.0', note: x}\n", ("status_history",)),
        ("status_history:\n- {to: 'ACTIVE v1.0.0', note: x}\nchangelog: ['1.0.0 - x']\n", ("changelog",)),
    ],
)
def test_a_history_stands_in_three_places(text: str, path: tuple[str, ...]) -> None:
    """The first that is there counts."""
    assert log(text).path == path
    assert [entry.version for entry in log(text).entries] == ["1.0.0"]


def test_an_empty_place_is_a_history_without_entries() -> None:
    """So the first entry goes there; a text under that name is no history."""
    assert log("  changelog: []\n").entries == ()
    assert log("  changelog:\n").entries == ()
    assert read("metadata:\n  changelog: see the other file\n").log is None


def test_the_version_of_an_entry_leads_it() -> None:
    """A version further on, or none, is no version of the entry; a mapping states it as a value."""
    text = (
        "  changelog:\n  - 'v1.10.0: x'\n  - 1.9.0\n  - since 1.8.0\n  - {version: 1.7.0-draft, changes: [a, b]}\n"
        "  - {to: 'ACTIVE (v1.6.0)', version: 9.9.9}\n  - {note: x}\n  - 1.2.3.4 x\n  - [1.0.0]\n"
    )

    assert [entry.version for entry in log(text).entries] == [
        "1.10.0",
        "1.9.0",
        None,
        "1.7.0-draft",
        "1.6.0",
        None,
        None,
        "1.0.0",
    ]


def test_digits_of_another_script_are_no_version() -> None:
    """A person reads ١.٤.٠ as what it is, and every other program refuses it."""
    found = log("changelog: ['١.٤.٠ — a', {to: ١.٤.٠}]\n")

    assert [entry.version for entry in found.entries] == [None, None]


def test_the_whole_text_of_an_entry_is_kept() -> None:
    """For a mapping, its values line by line."""
    document = read("changelog:\n- '1.1.0 — 2026-05-04 — a'\n- {to: v1.0.0, note: b, changes: [c]}\nmetadata: {}\n")

    assert document.changelog == (("1.1.0", "1.1.0 — 2026-05-04 — a"), ("1.0.0", "v1.0.0\nb\nc"))


@pytest.mark.parametrize(
    ("versions", "newest", "first"),
    [
        ("[1.2.0, 1.1.0, 1.0.0]", 0, True),
        ("[1.0.0, 1.9.0, 1.10.0]", 2, False),
        ("[0.1.0, 0.2.0, 1.9.0, 1.8.0, 1.7.0]", 2, True),
        ("[1.0.0]", 0, True),
        ("[words, 1.0.0]", 1, True),
        ("[words]", None, True),
        ("[1.0.0, 1.0.0]", 0, True),
    ],
)
def test_the_order_is_learned_from_the_versions(versions: str, newest: int | None, first: bool) -> None:  # noqa: FBT001 - a table column
    """Compared as numbers; newest first where they do not show it."""
    assert log(f"  changelog: {versions}\n").newest == newest
    assert log(f"  changelog: {versions}\n").newest_first is first
