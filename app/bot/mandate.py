"""What the configuration asks for by itself: which smokes may run, and the words that stand where a person's would."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.schema import AutomaticConfig

ASKER = "the configuration"
"""Who asked, where nobody did; no login has a space."""
NIGHTLY, ON_MERGE = "automatic: {nightly: true}", "automatic: {on_merge: true}"
"""What was asked, instead of a command."""


def list_allowed(automatic: AutomaticConfig, command: str) -> tuple[str, ...]:
    """Return the smokes that may run for one of these commands; none unless the configuration says so."""
    asked = {NIGHTLY: automatic.nightly, ON_MERGE: automatic.on_merge}
    return automatic.preauthorised if asked.get(command) else ()
