"""What the tests of specs share: real specs, golden texts, a small amendment, a way to put it in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.progress import Tally
from spec.amend import Amended, amend
from spec.amendment import render
from spec.banner import write_banner
from spec.document import read
from spec.model import Amendment, Ship
from spec.site import place

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture
def corpus() -> Callable[[str], str]:
    """Return a reader of the real specs; skip where they are absent."""

    def read_(name: str) -> str:
        if not (CORPUS / name).is_file():
            pytest.skip("the corpus of real documents is not beside this checkout")
        return (CORPUS / name).read_bytes().decode("utf-8")

    return read_


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Return a comparison of a whole text with the one on disk."""

    def compare(name: str, text: str) -> None:
        if os.environ.get("UPDATE_GOLDEN") == "1":
            (GOLDEN / name).write_text(text, encoding="utf-8", newline="")
        assert text == (GOLDEN / name).read_bytes().decode("utf-8")

    return compare


@pytest.fixture
def amendment() -> Amendment:
    """Return the figures of the seed's amendment, without what landed."""
    return Amendment(
        spec="ship-two-models",
        title="distill-train algorithm-bind + cosine helper",
        date="2026-05-03",
        landed=(),
        ships=(Ship("MODEL-1", 87, 88, "cosine primitive lands"), Ship("MODEL-2", 54, 56, "two bindings")),
        tally=(Tally(15, 33), Tally(15, 35)),
    )


@pytest.fixture
def put(amendment: Amendment) -> Callable[..., Amended]:
    """Return the whole way from a text to the amended one; the body is one sentence unless it is given."""

    def put_(text: str, body: str | None = "What landed is told here.") -> Amended:
        spec = read(text, "spec.md")
        site = place(spec)
        heading = f"## {site.style.sign}{site.number}. {amendment.title} ({amendment.date})"
        section = render(amendment, site.style) if body is None else f"{heading}\n\n{body}\n"
        return amend(spec, site, section, write_banner(spec, amendment, site.number, site.version))

    return put_
