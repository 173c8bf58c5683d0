"""Adding a changelog entry: in the form, the order and the style of the history that is there."""

from __future__ import annotations

import pytest

from contracts.amend import AddEntry, amend

HEAD = "metadata:\n  version: 1.3.0\n  status: ACTIVE\n"
LONG = "the cosine stayed at 0.766 on every prompt, so the guard that watches it was seen to work, and it's said"


def add(text: str, said: str = "it's: done", head: str = HEAD) -> str:
    """Return the text with an entry for 1.4.0, without its head."""
    return amend(head + text, [AddEntry("1.4.0", "2026-05-04", said)]).text.removeprefix(head)


LINE = "1.4.0 — 2026-05-04 — it''s: done"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - '1.3.0 — x'\n  - '1.2.0 — y'\n", f"  - '{LINE}'\n  - '1.3.0 — x'\n  - '1.2.0 — y'\n"),
        ("  - '1.2.0 — y'\n  - '1.3.0 — x' # c\n", f"  - '1.2.0 — y'\n  - '1.3.0 — x' # c\n  - '{LINE}'\n"),
        ("  # newest\n  - 1.3.0 - x\n", "  # newest\n  - '1.4.0 - 2026-05-04 - it''s: done'\n  - 1.3.0 - x\n"),
        ('    - "v1.3.0: x"\n', '    - "v1.4.0: 2026-05-04: it\'s: done"\n    - "v1.3.0: x"\n'),
        ("  - '1.3.0 x'\n", f"  - '{LINE}'\n  - '1.3.0 x'\n"),
        ("  - >\n    1.3.0 — x\n  - '1.2.0 — y'\n", f"  - '{LINE}'\n  - >\n    1.3.0 — x\n  - '1.2.0 — y'\n"),
        ("  - words\n\n  - more\n", f"  - '{LINE}'\n\n  - words\n\n  - more\n"),
        ("  - '1.2.0 — z'\n  - '1.3.0 — x'\n  - '1.1.0 — y'\n  - '1.0.0 — w'\n",
         f"  - '1.2.0 — z'\n  - '{LINE}'\n  - '1.3.0 — x'\n  - '1.1.0 — y'\n  - '1.0.0 — w'\n"),
    ],
)  # fmt: skip
def test_the_entry_stands_beside_the_present_version(before: str, after: str) -> None:
    """Above it where the newest stands on top, with the dash and the quotes of its neighbour."""
    assert add(f"  changelog:\n{before}") == f"  changelog:\n{after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("['1.3.0 - x', '1.2.0 - y']", "['1.4.0 - 2026-05-04 - it''s: done', '1.3.0 - x', '1.2.0 - y']"),
        ("['1.2.0 - y', '1.3.0 - x']", "['1.2.0 - y', '1.3.0 - x', '1.4.0 - 2026-05-04 - it''s: done']"),
        ("[] # none", f"# none\n    - '{LINE}'"),
        ("", f"\n    - '{LINE}'"),
    ],
)
def test_a_flow_list_stays_one_and_an_empty_one_begins(before: str, after: str) -> None:
    """An empty list becomes one with an item to a line."""
    head = f"{HEAD}  references:\n    - 'a b'\n  changelog:"

    assert add(f" {before}".rstrip() + "\n", head=head).lstrip(" ") == f"{after}\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f'{HEAD}  references:\n  - "a b"\n  author: x\n',
         f'{HEAD}  references:\n  - "a b"\n  changelog:\n  - "1.4.0 — 2026-05-04 — x"\n  author: x\n'),
        (f"{HEAD}equations: {{}}\n", f"{HEAD}  changelog:\n    - '1.4.0 — 2026-05-04 — x'\nequations: {{}}\n"),
        ("metadata: {version: 1.3.0}\n", "metadata: {version: 1.3.0, changelog: ['1.4.0 — 2026-05-04 — x']}\n"),
        ("falsification_tests:\n  - id: F-1\n",
         "falsification_tests:\n  - id: F-1\nchangelog:\n  - '1.4.0 — 2026-05-04 — x'\n"),
        (f"{HEAD}changelog: x\n", f"{HEAD}  changelog:\n    - '1.4.0 — 2026-05-04 — x'\nchangelog: x\n"),
    ],
)  # fmt: skip
def test_without_a_history_one_begins_in_the_metadata(text: str, after: str) -> None:
    """Behind the references, else at the end; at the top level where there is no metadata."""
    assert amend(text, [AddEntry("1.4.0", "2026-05-04", "x")]).text == after


