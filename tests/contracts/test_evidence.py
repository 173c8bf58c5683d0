"""Appending evidence: to the last list, as its lines are written, or to a new one."""

from __future__ import annotations

import pytest

from contracts.amend import AppendEvidence, amend
from contracts.error import EditError

HEAD = "falsification_tests:\n"


def append(text: str, *lines: str) -> str:
    """Return the text with lines appended to the evidence of F-1, without its head."""
    return amend(HEAD + text, [AppendEvidence("F-1", line) for line in lines or ("it's: x",)]).text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("evidence:\n  - 'a' # c", "evidence:\n  - 'a' # c\n  - 'it''s: x'"),
        ('evidence:\n    - "a"', 'evidence:\n    - "a"\n    - "it\'s: x"'),
        ("evidence:\n    -   a", "evidence:\n    -   a\n    -   'it''s: x'"),
        ("evidence:\n  - 'a'\n\n  # more to come", "evidence:\n  - 'a'\n  - 'it''s: x'\n\n  # more to come"),
        ("evidence:\n  -\n    'a'", "evidence:\n  -\n    'a'\n  - 'it''s: x'"),
        ('evidence:\n  - "a"\n  - {b: c}', 'evidence:\n  - "a"\n  - {b: c}\n  - "it\'s: x"'),
        ("evidence:\n  - a\n  - |\n    b", "evidence:\n  - a\n  - |\n    b\n  - 'it''s: x'"),
        ("evidence: ['a']", "evidence: ['a', 'it''s: x']"),
        ("evidence: ['a',]", "evidence: ['a', 'it''s: x',]"),
        ("evidence: ['a',\n    'b']", "evidence: ['a',\n    'b', 'it''s: x']"),
        ("evidence: [\n    'a',\n    'b'\n  ]", "evidence: [\n    'a',\n    'b',\n    'it''s: x'\n  ]"),
        ("evidence: [\n    'a', # c\n    'b' # d\n  ]", "evidence: [\n    'a', # c\n    'b', # d\n    'it''s: x'\n  ]"),
        ("evidence: [] # none", "evidence: # none\n  - 'it''s: x'"),
        ("evidence: ~", "evidence:\n  - 'it''s: x'"),
        ("evidence:   # none", "evidence:   # none\n  - 'it''s: x'"),
        (
            "algorithm_evidence: [a]\n  functional_evidence: [b]",
            "algorithm_evidence: [a]\n  functional_evidence: [b, 'it''s: x']",
        ),
        (
            "evidence_discharged_by: [a]\n  evidence_required: [b]",
            "evidence_discharged_by: [a, 'it''s: x']\n  evidence_required: [b]",
        ),
        (
            "algorithm_evidence:\n    status: OPEN\n    test_locations: []",
            "algorithm_evidence:\n    status: OPEN\n    test_locations: []\n    evidence:\n    - 'it''s: x'",
        ),
        (
            "algorithm_evidence:\n    evidence: ['a']\n    notes: n",
            "algorithm_evidence:\n    evidence: ['a', 'it''s: x']\n    notes: n",
        ),
        ("algorithm_evidence: {status: OPEN}", "algorithm_evidence: {status: OPEN, evidence: ['it''s: x']}"),
        ("algorithm_evidence: {}", "algorithm_evidence: {evidence: ['it''s: x']}"),
        ("algorithm_evidence: {evidence: }", "algorithm_evidence: {evidence: ['it''s: x'] }"),
        ("rule: r # c", "rule: r # c\n  algorithm_evidence:\n  - 'it''s: x'"),
        ("algorithm_evidence: see the log", "algorithm_evidence: see the log\n  evidence:\n  - 'it''s: x'"),
    ],
)
def test_the_line_joins_the_last_list(before: str, after: str) -> None:
    """In its quotes and indentation, behind its last item, comments kept where they are."""
    assert append(f"- id: F-1\n  {before}\n") == f"- id: F-1\n  {after}\n"


