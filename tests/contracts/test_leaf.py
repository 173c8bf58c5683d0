"""Values → YAML text: whatever is written is read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import EditError
from contracts.leaf import Inline, Leaf, Quote, Tree, entry, field, inline, one_line, value, write
from contracts.node import Mapping
from contracts.tree import grow

QUOTES: tuple[Quote, ...] = ("", "'", '"', "|")


@pytest.mark.parametrize(
    ("text", "quote", "written"),
    [
        ("DISCHARGED", "", "DISCHARGED"),
        ("it's", "'", "'it''s'"),
        ('a "b" \\n', '"', '"a \\"b\\" \\\\n"'),
        ("back\\slash", "'", "'back\\slash'"),
        ("a: b", "", "'a: b'"),
        ("a #b", "", "'a #b'"),
        ("a#b:c", "", "a#b:c"),
        ("tab\there", "'", '"tab\\there"'),
        ("bell\x07 nel\x85 ls\u2028", "", '"bell\\x07 nel\\x85 ls\\u2028"'),
        ("yes", "", "'yes'"),
        ("null", "", "'null'"),
        ("1e-2", "", "'1e-2'"),
        ("12:30", "", "'12:30'"),
        ("1.4.0", "", "1.4.0"),
        ("2026-05-04", "", "2026-05-04"),
        ("3 tests pass", "", "3 tests pass"),
        ("- x", "", "'- x'"),
        ("--- x", "", "'--- x'"),
        ("... x", "", "'... x'"),
        (" x", "", "' x'"),
        ("x:", "", "'x:'"),
        ("", "", "''"),
        ("→ 0.99 ≥", "", "→ 0.99 ≥"),
        ("one line", "|", "'one line'"),
        ("two\nlines", "|", '"two\\nlines"'),
    ],
)
def test_a_text_is_written_in_its_quotes_or_in_those_that_can_hold_it(text: str, quote: Quote, written: str) -> None:
    """Single quotes are doubled; control characters ask for double quotes with escapes."""
    assert write(Leaf(text, quote)) == written


def test_a_flow_collection_asks_for_more_quotes() -> None:
    """Brackets, commas and colons mean something there."""
    assert write(Leaf("a, b"), flow=True) == "'a, b'"
    assert inline([Leaf("a"), Leaf("b:c"), Inline({"k": Leaf("v"), "l": [Leaf("w")]}, " "), {"m": Leaf("x")}]) == (
        "[a, 'b:c', { k: v, l: [w] }, {m: x}]"
    )


def test_half_a_character_cannot_be_written() -> None:
    """A lone surrogate fits into no file."""
    with pytest.raises(EditError, match=r"holds half of a character \(a lone surrogate\)\. Remove it\."):
        write(Leaf("x\ud800"))


def test_a_line_has_no_line_breaks() -> None:
    """They become blanks, with the blanks around them; other white space stays."""
    assert one_line(" a \r\n  b\n \n c\td \n") == "a b c\td"
    assert one_line(" " * 1_000_000 + "x") == "x"


def test_a_field_is_written_in_block_style() -> None:
    """A leaf, a block of lines, a list, a mapping: each below its key."""
    tree: dict[str, Tree] = {
        "status": Leaf("OPEN", '"'),
        "notes": Leaf("one\n  two", "|"),
        "tabbed": Leaf("one\ttwo", "|"),
        "indented": Leaf(" one", "|"),
        "evidence": [Leaf("a"), [Leaf("b")]],
        "run": Inline({"seed": Leaf("x")}),
    }

    assert field("algorithm_evidence", tree, 2, 0) == [
        "  algorithm_evidence:",
        '    status: "OPEN"',
        "    notes: |",
        "      one",
        "        two",
        '    tabbed: "one\\ttwo"',
        "    indented: ' one'",
        "    evidence:",
        "    - a",
        "    - [b]",
        "    run: {seed: x}",
    ]


def test_an_item_that_is_a_mapping_begins_behind_its_dash() -> None:
    """With the blanks that its neighbours have there."""
    assert entry({"date": Leaf("x", "'"), "note": [Leaf("z")]}, 2, 2, "   ") == [
        "  -   date: 'x'",
        "      note:",
        "        - z",
    ]


@settings(deadline=None, max_examples=300)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(QUOTES),
    st.booleans(),
)
def test_whatever_is_written_is_read_back(text: str, quote: Quote, flow: bool) -> None:  # noqa: FBT001 - drawn
    """In every style, in block and flow, any text is the same text again."""
    leaf = Leaf(text, quote)
    written = f"k: [{inline(leaf)}]\n" if flow else "\n".join(field("k", leaf, 0, 0)) + "\n"

    root = grow(written)

    assert isinstance(root, Mapping)
    assert root.value == {"k": [text] if flow else value(leaf)}
