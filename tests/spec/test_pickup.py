"""Levers of the last section have a place, and a landed message can say which of them it closes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.amendment import pickup
from spec.document import read
from spec.landed import levers
from spec.model import Lever
from spec.pickup import closes, find, is_closed, names, narrow, read_closed

SPEC = """\
# Specification

**Version:** 1.0.0

## §42. Health (2026-05-03)

### 42.7 Next-session pickup

(a) **FALSIFY-CPU-GPU-005 part b** — decode one step

(b) **Tidy up** (carried over from §41.6 (c))
"""


def test_a_lever_has_its_place_and_keeps_where_it_stood_first() -> None:
    """`§42.7 (a)` is new here; (b) is as old as §41."""
    first, second = find(read(SPEC))

    assert (first.where, first.origin, first.lever.source) == ("§42.7 (a)", "§42.7 (a)", "")
    assert (second.where, second.origin) == ("§42.7 (b)", "§41.6 (c)")
    assert (second.lever.name, second.lever.text) == ("Tidy up", "")
    assert find(read("# No section\n\n**Version:** 1.0.0\n")) == ()


@pytest.mark.parametrize(
    ("title", "body", "closed"),
    [
        ("feat: x", "closes (a)", "a"),
        ("feat: x, closes (b)", "", "b"),
        ("feat: x", "Closes the §42.7 (a) next-session pickup", "a"),
        ("feat: x", "- Closes the §42.7 (a) and (b) levers.", "ab"),
        ("feat: x (§42.7 (a))", "", "a"),
        ("feat: x", "§42.7 (a) next-session pickup is exactly this smoke. Per the record.", "a"),
        ("feat: x", "This finishes\n§42 (b).", "b"),
        ("feat: x", "Resolved: section 42.7 (a)", "a"),
        ("feat: x", "As old as §41.6 (c).", "b"),
        ("feat: x", "closes 41.6 (c)", "b"),
        ("feat: x", "This does not close (a).", ""),
        ("feat: x", "Needed to close §42.7 (a), which remains.", ""),
        ("feat: x", "Progress towards §42.7 (a).", ""),
        ("feat: x", "closes §40.7 (a)", ""),
        ("feat: x", "(a) is a letter; closes #12 (b", ""),
        ("feat: x", "## Next-session pickup\n\n(a) **Other** — after §42.7 (a)", ""),
        ("feat: x", "```\ncloses (a)\n```", ""),
        ("feat: x", "<!-- closes (a) -->", ""),
        ("feat: x", "It closes the door (a) bit.", ""),
    ],
)
def test_a_message_says_what_it_closes(title: str, body: str, closed: str) -> None:
    """A verb with the letter, or the place in a sentence that does not hedge; code and other sections are none."""
    places = read_closed(title, body)

    assert "".join(left.lever.letter for left in find(read(SPEC)) if is_closed(left, places)) == closed


@pytest.mark.parametrize(
    ("name", "moved", "closed"),
    [
        ("CPU-GPU-004 live smoke", {"CPU-GPU-004"}, True),
        ("FALSIFY-CPU-GPU-001/002/003 sweep", {"CPU-GPU-001", "CPU-GPU-002"}, False),
        ("falsify-cpu-gpu-001/002 sweep", {"CPU-GPU-001", "CPU-GPU-002"}, True),
        ("CPU-GPU-004 and SPEAK-001", {"CPU-GPU-004"}, False),
        ("Tidy up", {"CPU-GPU-004"}, False),
        ("Reach 60% on MODEL-2", {"SPEAK-001"}, False),
        ("SHIP-007", set(), False),
    ],
)
def test_a_lever_is_closed_when_all_that_it_names_has_moved(name: str, moved: set[str], *, closed: bool) -> None:
    """One of two is not enough, and a lever that names nothing is closed by nobody."""
    assert closes(Lever(name, "text"), moved) is closed


def test_names_of_a_lever() -> None:
    """A group names each of its falsifiers."""
    assert names(Lever("FALSIFY-CPU-GPU-001/002 and tok-7", "")) == ("CPU-GPU-001", "CPU-GPU-002", "TOK-7")


@pytest.mark.parametrize(
    ("name", "moved", "left"),
    [
        ("FALSIFY-CPU-GPU-001/002/003 sweep", {"CPU-GPU-002"}, "FALSIFY-CPU-GPU-001/003 sweep"),
        ("CPU-GPU-004 and SPEAK-001", {"CPU-GPU-004"}, "SPEAK-001"),
        ("`CPU-GPU-004`, `SPEAK-001`", {"SPEAK-001"}, "`CPU-GPU-004`"),
        ("lift SPEAK-001/002, TOK-7 and TOK-8", {"SPEAK-001", "SPEAK-002", "TOK-8"}, "lift TOK-7"),
        ("Reach 60% on MODEL-2", {"SPEAK-001"}, "Reach 60% on MODEL-2"),
        ("CPU-GPU-004,,, and", {"SPEAK-001"}, "CPU-GPU-004,,, and"),
    ],
)
def test_a_lever_that_is_carried_over_names_what_is_left_of_it(name: str, moved: set[str], left: str) -> None:
    """What was raised goes out of its name; all other words stay as they are."""
    assert narrow(Lever(name, "text"), moved) == Lever(left, "text")


@given(st.text("AB-12/, `and", max_size=40), st.sets(st.sampled_from(["A-1", "B-2", "AB-12", "A-2", "B-1"])))
def test_a_narrowed_lever_names_exactly_the_rest(name: str, moved: set[str]) -> None:
    """Or, where that cannot be cut out of its name, all that it named before."""
    whole, left = names(Lever(name, "")), names(narrow(Lever(name, ""), moved))

    assert left in (tuple(id_ for id_ in whole if id_ not in moved), whole)


@given(st.text("(a) §42.7closes,ndrt \n", max_size=80), st.text("(b)§41.6 closeand\n#-", max_size=200))
def test_any_message_can_be_read(title: str, body: str) -> None:
    """Whatever is written, places are letters with a number or none."""
    assert all(letter.isalpha() and len(letter) <= 2 for _, letter in read_closed(title, body))


@pytest.mark.parametrize("source", ["§42.7 (a)", "42.7 (b)", "§7 (z)"])
def test_where_a_lever_stood_is_read_back(source: str) -> None:
    """Carried over again and again, a lever keeps name, text and origin, and its words do not grow."""
    carried = Lever("Tidy up", "the rest (of it)", source=source)

    text = "### 43.6 Next-session pickup\n\n" + "\n\n".join(pickup((carried,), ()))

    assert levers(text) == (carried,)
    assert f"the rest (of it) (carried over from {source})" in text
