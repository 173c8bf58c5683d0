"""What of that which landed is a landmark: a promise kept, or a model that reached its ship target. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.record import follow_landings
from spec.model import Ship

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.plan import AmendmentFacts


def find(facts: AmendmentFacts) -> frozenset[str]:
    """Return the kinds of landmarks, as `cadence.landmarks` names them, among what an amendment would record."""
    kept = any(one.landed.smoke for one in facts.window.landings)
    arrived = any(ship.arrived for ship in _follow(facts))
    return frozenset({"discharge"} if kept else ()) | frozenset({"target"} if arrived else ())


def _follow(facts: AmendmentFacts) -> Iterator[Ship]:
    """Yield where each model that has a target stood before what landed, and stands after it."""
    start = facts.spec.chain()
    end, _ = follow_landings(start, facts.window.changes, facts.ladder)
    stated = {model: Ship(model, start.ship(model), after) for model, after in end.ships}
    known = {**stated, **{one.model: one.tell() for one in facts.telling.computed}}
    yield from (replace(ship, target=target) for model, target in facts.telling.targets if (ship := known.get(model)))
