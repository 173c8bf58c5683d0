"""What the record says now about tally and percentages, and what it leaves to pick up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.glob import matches
from app.landing import find_since, gather
from app.record import follow_landings, follow_texts
from contracts.progress import Chain
from spec.pickup import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.schema import SpecConfig
    from app.workspace import Workspace
    from spec.document import Spec
    from spec.model import Lever


def read_chain(workspace: Workspace, contract: str, base: str) -> Chain:
    """Return tally and percentages as the first spec that records *contract* and what came after it state them."""
    return next((follow_spec(workspace, config, spec, base) for config, spec in _specs(workspace, contract)), Chain())


def follow_spec(workspace: Workspace, config: SpecConfig, spec: Spec, base: str) -> Chain:
    """Return the chain as *spec*, what landed since its version moved, and the open branch at *base* state it."""
    window = gather(workspace, find_since(workspace, config.path), config.records)
    chain, _ = follow_landings(spec.chain(), window.changes, workspace.configured.config.ladder)
    ahead = workspace.repository.log(workspace.commit, base)
    return follow_texts(chain, ((commit.short, commit.message) for commit in ahead))


def read_levers(workspace: Workspace, contract: str) -> tuple[tuple[str, Lever], ...]:
    """Return (`§42.7 (a)`, lever) of everything that the newest sections leave to pick up."""
    return tuple((left.where, left.lever) for _, spec in _specs(workspace, contract) for left in find(spec))


def _specs(workspace: Workspace, contract: str) -> Iterator[tuple[SpecConfig, Spec]]:
    """Yield the specs that record *contract*.

    Raises:
        Unreadable: one of them cannot be read, so that nobody knows what the record says.
    """
    for config in workspace.configured.config.specs:
        if matches(contract, config.records):
            yield config, workspace.spec(workspace.commit, config.path)
