"""Edits of a contract's text: what they change, and every way in which they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts import amend as module
from contracts.amend import AddEntry, AppendEvidence, BumpVersion, Edit, FlipStatus, amend
from contracts.document import Document, read
from contracts.error import EditError, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = """\
metadata:
  version: 1.3.0  # the version
  changelog:
  - '1.3.0 — 2026-05-03 — before'
falsification_tests:
- id: FALSIFY-X-001
  rule: r
  status: FUNCTIONAL  # its status
  algorithm_evidence:
  - "one"
- id: FALSIFY-X-002
  rule: r
"""
DISCHARGE: list[Edit] = [
    FlipStatus("FALSIFY-X-001", "DISCHARGED"),
    AppendEvidence("FALSIFY-X-001", "two"),
    AddEntry("1.4.0", "2026-05-04", "after"),
    BumpVersion("1.4.0"),
]


def test_a_discharge_is_four_lines() -> None:
    """Status, evidence, changelog, version: two lines changed, two new, and all that is said of them is right."""
    amended = amend(TEXT, DISCHARGE, "c.yaml")

    assert amended.text == (
        TEXT.replace("version: 1.3.0", "version: 1.4.0")
        .replace("  - '1.3.0", "  - '1.4.0 — 2026-05-04 — after'\n  - '1.3.0")
        .replace("status: FUNCTIONAL", "status: DISCHARGED")
        .replace('  - "one"\n', '  - "one"\n  - "two"\n')
    )
    assert [(change.path, change.before, change.after, change.line) for change in amended.changes] == [
        (("metadata", "version"), "1.3.0", "1.4.0", 2),
        (("metadata", "changelog", 0), None, "1.4.0 — 2026-05-04 — after", 4),
        (("falsification_tests", 0, "status"), "FUNCTIONAL", "DISCHARGED", 9),
        (("falsification_tests", 0, "algorithm_evidence", 1), None, "two", 12),
    ]
    assert amended.document.contract is not None
    assert amended.document.contract.version == "1.4.0"


def test_line_ends_the_mark_and_a_missing_last_one_are_kept() -> None:
    """CRLF stays CRLF, a byte order mark stays first, and no line end is added at the end."""
    text = "\ufeff" + TEXT.replace("\n", "\r\n").removesuffix("\r\n")

    amended = amend(text, [*DISCHARGE, FlipStatus("FALSIFY-X-002", "FUNCTIONAL")])

    assert amended.text.startswith("\ufeffmetadata:\r\n")
    assert amended.text.count("\n") == amended.text.count("\r\n") == text.count("\r\n") + 3
    assert amended.text.endswith("rule: r\r\n  status: FUNCTIONAL")


def test_several_lines_of_evidence_are_told_with_their_indexes() -> None:
    """Two lines for one falsifier are two changes."""
    amended = amend(TEXT, [AppendEvidence("FALSIFY-X-001", "two"), AppendEvidence("FALSIFY-X-001", "three")])

    assert [(change.path[-1], change.after, change.line) for change in amended.changes] == [
        (1, "two", 11),
        (2, "three", 12),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("metadata: {version: '1.3.0'}", "metadata: {version: '1.4.0'}"),
        ("metadata: {version: 1.3}", "metadata: {version: 1.4.0}"),
        ("version: 1.3.0\nmetadata:\n  version: 1.2.0", "version: 1.4.0\nmetadata:\n  version: 1.2.0"),
        ('metadata:\n  version: "1.3.0"\nversion: 1.3.0', 'metadata:\n  version: "1.4.0"\nversion: 1.4.0'),
    ],
)
def test_each_place_that_states_the_present_version_moves(before: str, after: str) -> None:
    """A second version that stands still goes on standing still."""
    assert amend(before, [BumpVersion("1.4.0")]).text == after


def test_blanks_around_a_version_are_not_written() -> None:
    """It is read before it is written."""
    amended = amend(TEXT, [BumpVersion(" 1.4.0 "), AddEntry("1.4.0\n", "2026-05-04", "x")])

    assert [change.after for change in amended.changes] == ["1.4.0", "1.4.0 — 2026-05-04 — x"]


def test_a_plain_version_that_is_a_number_stays_one() -> None:
    """`1.3` is a float to a reader, and so is `1.4`."""
    assert amend("metadata: {version: 1.3}", [BumpVersion("1.4")]).changes[0].after == 1.4


BAD: dict[str, tuple[list[Edit], str]] = {
    "an unknown id": (
        [FlipStatus("FALSIFY-X-009", "DISCHARGED")],
        "c.yaml:1:1: this contract has no falsifier FALSIFY-X-009. Its falsifiers are FALSIFY-X-001, FALSIFY-X-002.",
    ),
    "a status that is none": (
        [FlipStatus("FALSIFY-X-001", "discharged!")],
        (
            "c.yaml:8:11: “discharged!” is no status."
            " Write it in capitals, digits and underscores, for instance DISCHARGED."
        ),
    ),
    "a status that is there": (
        [FlipStatus("FALSIFY-X-001", "FUNCTIONAL")],
        "c.yaml:8:11: FALSIFY-X-001 is FUNCTIONAL already. Leave this edit out.",
    ),
    "a version that is there": (
        [BumpVersion("1.3.0")],
        "c.yaml:2:12: the version is 1.3.0 already. Leave this edit out.",
    ),
    "a version that is none": (
        [BumpVersion("next")],
        "c.yaml:2:12: “next” is no version. Write it as three numbers, for instance 1.4.0.",
    ),
    "an entry for no version": (
        [AddEntry("next", "2026-05-04", "x")],
        "c.yaml:4:3: “next” is no version. Write it as three numbers, for instance 1.4.0.",
    ),
    "an entry of no day": (
        [AddEntry("1.4.0", "2026-13-04", "x")],
        "c.yaml:4:3: “2026-13-04” is no date. Write it as 2026-05-04.",
    ),
    "an entry without words": (
        [AddEntry("1.4.0", "2026-05-04", " \n ")],
        "c.yaml:4:3: the changelog entry is empty. Say what changed.",
    ),
    "evidence without words": (
        [AppendEvidence("FALSIFY-X-001", " ")],
        "c.yaml:1:1: the evidence line for FALSIFY-X-001 is empty. Say what was seen.",
    ),
    "nothing to do": ([], "c.yaml:1:1: no edit was asked for. Name at least one."),
    "two flips of one": (
        [FlipStatus("FALSIFY-X-001", "DISCHARGED"), FlipStatus("FALSIFY-X-001", "OPEN")],
        "c.yaml:1:1: two edits flip FALSIFY-X-001. Ask for one of them.",
    ),
    "two bumps": (
        [BumpVersion("1.4.0"), BumpVersion("1.5.0")],
        "c.yaml:1:1: two edits bump the version. Ask for one of them.",
    ),
    "two entries": (
        [AddEntry("1.4.0", "2026-05-04", "x"), AddEntry("1.4.0", "2026-05-04", "y")],
        "c.yaml:1:1: two edits add a changelog entry. Ask for one of them.",
    ),
}


@pytest.mark.parametrize(("edits", "sentence"), BAD.values(), ids=BAD)
def test_an_edit_that_cannot_be_made_says_why(edits: list[Edit], sentence: str) -> None:
    """Where it stands, what is wrong, what to do; and nothing is returned, not even of the other edits."""
    with pytest.raises(EditError) as refused:
        amend(TEXT, [*edits, *(DISCHARGE[1:2] if edits else [])], "c.yaml")

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("text", "edit", "sentence"),
    [
        (
            "falsification_tests:\n- id: F-1\n- id: F-2\n- id: F-1\n",
            FlipStatus("F-1", "DISCHARGED"),
            (
                "c.yaml:4:3: the id F-1 stands more than once, in lines 2 and 4."
                " Give each falsifier an id of its own first."
            ),
        ),
        (
            "metadata:\n  author: x\n",
            BumpVersion("1.4.0"),
            "c.yaml:2:3: the contract states no version. Add `version: 1.0.0` to its metadata first.",
        ),
        (
            "metadata:\n  version: draft\n",
            BumpVersion("1.4.0"),
            "c.yaml:2:12: “draft” is no version. Write it as three numbers, for instance 1.4.0.",
        ),
        (
            "metadata: {}\n",
            FlipStatus("F-1", "DISCHARGED"),
            "c.yaml:1:1: this contract has no falsifier F-1. It has no falsifiers.",
        ),
        (
            "version: 1.0.0\n",
            BumpVersion("1.4.0"),
            (
                "c.yaml:1:1: there is no contract to edit: the file has neither `metadata` nor falsifiers."
                " Name a contract file."
            ),
        ),
        (
            "falsification_tests:\n- {id: F-1, status: [x]}\n",
            FlipStatus("F-1", "DISCHARGED"),
            (
                "c.yaml:2:26: the edit would leave a text that cannot be read"
                " (the key “status” stands twice in one mapping, first in line 2). Make this edit by hand."
            ),
        ),
    ],
)
def test_a_text_that_cannot_be_edited_says_why(text: str, edit: Edit, sentence: str) -> None:
    """Two falsifiers of one id, no version, no contract, a place that is taken."""
    with pytest.raises(EditError) as refused:
        amend(text, [edit], "c.yaml")

    assert str(refused.value) == sentence


def test_many_falsifiers_are_not_all_named() -> None:
    """Six are enough to see what ids look like here."""
    text = "falsification_tests:\n" + "".join(f"- id: F-{number}\n" for number in range(9))

    with pytest.raises(EditError, match=r"Its falsifiers are F-0, F-1, F-2, F-3, F-4, F-5, …\.$"):
        amend(text, [FlipStatus("F-9", "DISCHARGED")])


def test_a_text_that_cannot_be_read_is_not_edited() -> None:
    """Its own complaint is passed on."""
    with pytest.raises(Unreadable, match=r"^c\.yaml:2:1: the key “a” stands twice"):
        amend("a: 1\na: 2\n", DISCHARGE, "c.yaml")


def test_an_edit_that_would_change_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a splice ever went wrong, the values would tell: here it eats a line that nobody mentioned."""

    def eat(text: str, ordered: object) -> str:
        del ordered
        return text.replace("  rule: r\n", "", 1).replace("1.3.0  #", "1.4.0  #")

    monkeypatch.setattr(module, "splice", eat)

    with pytest.raises(
        EditError, match=r"^c\.yaml:1:1: the edit would change more than it means to\. Make this edit by hand\.$"
    ):
        amend(TEXT, [BumpVersion("1.4.0")], "c.yaml")


def test_the_large_contract_is_read_twice_and_no_more(
    corpus: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once before and once after, whatever the number of edits: reading is what an edit costs."""
    seen: list[int] = []

    def count(text: str, file: str = "") -> Document:
        seen.append(len(text))
        return read(text, file)

    monkeypatch.setattr(module, "read", count)
    ids = ("FALSIFY-CCPA-001", "FALSIFY-CCPA-007", "FALSIFY-CCPA-013")

    amend(
        corpus("ccpa/contract/v1.22.0.yaml"), [*(FlipStatus(id_, "DISCHARGED") for id_ in ids), BumpVersion("1.23.0")]
    )

    assert len(seen) == 2
