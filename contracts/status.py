"""The edit that flips a status: in each place that states the present one, or in a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts import insertion, style
from contracts.leaf import Leaf, Tree
from contracts.node import Mapping, Scalar
from contracts.promise import NESTED, Site, evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.document import Document
    from contracts.leaf import Quote
    from contracts.splice import Patch


def flip(document: Document, site: Site, after: str) -> list[Patch]:
    """Return the patches that give a falsifier the status *after*.

    All places that state its present status move together. Where there is no place, one is made
    the way the nearest falsifier with a status has it.
    """
    spots = site.statuses
    if not spots:
        return [_make(document, site, after)]
    moving = [spot for spot in spots if spot.value == site.falsifier.status]
    return [insertion.rewrite(spot.path, spot.node, after) for spot in moving]


def _make(document: Document, site: Site, after: str) -> Patch:
    model = sibling(document, site, lambda other: bool(other.statuses))
    if model is None:
        return insertion.field(document, site.path, _one_line(document, site), "status", Leaf(after))
    spot = model.statuses[0]
    leaf = Leaf(after, _quote(spot.node))
    if NESTED in spot.path[len(model.path) :]:
        if isinstance(site.node.get(NESTED), Mapping):
            return insertion.field(document, (*site.path, NESTED), None, "status", leaf)
        return insertion.field(document, site.path, _one_line(document, site), "status", leaf)
    key = str(spot.path[-1])
    return insertion.field(document, site.path, _like(document, site, model, key), key, leaf)


def nest(document: Document, site: Site, after: str | None, lines: list[Tree]) -> Patch | None:
    """Return the patch that makes a nested evidence block, or None where the falsifier is to have none.

    It is made where the nearest falsifier keeps status or evidence in one, and holds what would
    otherwise have no place: the status, the lines, or both.
    """
    model = sibling(document, site, lambda other: isinstance(other.node.get(NESTED), Mapping))
    if model is None or NESTED in site.node.nodes:
        return None
    stated = sibling(document, site, lambda other: bool(other.statuses))
    given = sibling(document, site, lambda other: bool(evidence(other.node, other.path)))
    tree: dict[str, Tree] = {}
    if after and not site.statuses and stated and NESTED in stated.statuses[0].path:
        tree["status"] = Leaf(after, _quote(stated.statuses[0].node))
    if lines and not evidence(site.node, site.path) and (tree or given is model):
        tree["evidence"] = lines
    return insertion.field(document, site.path, _like(document, site, model, NESTED), NESTED, tree) if tree else None


def sibling(document: Document, site: Site, fits: Callable[[Site], bool]) -> Site | None:
    """Return the nearest other falsifier that *fits*, the one before rather than the one behind."""
    here = next(index for index, other in enumerate(document.sites) if other.path == site.path)
    ranked = sorted(enumerate(document.sites), key=lambda pair: (abs(pair[0] - here), pair[0] > here))
    return next((other for index, other in ranked if index != here and fits(other)), None)


def _like(document: Document, site: Site, model: Site, key: str) -> str | None:
    """Return the key to write behind: the one that stands before *key* in the model and is here too."""
    keys = list(model.node.keys)
    earlier = reversed(keys[: keys.index(key)])
    shared = next((name for name in earlier if _followed(document, site, name)), None)
    return shared or _one_line(document, site)


def _one_line(document: Document, site: Site) -> str | None:
    """Return the last field that stands on one line and can be followed."""
    node = site.node
    short = [
        key
        for key, child in node.nodes.items()
        if document.text.count("\n", node.keys[key].start, child.end) == 0 and _followed(document, site, key)
    ]
    return short[-1] if short else insertion.last_key(document, site.path)


def _followed(document: Document, site: Site, key: str) -> bool:
    child = site.node.get(key)
    return child is not None and insertion.can_follow(document, site.node, child)


def _quote(node: Scalar) -> Quote:
    found = style.quote(node)
    return found if found in ("'", '"') else ""
