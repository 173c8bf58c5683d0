"""Banners: read from the header, and one more written in the form of the top one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contracts.model import Version
from contracts.progress import Tally
from spec.banner import write_banner
from spec.document import read
from spec.model import Amendment, Ship

if TYPE_CHECKING:
    from collections.abc import Callable

NEXT = Version.parse("2.88.0")


def written(line: str, amendment: Amendment) -> str | None:
    """Write the next banner over one line."""
    return write_banner(read(f"**Version:** 2.87.0\n{line}\n\n## §42. x\n"), amendment, 43, NEXT)


def test_the_flagship_banner_is_continued(corpus: Callable[[str], str], amendment: Amendment) -> None:
    """Label, pointer and order of the figures are the top banner's; only new values are bold."""
    spec = read(corpus("aprender/ship-two-models-spec.md"))

    assert write_banner(spec, amendment, 43, NEXT) == (
        "**Atomic next action (v2.88.0):** **§43 — distill-train algorithm-bind + cosine helper (2026-05-03)** "
        "(see new §43 below). Coverage tally: 15+33 → **15+35**. "
        "**MODEL-1 ship %**: 87% → **88%**. **MODEL-2 ship %**: 54% → **56%**."
    )


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (
            "**Next (2.87.0)**: §42: x. MODEL-1: 86% → 87%. Scoreboard: 15 + 33",
            "**Next (2.88.0)**: §43: T (D). **MODEL-1 ship %**: 87% → **88%**. Scoreboard: 15 + 33 → **15 + 35**.",
        ),
        ("**Next (v2.87.0):** **§42 — x** (see §42)", "**Next (v2.88.0):** **§43 — T (D)** (see §43)."),
        (
            "**Next (v2.87.0):** **§42 — x**. The Coverage tally:** 15+33",
            "**Next (v2.88.0):** **§43 — T (D)**. Coverage tally: 15+33 → **15+35**.",
        ),
    ],
)
def test_the_form_is_learned_from_the_top_banner(amendment: Amendment, top: str, expected: str) -> None:
    """What the banners do not state the new one does not state either; tallies are spaced as there."""
    given = replace(amendment, title="T", date="D", ships=(Ship("MODEL-1", 87, 88),))

    assert written(top, given) == expected


def test_figures_that_stand_still_say_so(corpus: Callable[[str], str], amendment: Amendment) -> None:
    """An unchanged tally has no arrow, an unchanged percentage says unchanged, a first one has no before."""
    still = replace(
        amendment, tally=(Tally(15, 33), Tally(15, 33)), ships=(Ship("MODEL-1", 87, 87), Ship("MODEL-3", None, 12.5))
    )
    line = write_banner(read(corpus("aprender/ship-two-models-spec.md")), still, 43, NEXT)

    assert line is not None
    assert line.endswith(
        "Coverage tally: 15+33. **MODEL-1 ship %**: unchanged at **87%**. **MODEL-3 ship %**: **12.5%**."
    )


def test_a_spec_without_banners_gets_none(amendment: Amendment) -> None:
    """Nothing is started that a document does not keep."""
    assert written("**Status (v2.87.0):** 3 of 5 done", amendment) is None


@pytest.mark.parametrize("hidden", ["```\n{}\n```", "<!--\n{}\n-->", "    {}", "`{}`"])
def test_a_banner_in_code_is_none(amendment: Amendment, hidden: str) -> None:
    """Fences, comments and indented code hold no banners."""
    assert written("\n" + hidden.format("**Next (v2.87.0):** **§42 — x**"), amendment) is None


def test_a_title_from_a_stranger_does_nothing_in_a_banner(amendment: Amendment) -> None:
    """Line ends, comments, emphasis and tags of a title are words in the banner, and it reads back."""
    hostile = replace(amendment, title="a\n## §99. b <!-- c --> **d** <x> `e")
    line = written("**Next (v2.87.0):** **§42 — x**", hostile)

    assert line is not None
    assert "\n" not in line
    assert "<!--" not in line
    assert [b.number for b in read(f"Version: 1.0.0\n{line}\n\n## §1. x\n").banners] == [43]
