"""What an evidence folder holds of compared logits: what was measured, as text, and a picture of each comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evidence.agreement import name_picture, picture
from evidence.model import Observation, Parity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evidence.model import Seen
    from runners.smoke import Smoke


def lay(smoke: Smoke, seen: Mapping[str, Seen], leg: str, repeat: int) -> dict[str, bytes]:
    """Return file name → content for one leg of one repeat; nothing where nothing is told of its logits."""
    observed = {name: one for name, one in seen.items() if isinstance(one, Observation)}
    if leg not in observed or not observed[leg].logits:
        return {}
    number = "" if repeat == 1 else f"-{repeat}"
    files = {f"{leg}-smoke{number}.logits.json": observed[leg].logits.encode()}
    predictions = (p for promise in smoke.promises for p in (*promise.predictions, *promise.gone))
    for one in predictions:
        if isinstance(one, Parity) and one.leg == leg and one.reference in observed:
            files[name_picture(one, repeat)] = picture(one, observed).encode()
    return {name: content for name, content in files.items() if content}
