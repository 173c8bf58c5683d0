"""A line of a contract as it should be: what is suggested where a rule finds something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.document import Document
    from contracts.model import Version
    from contracts.node import Path
    from contracts.promise import Spot

LONGEST = 10_000
"""How many characters a line may have on either side of what is corrected in it."""


def rewrite(document: Document, start: int, end: int, written: str) -> str:
    """Return the line of the text from *start* to *end* with *written* in its place.

    It is empty where that text is broken over lines, or where the line is too long to be shown.
    """
    text = document.text
    low, high = max(0, start - LONGEST), min(len(text), end + LONGEST)
    first, last = text.rfind("\n", low, start) + 1, text.find("\n", end, high)
    if "\n" in text[start:end] or (first == 0 and low > 0) or (last < 0 and high < len(text)):
        return ""
    return text[first:start] + written + text[end : high if last < 0 else last].rstrip("\r")


def correct(document: Document, path: Path, version: Version) -> str:
    """Return the line of the version at *path* with *version* in it, empty where the version stands on no line."""
    spot = next((spot for spot in document.versions if spot.path == path), None)
    return restate(document, spot, str(version)) if spot else ""


def restate(document: Document, spot: Spot, value: str) -> str:
    """Return the line of a scalar with *value* as its text, in the same quotes; empty where it stands on no line."""
    start, end = spot.node.start, spot.node.end
    if spot.value is None or spot.value not in document.text[start:end]:
        return ""
    return rewrite(document, start, end, document.text[start:end].replace(spot.value, value, 1))
