"""The numbers of sections and of their parts: which order a file has, and what goes back against it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.document import read
from spec.numbering import mark_back
from spec.rules import check, check_change

HEAD = "# S\n\nVersion: 1.0.0\n\n"


def write(*numbers: str) -> str:
    """Return a spec with sections of these headings."""
    return HEAD + "".join(f"## {number}. x\n\n" for number in numbers)


def backs(after: str, before: str | None = None) -> list[str]:
    """Return what is said of the order."""
    found = check_change(read(before), read(after)) if before is not None else check(read(after))
    return [f"{f.place.line}: {f.message.partition(',')[0]}" for f in found if f.rule == "spec/section-back"]


@pytest.mark.parametrize(
    "numbers",
    [
        (),
        ("1",),
        ("1", "2", "26", "27"),
        ("§66", "§63", "§61", "§31"),
        ("1", "2", "27", "§66", "§63", "§31"),
        ("1", "2", "27", "66", "63", "31"),
        ("1", "26", "§42", "§41"),
        ("3", "3"),
    ],
)
def test_an_order_that_real_files_have_passes(numbers: tuple[str, ...]) -> None:
    """Ascending, newest first, or an ascending block and then a descending one; a number twice is another rule's."""
    assert backs(write(*numbers)) == []


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (("1", "3", "2", "4", "5"), ["9: Section 2 stands behind Section 3"]),
        (("§5", "§4", "§2", "§3", "§1"), ["11: §3 stands behind §2"]),
        (("1", "2", "§9", "§7", "§8", "§6"), ["13: §8 stands behind §7"]),
    ],
)
def test_a_number_that_goes_back_is_found_on_its_line(numbers: tuple[str, ...], said: list[str]) -> None:
    """Without a change to look at, the order with the fewest faults is the file's."""
    assert backs(write(*numbers)) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (("1", "2"), ("1", "2", "3"), []),
        (("1", "2"), ("1", "3", "2"), ["7: Section 3 stands before Section 2"]),
        (("1", "2"), ("3", "1", "2"), ["5: Section 3 stands before Section 1"]),
        (("1", "2"), ("2", "1"), ["7: Section 1 stands behind Section 2"]),
        (("§42", "§41"), ("§43", "§42", "§41"), []),
        (("§42", "§41"), ("§42", "§43", "§41"), ["7: §43 stands behind §42"]),
        (("§42", "§41"), ("§42", "§41", "§43"), ["9: §43 stands behind §41"]),
        (("1", "42", "41"), ("1", "43", "42", "41"), []),
        (("1", "42", "41"), ("1", "42", "41", "43"), ["11: Section 43 stands behind Section 41"]),
        (("1", "26"), ("1", "26", "§27"), []),
        (("1", "26", "§27"), ("1", "26", "§28", "§27"), []),
    ],
)
def test_a_change_is_held_to_the_order_that_the_file_had(
    before: tuple[str, ...], after: tuple[str, ...], said: list[str]
) -> None:
    """A new section is blamed itself, wherever it stands; the first of a new kind may go anywhere."""
    assert backs(write(*after), write(*before)) == said


def test_a_new_section_makes_no_old_disorder_its_fault() -> None:
    """What goes back may be seen otherwise when a number comes behind it; the change did not do that."""
    old = ("1", "2", "3", "9", "5", "6")

    assert backs(write(*old, "10"), write(*old)) == []


@settings(deadline=None, max_examples=400)
@given(st.lists(st.integers(1, 30), max_size=12), st.lists(st.integers(1, 30), max_size=12))
def test_a_step_is_marked_for_every_pair(numbers: list[int], before: list[int]) -> None:
    """Whatever the numbers; and without faults one step at most turns from ascending to descending."""
    marks = mark_back(numbers, before)

    assert len(marks) == max(0, len(numbers) - 1)
    assert not any(mark_back(sorted(numbers)))
    assert not any(mark_back(sorted(numbers, reverse=True)))
    assert not any(mark_back([*sorted(numbers), *sorted(before, reverse=True)]))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(1, 99), min_size=3, max_size=12, unique=True), st.data())
def test_a_section_out_of_an_ascending_file_is_always_found(numbers: list[int], data: st.DataObject) -> None:
    """Two neighbours that change places, anywhere."""
    ordered = sorted(numbers)
    at = data.draw(st.integers(0, len(ordered) - 2))
    swapped = [*ordered[:at], ordered[at + 1], ordered[at], *ordered[at + 2 :]]

    assert [i for i, back in enumerate(mark_back(swapped, ordered)) if back] == [at]


def parts(text: str) -> list[tuple[int, str, str]]:
    """Return line, message and suggestion of what is said of parts."""
    return [(f.place.line, f.message, f.suggestion) for f in check(read(HEAD + text)) if f.rule == "spec/part-number"]


def test_a_part_with_another_sections_number_is_corrected() -> None:
    """At any depth, with or without sign."""
    text = "## §42. a\n\n### 42.1 b\n\n## §43. c\n\n### §42.1 d\n\n#### 42.1.2. e  \n\n### 43.3 f\n"

    assert parts(text) == [
        (11, "§42.1 stands in §43; write §43.1", "### §43.1 d"),
        (13, "42.1.2 stands in §43; write 43.1.2", "#### 43.1.2. e  "),
    ]


def test_all_parts_of_a_section_that_was_given_another_number_are_found() -> None:
    """Also where nothing has the old number any more."""
    assert [line for line, _, _ in parts("## 44. a\n\n### 43.1 b\n\n### 43.2 c\n")] == [7, 9]


def test_numbers_that_are_no_parts_are_left_alone() -> None:
    """Sizes and versions begin headings, too."""
    assert parts("## §43. a\n\n### 3.5 GB of weights\n\n### 2.88.0 and later\n\n### 1.5B model\n\n### 43.1 b\n") == []
