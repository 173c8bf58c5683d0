"""What is asked of a status that a contract claims: that it is spelt as a step of the ladder, and has evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.change import cut
from contracts.correction import restate
from contracts.node import Scalar, walk
from contracts.promise import evidence
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.model import Ladder
    from contracts.promise import Site
    from contracts.revision import Revision

NEAR = 2
"""How many letters may be wrong in a status that is still heard as a step of the ladder."""
LEAST = 6
"""How many letters a step must have, so that so many wrong ones make no other word of it."""
_BETWEEN = re.compile(r"[-_ ]+")


def measure(one: str, two: str, most: int = NEAR) -> int:
    """Return how many letters must be put in, left out, changed or swapped to make *two* of *one*; at most *most* + 1.

    Only what lies within *most* of the diagonal is looked at, so that long texts cost no more than their length.
    """
    if abs(len(one) - len(two)) > most:
        return most + 1
    over = most + 1
    earlier: dict[int, int] = {}
    row = {column: column for column in range(min(len(two), most) + 1)}
    for i, letter in enumerate(one, 1):
        line: dict[int, int] = {}
        for j in range(max(0, i - most), min(len(two), i + most) + 1):
            if j == 0:
                line[0] = i
                continue
            cost = letter != two[j - 1]
            line[j] = min(row.get(j, over) + 1, line.get(j - 1, over) + 1, row.get(j - 1, over) + cost)
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == two[j - 1]:
                line[j] = min(line[j], earlier.get(j - 2, over) + 1)
        earlier, row = row, line
    return min(row.get(len(two), over), over)


def meant(status: str, ladder: Ladder) -> str | None:
    """Return the step of the ladder that a status off it was meant to be, or None.

    It differs in case or separators, in at most two letters, or is the first word of one step only.
    """
    if ladder.rank(status) >= 0:
        return None
    heard = _BETWEEN.sub("_", status.strip()).upper()
    steps = {step: _BETWEEN.sub("_", step).upper() for step in ladder.steps}
    same = [step for step, name in steps.items() if name == heard]
    near = [step for step, name in steps.items() if len(name) >= LEAST and measure(heard, name) <= NEAR]
    begun = [step for step, name in steps.items() if name.startswith(f"{heard}_")]
    found = same or near or begun
    return found[0] if len(found) == 1 else None


def _misspelt(revision: Revision) -> Iterator[Fault]:
    """A status that is meant to be a step of the ladder is spelt like it.

    `Discharged`, `DISCHARDED` and `PARTIAL` count as nothing in the tally, and nobody sees why. Values that are far
    from every step are kept, and only told by `contract/status-off-ladder`.
    """
    for site in revision.after.sites:
        for spot in site.statuses:
            step = meant(spot.value, revision.ladder) if spot.value else None
            if step is not None:
                said = f"{site.falsifier.id} has the status {cut(str(spot.value))}, which counts as none: is it {step}?"
                yield Fault(revision.after.place(spot.path), said, restate(revision.after, spot, step))


def _bare(revision: Revision) -> Iterator[Fault]:
    """A falsifier that claims a step of the ladder has evidence for it.

    A status without evidence is an opinion. Write what was seen below `algorithm_evidence` or `evidence`, or take the
    status back. A discharge without evidence is told by `contract/evidence-missing`.
    """
    told = {site.falsifier.id.text for _, site in revision.discharged}
    for site in revision.after.sites:
        falsifier = site.falsifier
        if revision.ladder.rank(falsifier.status) > 0 and falsifier.id.text not in told and not is_proved(site):
            said = f"{falsifier.id} claims {falsifier.status}, and has no evidence"
            yield Fault(revision.after.place(site.statuses[0].path), said)


def is_proved(site: Site) -> bool:
    """Return whether a falsifier has any evidence: a line, or a nested block that says more than a status."""
    return bool(seen(site))


def seen(site: Site) -> frozenset[str]:
    """Return every text in a falsifier's evidence, but for the status in it."""
    found = set[str]()
    for path, node in evidence(site.node, site.path):
        for at, inner in walk(node, path):
            if isinstance(inner, Scalar) and inner.value is not None and inner.text.strip() and at[-1] != "status":
                found.add(inner.text)
    return frozenset(found)


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/status-misspelt", "warning", _misspelt, standing=True),
    Rule("contract/partial-without-evidence", "warning", _bare, standing=True),
)
