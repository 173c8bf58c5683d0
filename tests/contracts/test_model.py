"""Versions as they are written, ids as people type them, statuses on their ladder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.error import Unreadable
from contracts.model import Contract, Falsifier, FalsifierId, Ladder, Part, Version

NONE, PATCH, MINOR, MAJOR = Part


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.4.0", (1, 4, 0)),
        (" 1.4 ", (1, 4, 0)),
        ("3.00.0", (3, 0, 0)),
        ("1.2.0-draft", (1, 2, 0)),
        ("1.2.0+build.7", (1, 2, 0)),
        ("1.2.0-rc.1+build", (1, 2, 0)),
    ],
)
def test_a_version_is_read_and_written_as_it_stands(text: str, numbers: tuple[int, int, int]) -> None:
    """Padding, suffixes and a missing third number are kept."""
    assert Version.parse(text).numbers == numbers
    assert str(Version.parse(text)) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "1", "draft", "1.2.3.4", "v1.2.3", "1.2.x", "1.2.3 draft", "1..2", "1.2.3-" + "\n", "١.٤.٠", "1.４.0"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    """With what one looks like."""
    with pytest.raises(Unreadable, match=r"is no version\. Write it as three numbers, for instance 1\.4\.0\.$"):
        Version.parse(text)


@pytest.mark.parametrize(
    ("text", "part", "rollover", "after"),
    [
        ("1.3.0", MINOR, False, "1.4.0"),
        ("1.3.7", MINOR, False, "1.4.0"),
        ("1.3.7", PATCH, False, "1.3.8"),
        ("1.3.7", MAJOR, False, "2.0.0"),
        ("1.3.7", NONE, False, "1.3.7"),
        ("1.9.0", MINOR, False, "1.10.0"),
        ("1.99.0", MINOR, False, "1.100.0"),
        ("2.98.0", MINOR, True, "2.99.0"),
        ("2.99.0", MINOR, True, "3.00.0"),
        ("3.00.0", MINOR, False, "3.01.0"),
        ("3.09.0", MINOR, False, "3.10.0"),
        ("3.99.0", MINOR, True, "4.00.0"),
        ("3.07.0", MAJOR, False, "4.00.0"),
        ("3.07.1", PATCH, False, "3.07.2"),
        ("1.9", MINOR, False, "1.10"),
        ("1.9", MAJOR, False, "2.0"),
        ("1.9", MINOR, True, "1.10"),
        ("1.2.0-draft", MINOR, False, "1.3.0-draft"),
    ],
)
def test_a_version_is_bumped_in_its_width(text: str, part: Part, rollover: bool, after: str) -> None:  # noqa: FBT001 - a table column
    """A padded minor rolls over at the end of its width; the suffix stays."""
    assert str(Version.parse(text).bump(part, rollover=rollover)) == after


def test_versions_compare_as_numbers() -> None:
    """1.10 is above 1.9, and a suffix does not count."""
    assert Version.parse("1.10.0") > Version.parse("1.9.0")
    assert not Version.parse("1.2.0-draft") < Version.parse("1.2.0")


@given(st.tuples(*[st.integers(0, 999)] * 3), st.sampled_from((PATCH, MINOR, MAJOR)))
def test_a_bump_moves_the_part_that_was_asked_for(numbers: tuple[int, int, int], part: Part) -> None:
    """And the version is then above the old one."""
    before = Version.parse(".".join(map(str, numbers)))

    after = before.bump(part)

    assert before < after
    assert before.moved(after) is part
    assert after.moved(after) is NONE


def test_an_id_has_a_short_form_a_stem_and_a_number() -> None:
    """As people type it, as neighbours share it, as it counts."""
    id_ = FalsifierId("FALSIFY-Cpu-GPU-004")

    assert (id_.short, id_.stem, id_.number, str(id_)) == (
        "CPU-GPU-004",
        "FALSIFY-Cpu-GPU",
        "004",
        "FALSIFY-Cpu-GPU-004",
    )


def test_a_contract_finds_its_falsifiers() -> None:
    """By id, and by status."""
    one, two = (Falsifier(FalsifierId(f"F-{n}"), status) for n, status in ((1, "DISCHARGED"), (2, None)))
    contract = Contract("contracts/x-v1.yaml", "1.0.0", None, (one, two))

    assert contract.name == "x-v1"
    assert contract.falsifier("F-2") is two
    assert contract.falsifier("F-3") is None
    assert contract.at(["DISCHARGED", "FUNCTIONAL"]) == (one,)


def test_a_ladder_ranks_its_steps() -> None:
    """Unbound is the ground; a value off the ladder is nowhere."""
    ranks = [Ladder().rank(status) for status in (None, "PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL", "DISCHARGED", "OPEN")]

    assert ranks == [0, 1, 2, 3, -1]
