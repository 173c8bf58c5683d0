"""The machine on which legs ran, as facts that a receipt and a page can state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What is known of a machine; an empty text is not known, and never guessed.

    *gpu* and *driver* are what the vendor's own tool printed, one GPU after the other.
    """

    name: str = ""
    system: str = ""
    cpu: str = ""
    gpu: str = ""
    driver: str = ""
