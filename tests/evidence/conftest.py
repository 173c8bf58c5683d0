"""What the tests of evidence share: the real logs, golden texts, and short ways to say what a leg did."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "aprender"
GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture
def corpus() -> Callable[[str], str]:
    """Return a reader of the real logs; skip where they are absent."""

    def read(name: str) -> str:
        if not (CORPUS / name).is_file():
            pytest.skip("the corpus of real documents is not beside this checkout")
        return (CORPUS / name).read_text(encoding="utf-8")

    return read


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Return a comparison of a whole text with the one on disk."""

    def compare(name: str, text: str) -> None:
        if os.environ.get("UPDATE_GOLDEN") == "1":
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert text == (GOLDEN / name).read_text(encoding="utf-8")

    return compare
