"""Flipping a status: where it stands, or where its siblings have theirs."""

from __future__ import annotations

import pytest

from contracts.amend import AppendEvidence, Edit, FlipStatus, amend

HEAD = "falsification_tests:\n"


def flip(text: str, id_: str = "F-1", *lines: str) -> str:
    """Return the text after a flip to DISCHARGED, with lines of evidence, without its head."""
    edits: list[Edit] = [FlipStatus(id_, "DISCHARGED"), *(AppendEvidence(id_, line) for line in lines)]
    return amend(HEAD + text, edits).text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("status: OPEN", "status: DISCHARGED"),
        ("status: 'OPEN'  # why", "status: 'DISCHARGED'  # why"),
        ('status:   "OPEN"\t# why', 'status:   "DISCHARGED"\t# why'),
        ("status:", "status: DISCHARGED"),
        ("status:  # todo", "status: DISCHARGED  # todo"),
        ("status: ~", "status: DISCHARGED"),
        ("status: ''", "status: 'DISCHARGED'"),
        ("status: VERIFIED — 129.9 TFLOP/s (bench x)", "status: DISCHARGED"),
        ("status: |\n    OPEN", "status: DISCHARGED"),
        ("discharge_status: PARTIAL", "discharge_status: DISCHARGED"),
        (
            "algorithm_evidence:\n    status: PARTIAL # a\n    notes: n",
            "algorithm_evidence:\n    status: DISCHARGED # a\n    notes: n",
        ),
        ("algorithm_evidence: {status: PARTIAL, notes: n}", "algorithm_evidence: {status: DISCHARGED, notes: n}"),
    ],
)
def test_the_scalar_is_replaced_in_its_quotes(before: str, after: str) -> None:
    """Its comment and the blanks around it stay."""
    assert flip(f"- id: F-1\n  {before}\n  rule: r\n") == f"- id: F-1\n  {after}\n  rule: r\n"


def test_places_that_agree_move_together_and_others_stay() -> None:
    """The place that counts moves, and each that says the same."""
    before = "- {id: F-1, status: A, discharge_status: A, algorithm_evidence: {status: B}}\n"

    assert flip(before) == (
        "- {id: F-1, status: DISCHARGED, discharge_status: DISCHARGED, algorithm_evidence: {status: B}}\n"
    )


def test_without_siblings_the_status_goes_behind_the_last_field_on_one_line() -> None:
    """A block of text behind it stays the last."""
    before = "- id: F-1\n  rule: 'r' # c\n  if_fails: |\n    status: OPEN is prose\n"

    assert (
        flip(before) == "- id: F-1\n  rule: 'r' # c\n  status: DISCHARGED\n  if_fails: |\n    status: OPEN is prose\n"
    )


def test_the_sibling_shows_key_place_and_quotes() -> None:
    """Behind the same neighbour; behind an earlier one where that is missing here."""
    sibling = '- id: F-0\n  name: n\n  binds_to: b\n  discharge_status: "OPEN"\n  rule: r\n'

    assert flip(sibling + "- id: F-1\n  name: n\n  rule: r\n") == sibling + (
        '- id: F-1\n  name: n\n  discharge_status: "DISCHARGED"\n  rule: r\n'
    )
    assert flip(sibling + "- binds_to: b\n  id: F-1\n").endswith(
        '- binds_to: b\n  discharge_status: "DISCHARGED"\n  id: F-1\n'
    )


def test_a_sibling_that_begins_with_its_status_shows_no_neighbour() -> None:
    """Then the last field on one line serves."""
    sibling = "- status: OPEN\n  id: F-0\n"

    assert flip(sibling + "- id: F-1\n  rule: r\n") == sibling + "- id: F-1\n  rule: r\n  status: DISCHARGED\n"


def test_the_nearest_sibling_is_the_model() -> None:
    """The one before rather than the one behind."""
    text = "- {id: F-0, status: 'A'}\n- id: F-1\n- {id: F-2, discharge_status: B}\n"

    assert (
        flip(text) == "- {id: F-0, status: 'A'}\n- id: F-1\n  status: 'DISCHARGED'\n- {id: F-2, discharge_status: B}\n"
    )


NESTED = "- id: F-0\n  rule: r\n  algorithm_evidence:\n    status: 'OPEN'\n    notes: n\n  if_fails: f\n"


def test_a_sibling_with_nested_evidence_asks_for_the_same() -> None:
    """A block of its own, holding status and evidence together."""
    item = "- id: F-1\n  rule: r\n  if_fails: f\n"
    status = "- id: F-1\n  rule: r\n  algorithm_evidence:\n    status: 'DISCHARGED'\n  if_fails: f\n"
    both = status.replace("'DISCHARGED'\n", "'DISCHARGED'\n    evidence:\n    - 'seen: it'\n")

    assert flip(NESTED + item) == NESTED + status
    assert flip(NESTED + item, "F-1", "seen: it") == NESTED + both


def test_nested_evidence_without_a_status_gets_it_first() -> None:
    """In block and in flow style."""
    block = "- id: F-1\n  algorithm_evidence:\n    notes: n\n"
    flow = "- {id: F-1, algorithm_evidence: {notes: n}}\n"
    empty = "- id: F-1\n  algorithm_evidence: {}\n"

    assert flip(NESTED + block) == NESTED + "- id: F-1\n  algorithm_evidence:\n    status: 'DISCHARGED'\n    notes: n\n"
    assert flip(NESTED + flow) == NESTED + "- {id: F-1, algorithm_evidence: {status: 'DISCHARGED', notes: n}}\n"
    assert flip(NESTED + empty) == NESTED + "- id: F-1\n  algorithm_evidence: {status: 'DISCHARGED'}\n"


def test_evidence_that_is_a_list_leaves_no_room_for_a_nested_status() -> None:
    """Then it stands beside the id."""
    item = "- id: F-1\n  rule: r\n  algorithm_evidence: [a]\n"

    assert flip(NESTED + item) == NESTED + "- id: F-1\n  rule: r\n  algorithm_evidence: [a]\n  status: 'DISCHARGED'\n"


def test_a_flow_mapping_gets_its_status_inside() -> None:
    """Behind a field that has a value, because a comma behind an empty one is no YAML."""
    assert flip("- {id: F-1, rule: r, test: }\n") == "- {id: F-1, rule: r, status: DISCHARGED, test: }\n"


def test_only_a_text_without_end_is_left_for_the_last_line() -> None:
    """Where the file ends inside a block of text, the field before it is followed."""
    assert flip("- id: F-1\n  rule: |\n    r") == "- id: F-1\n  status: DISCHARGED\n  rule: |\n    r"
    assert flip("- rule: |\n    s\n  id: |-\n    F-1") == "- rule: |\n    s\n  id: |-\n    F-1\n  status: DISCHARGED"
