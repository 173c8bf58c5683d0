"""Which pull requests a section names, and every later one with it."""

from __future__ import annotations

import pytest

from spec.document import read as read_spec
from spec.mention import RANGED, find, read

SPEC = """\
# Specification

**Version:** 2.0.0
**Next action (v2.0.0):** **§3 — third (2026-05-03)** (see §3 below). #9 is in.

## §1. First (2026-05-01)

#1 landed.

## §2. Second, with #2 (2026-05-02)

| PR | What |
|----|------|
| [#3](https://github.com/a/b/pull/3) | x |

## §3. Third (2026-05-03)

#5-#7 and https://github.com/a/b/pull/12.
"""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("#1438-#1440", {1438, 1439, 1440}),
        ("#1 – #3, #5…#6", {1, 2, 3, 5, 6}),
        ("#9-#2", {9, 2}),
        ("#1-#999999999", {1, 999999999}),
        ("/pull/7 and # 8 and #\u200b9", {7}),
        ("", set()),
    ],
)
def test_names(text: str, numbers: set[int]) -> None:
    """Numbers, links and short ranges; what was made no reference is none."""
    assert read(text) == numbers


def test_a_later_section_names_for_an_earlier_one() -> None:
    """The highest section that names a pull request counts; a banner is part of its section."""
    assert find(read_spec(SPEC)) == {9: 3, 1: 1, 2: 2, 3: 2, 5: 3, 6: 3, 7: 3, 12: 3}


def test_ranges_are_bounded() -> None:
    """A text of nothing but ranges names no more than can be kept: the cost grows with the text."""
    numbers = read(" ".join(f"#{n}-#{n + 999}" for n in range(1, 3_000_000, 1000)))

    assert len(numbers) < RANGED + 10_000
    assert {1, 500, 2_999_001, 3_000_000} <= numbers
    assert 2_999_500 not in numbers
