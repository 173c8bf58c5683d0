"""What the tests of contracts share: the real contracts, where they are, and texts to compare whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture
def corpus() -> Callable[[str], str]:
    """Return a reader of the real files, line ends kept; skip where they are absent."""

    def read(name: str) -> str:
        if not (CORPUS / name).is_file():
            pytest.skip("the corpus of real documents is not beside this checkout")
        return (CORPUS / name).read_bytes().decode("utf-8")

    return read


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Return a comparison of a whole text with the one on disk; UPDATE_GOLDEN=1 writes it."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
