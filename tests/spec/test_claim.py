"""Two sections that claim the same move of a figure contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.claim import find
from spec.document import read

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = "# Specification\n\n**Version:** 2.88.0\n\n"


def _spec(*sections: str) -> str:
    return HEAD + "".join(f"## §{42 + n}. Title (2026-05-03)\n\n{text}\n\n" for n, text in enumerate(sections))


def test_the_same_move_in_two_sections_is_found() -> None:
    """Both §42 and §43 say 87 → 88; the later one is at fault, at its line."""
    spec = read(_spec("- **MODEL-1**: 87% → **88%** — a helper", "- **MODEL-1**: 87% → **88%** — a cosine"), "s.md")

    (claim,) = find(spec)

    assert (claim.number, claim.words) == (43, "§43 moves MODEL-1 87% → 88%, as §42 did already")
    assert str(spec.place(claim.offset)).startswith("s.md:11")


def test_a_tally_is_a_figure_too() -> None:
    """Between the two there may be a section that does not speak of it."""
    text = _spec("Coverage tally: 15+33 → 15+35", "Nothing.", "Coverage tally: **15 + 33 → 15 + 35**")

    assert [claim.words for claim in find(read(text))] == ["§44 moves the tally 15+33 → 15+35, as §42 did already"]


def test_a_chain_and_a_section_that_tells_an_earlier_move_are_no_fault() -> None:
    """What a section says last is what it claims, and an unchanged figure may be told again and again."""
    chained = _spec("MODEL-1: 86% → 87%", "After MODEL-1: 86% → 87% came MODEL-1: 87% → 88%", "MODEL-1: 88% → 89%")
    kept = _spec("MODEL-1: unchanged at 87%", "MODEL-1: unchanged at 87%", "Coverage tally: 3+5", "Coverage tally: 3+5")

    assert find(read(chained)) == ()
    assert find(read(kept)) == ()


def test_the_real_spec_has_none(corpus: Callable[[str], str]) -> None:
    """Its two stored sections follow from each other."""
    assert find(read(corpus("aprender/ship-two-models-spec.md"))) == ()
