"""What is asked of a change that discharges or loosens: what was promised stood before, and as it stands now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.change import cut
from contracts.changelog import number
from contracts.model import Part
from contracts.node import Mapping, words
from contracts.policy import classify
from contracts.promise import IF_FAILS, PREDICTION, RULE, TEST, field
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.node import Path
    from contracts.promise import Site
    from contracts.revision import Revision

_TEXTS = (RULE, PREDICTION, TEST, IF_FAILS, ("tolerance",), ("binds_to",))


def _late(revision: Revision) -> Iterator[Fault]:
    """A falsifier is discharged by the promise that stood before the change.

    Rule, prediction, test, consequence, tolerance, and the equation that it binds to: whoever may word them after the
    run can make any run hold. Land the new wording first, and discharge it by a run on a later commit. A falsifier
    that is new and discharged in one change was never registered at all, which is a warning.
    """
    for was, site in revision.discharged:
        id_, after = site.falsifier.id, revision.after
        if was is None:
            said = f"{id_} is new and discharged in one change: nothing of it stood before the run"
            yield Fault(after.place(site.statuses[0].path), said, severity="warning")
            continue
        for path, old in _moved(revision, was, site):
            earlier = cut(old) if old else "empty"
            said = f"{id_} is discharged in the change that words it anew: {_dotted(path, site)} was {earlier}"
            yield Fault(after.place(path), said)


def _moved(revision: Revision, was: Site, site: Site) -> Iterator[tuple[Path, str]]:
    """Yield the path of each text of a promise that the change moved, and what it was."""
    for names in _TEXTS:
        old, new = words(field(was.node, names)), words(field(site.node, names))
        if old.split() != new.split():
            key = next((name for name in names if name in site.node.nodes), names[0])
            yield (*site.path, key), old
    bound = words(site.node.get("binds_to")).strip()
    for part in ("formula", "tolerance") if bound and revision.before else ():
        path = ("equations", bound, part)
        old = _stated(revision.before, path)
        if old.split() != _stated(revision.after, path).split():
            yield path, old


def _stated(document: Document | None, path: Path) -> str:
    """Return a part of an equation; an equation that is a text is its own formula."""
    if document is None:
        return ""
    above = document.node(path[:-1])
    return words(above.get(str(path[-1]))) if isinstance(above, Mapping) else words(above)


def _dotted(path: Path, site: Site) -> str:
    inner = path[len(site.path) :] if path[: len(site.path)] == site.path else path
    return "its " + str(inner[0]) if len(inner) == 1 else ".".join(str(step)[:60] for step in inner)


def _loosened(revision: Revision) -> Iterator[Fault]:
    """A promise is loosened only by the bump that the policy asks for it, a major one by default.

    A bound that is easier to keep, a promise emptied or taken away: who relies on the old one must see it in the
    version. `contract/version-floor` has the corrected line of the version.
    """
    before, after = revision.before, revision.after
    old = number(before.contract.version) if before and before.contract else None
    new = number(after.contract.version) if after.contract else None
    asks = revision.policy.loosened
    if before is None or old is None or asks is Part.NONE or (new and new > old and old.moved(new) >= asks):
        return
    for change in classify(before, after, revision.ladder):
        if change.kind in ("loosened", "falsifier_removed"):
            yield Fault(change.place, f"{change.sentence}, without a {asks.name.lower()} bump of the version {old}")


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/registered-late", "error", _late),
    Rule("contract/loosened", "error", _loosened),
)
