"""What a rule has to say about a file: one sentence, at one place, with the corrected text where it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from contracts.error import Place

Severity = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found; *suggestion* is the whole corrected line, or empty.

    *stood* says that the change did not bring it in. *borne* is why it is borne with, where the configuration says so.
    """

    rule: str
    severity: Severity
    place: Place
    message: str
    suggestion: str = ""
    stood: bool = False
    borne: str = ""