def test_several_lines_join_in_their_order() -> None:
    """One after the other, in the same list, old or new."""
    rows = "- id: F-1\n  evidence: [\n    'a'\n  ]\n"

    assert append("- id: F-1\n", "x", "y") == "- id: F-1\n  algorithm_evidence:\n  - 'x'\n  - 'y'\n"
    assert append("- id: F-1\n  evidence: [a]\n", "x", "z") == "- id: F-1\n  evidence: [a, x, z]\n"
    assert append(rows, "x", "y") == "- id: F-1\n  evidence: [\n    'a',\n    'x',\n    'y'\n  ]\n"


def test_a_line_break_in_a_line_becomes_a_blank() -> None:
    """Evidence is one line; control characters are escaped."""
    assert append("- id: F-1\n  evidence: ['a']\n", "x\n  y\x07") == "- id: F-1\n  evidence: ['a', \"x y\\x07\"]\n"


def test_a_new_list_is_named_indented_and_quoted_as_the_siblings_have_it() -> None:
    """The nearest list of evidence shows the name and the quotes, the file's lists the indentation."""
    sibling = '- id: F-0\n  evidence_discharged_by:\n  - "a"\n'

    assert append(sibling + "- id: F-1\n  rule: r\n") == sibling + (
        '- id: F-1\n  rule: r\n  evidence_discharged_by:\n  - "it\'s: x"\n'
    )


def test_a_sibling_that_nests_its_evidence_asks_for_the_same() -> None:
    """The list stands inside, without a status that nobody asked for."""
    sibling = "- id: F-0\n  algorithm_evidence:\n    evidence: [a]\n"

    assert append(sibling + "- id: F-1\n  rule: r\n", "x") == sibling + (
        "- id: F-1\n  algorithm_evidence:\n    evidence:\n    - x\n  rule: r\n"
    )


def test_the_file_s_own_lists_show_how_a_first_list_is_written() -> None:
    """Un-indented and double-quoted here, because its references are."""
    text = (
        'metadata:\n  references:\n  - "one paper"\n  tags:\n  - plain\n  - plainer\nfalsification_tests:\n- id: F-1\n'
    )

    assert amend(text, [AppendEvidence("F-1", "seen")]).text == text + '  algorithm_evidence:\n  - "seen"\n'


def test_evidence_that_is_no_list_leaves_no_name() -> None:
    """Where both names are taken by texts, a person must decide."""
    with pytest.raises(EditError) as refused:
        amend(HEAD + "- {id: F-1, algorithm_evidence: a, evidence: b}\n", [AppendEvidence("F-1", "x")], "c.yaml")

    assert str(refused.value) == "c.yaml:2:3: F-1 has evidence that is no list. Make it a list first."


def test_what_would_not_read_back_is_refused() -> None:
    """A comma on a line of its own is too clever for us: nothing is returned."""
    text = "- id: F-1\n  evidence: [\n    'a' # c\n    , # d\n  ]\n"

    with pytest.raises(
        EditError, match=r"^5:5: the edit would leave a text that cannot be read \(this is no YAML: .*\)\. Make"
    ):
        append(text)


def test_a_long_comment_takes_no_long_time() -> None:
    """The pattern that looks for a comma must not try every way to cut a comment."""
    comment = "#" * 5000

    text = append(f"- id: F-1\n  evidence: [\n    'a' {comment}\n  ]\n", "x")

    assert text == f"- id: F-1\n  evidence: [\n    'a', {comment}\n    'x'\n  ]\n"


def test_an_open_end_is_said() -> None:
    """A list that ends the file inside a block of text cannot be followed."""
    with pytest.raises(EditError) as refused:
        append("- id: F-1\n  evidence:\n  - |\n    a")

    assert str(refused.value) == (
        "4:5: the file ends inside a block of text, without a line break. End the file with a line break first."
    )
