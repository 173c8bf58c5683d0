"""Ship percentages that are computed from statuses instead of declared: which models, what they come to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Complaint
from spec.model import Ship

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from contracts.progress import Chain, Share, ShipDeclared


@dataclass(frozen=True, slots=True)
class Computed:
    """A model's percentage at both ends of a stretch, None where no falsifier is there; *why* it cannot be known."""

    model: str
    before: Share | None
    after: Share | None
    why: str = ""

    def tell(self) -> Ship | None:
        """Return the percentage with the sum that it comes from, None where it is not known."""
        if self.after is None or self.why:
            return None
        before = self.before.percent if self.before else None
        return Ship(self.model, before, self.after.percent, f"computed from weights: {self.after.words}")

    def contradict(self, stated: Chain) -> str:
        """Return where the record states another percentage than the statuses make; empty where it does not."""
        if self.why or self.after is None:
            return f"the ship percentage of {self.model} cannot be computed: {self.why or 'no falsifier counts for it'}"
        known = stated.ship(self.model)
        if known is None or known in (self.after.percent, self.before.percent if self.before else None):
            return ""
        return f"{known:g}% is stated of {self.model}, and its statuses make {self.after.percent:g}% by their weights"


def demand_declared(computed: Collection[str], ships: Iterable[ShipDeclared]) -> None:
    """Refuse to declare what is computed.

    Raises:
        Complaint: with the model's name.
    """
    for declared in ships:
        if declared.model in computed:
            what = f"the ship percentage of {declared.model} is computed from the statuses of its contracts"
            raise Complaint(what, mend="Leave it out: it moves when a status does; its weights stand under `models:`")