def test_a_history_of_moves_gets_a_move() -> None:
    """Keys in the neighbour's order and quotes, the status kept, a blank line where they have one."""
    before = (
        "status_history:\n"
        "  - date: '2026-05-01'\n    from: \"ACTIVE v1.2.0\"\n    to: \"ACTIVE v1.3.0\"\n    note: 'short'\n"
        "    reason: |\n      long\n    measured_parity: {x: 1}\n\n"
        "  - { date: '2026-04-01', from: 'NEW', to: 'DRAFT v1.2.0' }\n"
    )
    short = (
        "  - date: '2026-05-04'\n    from: \"ACTIVE v1.3.0\"\n    to: \"ACTIVE v1.4.0\"\n    note: 'it''s: done'\n\n"
    )
    long = (
        '  - date: \'2026-05-04\'\n    from: "ACTIVE v1.3.0"\n    to: "ACTIVE v1.4.0"\n    reason: |\n'
        "      the cosine stayed at 0.766 on every prompt, so the guard that watches it\n"
        "      was seen to work, and it's said\n\n"
    )

    assert add(before) == before.replace("status_history:\n", "status_history:\n" + short)
    assert add(before, LONG) == before.replace("status_history:\n", "status_history:\n" + long)


def test_a_move_in_flow_style_gets_one_in_flow_style() -> None:
    """On one line, with the blanks that the braces have."""
    before = "status_history:\n- { date: '2026-05-01', from: v1.2.0, to: v1.3.0, reason: 'x' }\n"

    assert add(before) == (
        "status_history:\n- { date: '2026-05-04', from: v1.3.0, to: v1.4.0, reason: 'it''s: done' }\n"
        + before.removeprefix("status_history:\n")
    )


def test_a_neighbour_without_a_move_is_no_model() -> None:
    """The nearest one that states a version shows the form; oldest first goes to the end."""
    before = "status_history:\n- {to: 'v1.2.0', note: a}\n- {to: 'v1.3.0', note: b}\n- {note: c}\n"

    assert add(before, "x").endswith("- {to: 'v1.3.0', note: b}\n- {to: 'v1.4.0', note: x}\n- {note: c}\n")
    assert add("status_history:\n- {date: x, what: c}\n", "x") == (
        "status_history:\n- {date: 2026-05-04, note: 'x'}\n- {date: x, what: c}\n".replace("'x'", "'x'")
    )


def test_a_history_of_mappings_may_state_versions_alone() -> None:
    """`version`, `date` and a list of changes are filled as they stand."""
    before = "  changelog:\n  - version: \"1.3.0\"\n    date: 2026-05-01\n    changes:\n    - 'a b'\n    author: x\n"
    added = "  - version: \"1.4.0\"\n    date: 2026-05-04\n    changes:\n    - 'it''s: done'\n"

    assert add(before) == before.replace("changelog:\n", "changelog:\n" + added)


def test_a_move_is_written_even_where_the_neighbour_states_none_like_it() -> None:
    """`to` without a version, and a contract without a status."""
    text = "metadata: {version: 1.3.0}\nstatus_history:\n- {from: NEW, to: DRAFT}\n"

    assert add(text, "x", head="").splitlines()[2] == "- {from: v1.3.0, to: v1.4.0, note: 'x'}"


def test_a_block_needs_a_file_that_ends_with_a_line_break() -> None:
    """Else the text of the new entry would end the file without one."""
    before = "status_history:\n- to: ACTIVE v1.2.0\n  reason: |\n    a\n- to: ACTIVE v1.3.0\n  reason: x"

    assert add(before).endswith("\n- to: ACTIVE v1.4.0\n  reason: 'it''s: done'")


def test_a_text_that_keeps_its_blank_lines_gets_none_more() -> None:
    """Behind `|+` a blank line would be part of the text."""
    before = "status_history:\n- to: v1.2.0\n  note: a\n\n- to: v1.3.0\n  note: |+\n    b\n\n"

    assert add(before, "x") == before + "- to: v1.4.0\n  note: |\n    x\n"
